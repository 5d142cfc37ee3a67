package io.holdfast.postgres;

import io.holdfast.postgres.MaintenanceConnection.AdvisoryLock;
import io.holdfast.postgres.internal.Sql;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Databases that were being built when their builder died, or that lost their name to a new one and
 * could not be dropped: recognises and removes them, and nothing else.
 *
 * <p>Such a database has a name of {@link DatabaseName#forBuilding} and a comment that says so; its
 * builder lives if somebody holds the advisory lock of its name or is connected to it. One that was
 * created and not yet marked takes no connections, so nothing can be in it.
 */
final class Leftovers {
  private static final Logger log = LoggerFactory.getLogger(Leftovers.class);

  /** "HOLD", the first number of all our advisory locks. */
  static final int LOCK_SPACE = 0x484F4C44;

  private static final String CANDIDATES =
      """
      SELECT d.datname, coalesce(pg_catalog.shobj_description(d.oid, 'pg_database'), ''),
             d.datallowconn
        FROM pg_catalog.pg_database d
       WHERE d.datname ~ '_holdfast_[0-9a-f]{12}$'
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.datid = d.oid)
         AND NOT EXISTS (
               SELECT FROM pg_catalog.pg_locks l
                WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
                  AND l.classid::bigint = ?
                  AND l.objid::bigint
                      = ('x' || substring(d.datname FROM '_holdfast_(.{8}).{4}$'))::bit(32)::bigint)
       ORDER BY 1
      """;

  private Leftovers() {}

  /** The comment of a database that is being built. */
  static String buildMark(String base) {
    return "Holdfast builds this for "
        + Sql.quoteIdentifier(base)
        + ". If nothing is being restored, it was left over and can be dropped.";
  }

  /** The comment of a database that another has replaced. */
  static String replacedMark(String base) {
    return "Holdfast has replaced this, which was "
        + Sql.quoteIdentifier(base)
        + ". It was left over and can be dropped.";
  }

  /** The lock that tells that the builder of a database lives. */
  static AdvisoryLock lockOf(String building) {
    return new AdvisoryLock(LOCK_SPACE, DatabaseName.lockNumber(building));
  }

  /**
   * Drops what was left over.
   *
   * @param base for which database it was meant to be; empty for every one
   * @return the names of those dropped
   */
  static List<String> remove(MaintenanceConnection connection, Optional<String> base)
      throws SQLException {
    List<String> found = new ArrayList<>();
    connection.query(
        CANDIDATES,
        row -> {
          if (isLeftover(row.getString(1), row.getString(2), row.getBoolean(3), base)) {
            found.add(row.getString(1));
          }
        },
        (long) LOCK_SPACE);
    connection.commit();
    List<String> dropped = new ArrayList<>();
    for (String name : found) {
      try {
        connection.executeAlone("DROP DATABASE IF EXISTS " + Sql.quoteIdentifier(name));
        log.info("Dropped the database {}, which an earlier restore had left over.", name);
        dropped.add(name);
      } catch (SQLException e) {
        if (!connection.isAlive()) {
          throw e;
        }
        // In use after all, or another role's.
        log.warn(
            "{}", PostgresErrors.translate(e, "drop the left over " + name, null).getMessage());
      }
    }
    return List.copyOf(dropped);
  }

  private static boolean isLeftover(
      String name, String comment, boolean connectable, Optional<String> base) {
    if (comment.isEmpty()) {
      return !connectable
          && DatabaseName.isBuilding(name)
          && base.map(DatabaseName::prefix).map(name::startsWith).orElse(true);
    }
    if (base.isEmpty()) {
      return comment.startsWith("Holdfast builds this for \"")
          || comment.startsWith("Holdfast has replaced this, which was \"");
    }
    return comment.equals(buildMark(base.get())) || comment.equals(replacedMark(base.get()));
  }
}
