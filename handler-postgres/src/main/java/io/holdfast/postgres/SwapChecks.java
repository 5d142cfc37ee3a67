package io.holdfast.postgres;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.RestoreMode;
import io.holdfast.postgres.internal.Sql;
import io.holdfast.postgres.internal.rebuild.RebuildOptions;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.DocumentHeader;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.RestoreRequest;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What stands against exchanging a database for a rebuilt one: found before anything is changed,
 * and all of it at once. The server would let some of it happen and lose what is not in the backup.
 */
final class SwapChecks {
  /**
   * The database that is to be exchanged.
   *
   * @param oid what it is called by the server
   * @param name its name
   * @param shape what the new one must be created with
   * @param connections how many this role may have at once
   */
  record Target(long oid, String name, DatabaseShape shape, int connections) {}

  private record Problem(Kind kind, String text) {}

  /** What belongs to the database by name or oid and would be cut off, or keeps it in use. */
  private static final String TIES =
      """
      (SELECT array_agg(s.slot_name::text) FROM pg_catalog.pg_replication_slots s
        WHERE s.database = d.datname) AS slots,
      (SELECT array_agg(s.subname::text) FROM pg_catalog.pg_subscription s
        WHERE s.subdbid = d.oid) AS subscriptions,
      (SELECT array_agg(p.gid) FROM pg_catalog.pg_prepared_xacts p
        WHERE p.database = d.datname) AS prepared
      """;

  private static final String TARGET =
      """
      SELECT d.oid::bigint AS oid, d.datname, pg_catalog.pg_is_in_recovery() AS standby,
             current_setting('default_transaction_read_only') = 'on' AS read_only,
             pg_catalog.pg_has_role(d.datdba, 'USAGE') AS owned,
             me.rolcreatedb OR me.rolsuper AS may_create,
             pg_catalog.quote_ident(me.rolname) AS role,
             CASE WHEN login.rolconnlimit < 0 OR login.rolsuper THEN NULL
                  ELSE login.rolconnlimit + 1
                       - (SELECT count(*) FROM pg_catalog.pg_stat_activity a
                           WHERE a.usesysid = login.oid) END AS connections,
      """
          + TIES
          + ","
          + DatabaseShape.COLUMNS
          + """
        FROM pg_catalog.pg_database d
        JOIN pg_catalog.pg_roles me ON me.rolname = current_user
        JOIN pg_catalog.pg_roles login ON login.rolname = session_user
       WHERE d.datname = current_database()
      """;

  private static final String NOW =
      "SELECT d.oid::bigint AS oid, "
          + TIES
          + ","
          + DatabaseShape.COLUMNS
          + " FROM pg_catalog.pg_database d WHERE d.datname = ?";

  // An object lies in a schema if it depends on it, whatever its kind.
  private static final String SCHEMAS =
      """
      SELECT n.nspname,
             EXISTS (
               SELECT FROM pg_catalog.pg_depend d
                WHERE d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
                  AND d.refobjid = n.oid AND d.deptype = 'n'
                  AND NOT EXISTS (
                        SELECT FROM pg_catalog.pg_depend e
                         WHERE e.classid = d.classid AND e.objid = d.objid AND e.deptype = 'e'))
        FROM pg_catalog.pg_namespace n
       WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
         AND NOT EXISTS (
               SELECT FROM pg_catalog.pg_depend e
                WHERE e.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
                  AND e.objid = n.oid AND e.deptype = 'e')
       ORDER BY 1
      """;

  private static final String WHOLE_DATABASE =
      """
      SELECT 'event trigger ' || evtname FROM pg_catalog.pg_event_trigger
      UNION ALL SELECT 'publication ' || pubname FROM pg_catalog.pg_publication
      UNION ALL SELECT 'foreign-data wrapper ' || fdwname FROM pg_catalog.pg_foreign_data_wrapper
      UNION ALL SELECT 'language ' || lanname FROM pg_catalog.pg_language WHERE oid >= 16384
      """;

  private final RestoreRequest request;
  private final RebuildOptions options;
  private final List<Problem> problems = new ArrayList<>();

  private SwapChecks(RestoreRequest request, RebuildOptions options) {
    this.request = request;
    this.options = options;
  }

