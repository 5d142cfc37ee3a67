package io.holdfast.postgres;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreStrategy;
import io.holdfast.postgres.RestoreFixture.Backup;
import io.holdfast.postgres.TestPostgres.Database;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.RestoreRequest;
import io.holdfast.spi.Retry;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Backups with definitions, requests to swap, and what the databases of the server look like. */
final class SwapFixture {
  private SwapFixture() {}

  /** A small shop and how to create its tables. */
  static Backup shop() throws SQLException {
    try (Database source = SmallShop.source()) {
      return withDefinitions(RestoreFixture.read(source), SmallShop.STRUCTURE);
    }
  }

  /** The backup with statements that create what is in it, as one entry each. */
  static Backup withDefinitions(Backup backup, String statements) {
    ObjectNode ddl = ((ObjectNode) backup.header().schema().path("postgres")).putObject("ddl");
    ArrayNode before = ddl.putArray("before");
    ddl.putArray("after");
    before
        .addObject()
        .put("id", 1)
        .put("kind", "schema")
        .put("name", "public")
        .putArray("sql")
        .add("CREATE SCHEMA public");
    int id = 2;
    for (String sql : statements.strip().split(";\\s*(\n|$)", 0)) {
      before
          .addObject()
          .put("id", id++)
          .put("kind", "table")
          .put("schema", "public")
          .put("name", sql.strip().replaceFirst("(?s)^CREATE TABLE (\\w+).*", "$1"))
          .putArray("sql")
          .add(
              sql.replace("CREATE TABLE ", "CREATE TABLE public.")
                  .replace("REFERENCES ", "REFERENCES public."));
    }
    return backup;
  }

  static RestoreRequest request(Backup backup, RestoreMode mode) {
    return new RestoreRequest(
        backup.header(),
        Optional.of(backup.counts()),
        CollectionFilter.ALL,
        mode,
        RestoreStrategy.SWAP,
        false,
        3,
        Retry.none());
  }

  static SwapRestoreSession open(Connections target, RestoreRequest request) {
    return new SwapRestoreSession(
        target,
        MaintenanceConnection.Choice.DEFAULT,
        request,
        RestoreSettings.DEFAULT,
        PostgresRestoreSession::open);
  }

  static Connections connections(Database target) {
    return Connections.from(
        ConnectionSettings.of(
            Location.parse(target.uri()), new ProviderContext(Retry.none(), Map.of())));
  }

  /** The databases that were derived from one and are there still. */
  static List<String> beside(Database target) throws SQLException {
    return target.query(
        "SELECT datname FROM pg_database WHERE datname LIKE '"
            + target.name()
            + "\\_holdfast%' ORDER BY 1");
  }

  /** All of a row of pg_database but its oid, and what is kept elsewhere for the database. */
  static List<String> traits(Database target) throws SQLException {
    return target.query(
        """
        SELECT (to_jsonb(d) - '{oid,datfrozenxid,datminmxid,datcollversion,datlastsysoid}'::text[])::text
          FROM pg_database d WHERE datname = current_database()
        UNION ALL
        SELECT concat(r.rolname, ' ', s.setconfig::text)
          FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole
         WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
        UNION ALL
        SELECT shobj_description(oid, 'pg_database') FROM pg_database
         WHERE datname = current_database()
        ORDER BY 1
        """);
  }

  static String oid(Database target) throws SQLException {
    return target.query("SELECT oid FROM pg_database WHERE datname = current_database()").get(0);
  }
}
