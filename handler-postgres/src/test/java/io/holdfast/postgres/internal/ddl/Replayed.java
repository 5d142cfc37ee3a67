package io.holdfast.postgres.internal.ddl;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.postgres.TestPostgres;
import io.holdfast.postgres.TestPostgres.Database;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;

/** A database and what its captured schema makes of an empty one. Both are dropped when closed. */
final class Replayed implements AutoCloseable {
  private final Database source;
  private final Database target;
  private final SchemaScript script;

  private Replayed(Database source, Database target, SchemaScript script) {
    this.source = source;
    this.target = target;
    this.script = script;
  }

  /** Makes a role of the server, if it is not there yet. */
  static void role(String quotedName) throws SQLException {
    TestPostgres.maintenance(
        "DO $$ BEGIN CREATE ROLE %s; EXCEPTION WHEN duplicate_object THEN END $$"
            .formatted(quotedName));
  }

  /** Runs statements in an empty database, and creates the same in another. */
  static Replayed of(String... statements) throws SQLException {
    Database source = TestPostgres.createDatabase();
    Database target = TestPostgres.createDatabase();
    source.execute(statements);
    SchemaReplay.assertReplays(source, target);
    return new Replayed(source, target, SchemaReplay.capture(source).script());
  }

  Database target() {
    return target;
  }

  SchemaScript script() {
    return script;
  }

  /** The first statement of an entry of that kind and name. */
  String sql(ObjectKind kind, String name) {
    return entry(kind, name).sql().get(0).sql();
  }

  SchemaEntry entry(ObjectKind kind, String name) {
    return Stream.concat(script.before().stream(), script.after().stream())
        .filter(entry -> entry.kind() == kind && entry.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("No entry " + kind + " " + name));
  }

  /** The rows of a query, which must be the same in both databases, and not none. */
  List<String> same(String query) throws SQLException {
    List<String> rows = source.query(query);
    assertThat(rows).isNotEmpty();
    assertThat(target.query(query)).isEqualTo(rows);
    return rows;
  }

  /**
   * Columns of a catalog's rows in a schema, which must be the same in both databases. OIDs differ:
   * name what they stand for.
   */
  List<String> same(String catalog, String schemaColumn, String schema, String columns)
      throws SQLException {
    return same(
        "SELECT row(%s)::text FROM pg_catalog.%s WHERE %s = %s::regnamespace ORDER BY 1"
            .formatted(columns, catalog, schemaColumn, "'" + schema.replace("'", "''") + "'"));
  }

  @Override
  public void close() throws SQLException {
    source.close();
    target.close();
  }
}