  /**
   * Checks what is asked for, without a connection.
   *
   * @throws HandlerException of kind {@code UNSUPPORTED}
   */
  static void checkRequest(RestoreRequest request) {
    SwapChecks checks = new SwapChecks(request, RebuildOptions.AS_IT_WAS);
    if (request.mode() == RestoreMode.MERGE || request.dataOnly()) {
      checks.unsupported(
          "SWAP rebuilds a database from nothing, so it goes with INTO_EMPTY and REPLACE only, and"
              + " not with restoring only records.");
    }
    if (!request.filter().equals(CollectionFilter.ALL)) {
      checks.unsupported(
          "SWAP rebuilds the whole database, so what a filter leaves out would be lost.");
    }
    if (!request.header().source().handler().equals("postgres")
        || !definesTables(request.header())) {
      checks.unsupported(
          "The backup holds no definitions of tables, so nothing can be rebuilt from it.");
    }
    checks.report("Choose another strategy.");
  }

  /** Members of extensions are defined by these, so not every collection has an entry. */
  private static boolean definesTables(DocumentHeader header) {
    boolean tables = header.schema().path("collections").isEmpty();
    for (JsonNode entry : header.schema().path("postgres").path("ddl").path("before")) {
      tables |= entry.path("kind").asText().equals("table");
    }
    return tables && header.schema().path("postgres").has("ddl");
  }

  /**
   * Checks the database that is connected to, and leaves a transaction open.
   *
   * @param options under which names the backup's schemas come back
   * @throws HandlerException with every problem
   */
  static Target check(PinnedConnection target, RestoreRequest request, RebuildOptions options)
      throws SQLException {
    return new SwapChecks(request, options).check(target);
  }

  private Target check(PinnedConnection connection) throws SQLException {
    connection.beginLoading();
    try (Statement statement = connection.jdbc().createStatement();
        ResultSet row = statement.executeQuery(TARGET)) {
      row.next();
      checkRights(row);
      checkTies(row);
      Target target =
          new Target(
              row.getLong("oid"),
              row.getString("datname"),
              DatabaseShape.read(row),
              row.getObject("connections") == null
                  ? Integer.MAX_VALUE
                  : Math.max(1, row.getInt("connections")));
      checkContents(connection);
      report("Nothing was changed.");
      return target;
    }
  }

  private void checkRights(ResultSet row) throws SQLException {
    String name = row.getString("datname");
    if (Set.of("template0", "template1").contains(name)) {
      unsupported("The server itself needs " + name + ", which cannot be exchanged.");
    }
    if (row.getBoolean("standby")) {
      denied(
          "The target is a standby in recovery, which takes no writes. Restore into its primary.");
    }
    if (row.getBoolean("read_only")) {
      denied(
          "The target is read-only by default (default_transaction_read_only). Lift that, or restore"
              + " into another database.");
    }
    if (!row.getBoolean("may_create")) {
      denied(
          "The role "
              + row.getString("role")
              + " may not create and rename databases. Grant it CREATEDB.");
    }
    if (!row.getBoolean("owned")) {
      denied(
          "The role "
              + row.getString("role")
              + " does not own the database "
              + name
              + ". Grant it membership in "
              + row.getString("owner")
              + ".");
    }
  }

  private void checkTies(ResultSet row) throws SQLException {
    tie(
        row.getArray("slots"),
        "Logical replication slots read from the target and would be cut off");
    tie(row.getArray("subscriptions"), "Subscriptions write into the target and would be cut off");
    tie(row.getArray("prepared"), "Prepared transactions keep the target in use");
  }

  private void tie(Array names, String what) throws SQLException {
    if (names != null) {
      unsupported(what + ": " + String.join(", ", (String[]) names.getArray()) + ".");
    }
  }

  private void checkContents(PinnedConnection connection) throws SQLException {
    boolean intoEmpty = request.mode() == RestoreMode.INTO_EMPTY;
    Set<String> backedUp = intoEmpty ? Set.of() : names("schema");
    List<String> lost = new ArrayList<>();
    each(
        connection,
        SCHEMAS,
        row -> {
          String schema = row.getString(1);
          boolean asCreated = schema.equals("public") && !row.getBoolean(2);
          if (!asCreated && !backedUp.contains(schema)) {
            lost.add("schema " + schema);
          }
        });
    Set<String> extensions = names("extension");
    extensions.add("plpgsql");
    each(
        connection,
        "SELECT extname FROM pg_catalog.pg_extension ORDER BY 1",
        row -> {
          if (!extensions.contains(row.getString(1))) {
            lost.add("extension " + row.getString(1));
          }
        });
    if (intoEmpty
        || !request
            .expectedRecords()
            .map(Map::keySet)
            .orElse(Set.of())
            .contains(PostgresSchema.LARGE_OBJECTS)) {
      each(
          connection,
          "SELECT count(*) FROM pg_catalog.pg_largeobject_metadata HAVING count(*) > 0",
          row -> lost.add(row.getLong(1) + " large objects"));
    }
    if (intoEmpty) {
      each(connection, WHOLE_DATABASE, row -> lost.add(row.getString(1)));
    }
    if (lost.isEmpty()) {
      return;
    }
    problems.add(
        intoEmpty
            ? new Problem(
                Kind.NOT_EMPTY,
                "The target is not empty, and a swap would take its place as a whole: "
                    + String.join(", ", lost)
                    + ". Give an empty database, or choose REPLACE.")
            : new Problem(
                Kind.UNSUPPORTED,
                "The target holds what the backup does not, and a swap would lose it: "
                    + String.join(", ", lost)
                    + ". Choose the strategy TRANSACTION, which leaves other schemas alone, or drop"
                    + " these first."));
  }

  private static void each(
      PinnedConnection connection, String sql, MaintenanceConnection.RowReader reader)
      throws SQLException {
    try (Statement statement = connection.jdbc().createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      while (row.next()) {
        reader.read(row);
      }
    }
  }

  /** Names of the backup's objects of a kind; for schemas, also those that only hold others. */
  private Set<String> names(String kind) {
    Set<String> names = new TreeSet<>();
    JsonNode ddl = request.header().schema().path("postgres").path("ddl");
    for (JsonNode section : List.of(ddl.path("before"), ddl.path("after"))) {
      for (JsonNode entry : section) {
        if (entry.path("kind").asText().equals(kind)) {
          names.add(finalName(kind, entry.path("name").asText()));
        }
        if (kind.equals("schema") && entry.path("schema").isTextual()) {
          names.add(finalName(kind, entry.path("schema").asText()));
        }
      }
    }
    if (kind.equals("schema")) {
      request
          .header()
          .schema()
          .path("collections")
          .fieldNames()
          .forEachRemaining(
              collection ->
                  Sql.parseCollectionName(collection)
                      .ifPresent(name -> names.add(finalName(kind, name.schema()))));
    }
    return names;
  }

  private String finalName(String kind, String name) {
    return kind.equals("schema") ? options.schema(name) : name;
  }

  /**
   * Checks once more that the database is the one that was checked, with nothing new tied to it,
   * before it is exchanged.
   */
  static void checkAgain(MaintenanceConnection connection, Target target, RestoreRequest request)
      throws SQLException {
    SwapChecks checks = new SwapChecks(request, RebuildOptions.AS_IT_WAS);
    boolean[] same = new boolean[1];
    connection.query(
        NOW,
        row -> {
          same[0] =
              row.getLong("oid") == target.oid && DatabaseShape.read(row).equals(target.shape);
          checks.checkTies(row);
        },
        target.name);
    if (!same[0]) {
      checks.problems.add(
          new Problem(
              Kind.MISMATCH,
              "The database "
                  + target.name
                  + " is not the one any more that it was when the restore began: it was dropped,"
                  + " renamed or given to another owner meanwhile, or the maintenance connection"
                  + " leads to another server."));
    }
    checks.report("Nothing was changed.");
  }

  private void denied(String text) {
    problems.add(new Problem(Kind.PERMISSION_DENIED, text));
  }

  private void unsupported(String text) {
    problems.add(new Problem(Kind.UNSUPPORTED, text));
  }

  private void report(String end) {
    if (!problems.isEmpty()) {
      throw new HandlerException(
          problems.get(0).kind,
          null,
          problems.stream().map(Problem::text).collect(Collectors.joining(" ")) + " " + end,
          null);
    }
  }
}
