package io.holdfast.postgres;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreStrategy;
import io.holdfast.postgres.RestoreFixture.Backup;
import io.holdfast.postgres.TestPostgres.Database;
import io.holdfast.postgres.internal.ddl.ObjectKind;
import io.holdfast.postgres.internal.ddl.SchemaEntry;
import io.holdfast.postgres.internal.ddl.SchemaScript;
import io.holdfast.postgres.internal.ddl.SqlStatement;
import io.holdfast.postgres.internal.rebuild.RebuildOptions;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.RestoreRequest;
import io.holdfast.spi.RestoreSession;
import io.holdfast.spi.Retry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Backups whose definitions a test writes itself, entry by entry, and restores of them. */
final class RebuildScripts {
  private final List<SchemaEntry> before = new ArrayList<>();
  private final List<SchemaEntry> after = new ArrayList<>();
  private final Map<String, Integer> ids = new HashMap<>();
  private final Map<String, String> schemas = new HashMap<>();

  /** Adds a schema, or what lies in none. */
  RebuildScripts add(ObjectKind kind, String name, String... sql) {
    Optional<String> schema = kind == ObjectKind.SCHEMA ? Optional.of(name) : Optional.empty();
    return add(kind, schema, name, Optional.empty(), List.of(), sql);
  }

  /** Adds a table, or what lies in the schema public. */
  RebuildScripts inPublic(ObjectKind kind, String name, String... sql) {
    Optional<String> table =
        kind == ObjectKind.TABLE ? Optional.of("public." + name) : Optional.empty();
    return add(kind, Optional.of("public"), name, table, List.of("public"), sql);
  }

  /** Adds what lies in a schema. */
  RebuildScripts in(String schema, ObjectKind kind, String name, String... sql) {
    return in(schema, kind, name, List.of(), sql);
  }

  /** Adds what lies in a schema, and needs others. */
  RebuildScripts in(
      String schema, ObjectKind kind, String name, List<String> needs, String... sql) {
    List<String> all = new ArrayList<>(needs);
    all.add(schema);
    Optional<String> table =
        kind == ObjectKind.TABLE ? Optional.of(schema + "." + name) : Optional.empty();
    return add(kind, Optional.of(schema), name, table, all, sql);
  }

  /** Adds an extension whose home is a schema. */
  RebuildScripts extensionIn(String schema, String name, String... sql) {
    return add(
        ObjectKind.EXTENSION, Optional.empty(), name, Optional.empty(), List.of(schema), sql);
  }

  /** Adds what belongs to a table, and needs others. */
  RebuildScripts on(String table, ObjectKind kind, String name, List<String> needs, String... sql) {
    List<String> all = new ArrayList<>(needs);
    all.add(table);
    String schema = schemas.getOrDefault(table, "public");
    return add(kind, Optional.of(schema), name, Optional.of(schema + "." + table), all, sql);
  }

  private RebuildScripts add(
      ObjectKind kind,
      Optional<String> schema,
      String name,
      Optional<String> table,
      List<String> needs,
      String... sql) {
    int id = before.size() + after.size() + 1;
    boolean isBefore = kind.section() == ObjectKind.Section.BEFORE;
    (isBefore ? before : after)
        .add(
            new SchemaEntry(
                id,
                kind,
                schema,
                name,
                table,
                statements(sql),
                List.of(),
                List.of(),
                needs.stream().map(ids::get).filter(need -> need != null).sorted().toList()));
    ids.put(name, id);
    schema.ifPresent(in -> schemas.put(name, in));
    return this;
  }

  private static List<SqlStatement> statements(String... sql) {
    return List.of(sql).stream().map(SqlStatement::of).toList();
  }

  /** Gives the last entry an owner and a grant. */
  RebuildScripts owned(String what, String owner, String grantee) {
    List<SchemaEntry> list = after.isEmpty() ? before : after;
    SchemaEntry last = list.remove(list.size() - 1);
    String alter = "ALTER " + what + " OWNER TO ";
    String grant = "GRANT SELECT ON " + what + " TO ";
    list.add(
        new SchemaEntry(
            last.id(),
            last.kind(),
            last.schema(),
            last.name(),
            last.table(),
            last.sql(),
            List.of(mentioning(alter, owner)),
            List.of(mentioning(grant, grantee)),
            last.needs()));
    return this;
  }

  private static SqlStatement mentioning(String text, String role) {
    return new SqlStatement(
        text + '"' + role + '"', List.of(new SqlStatement.RoleMention(role, text.length())));
  }

  SchemaScript script() {
    return new SchemaScript(before, after);
  }

  /** The rows of a backup, with these definitions. */
  Backup with(Backup rows) {
    ObjectNode schema = rows.header().schema().deepCopy();
    ((ObjectNode) schema.path("postgres")).set("ddl", script().toJson());
    return new Backup(RestoreFixture.header("postgres", schema), rows.records());
  }

  static RestoreRequest request(
      Backup backup, RestoreMode mode, RestoreStrategy strategy, CollectionFilter filter) {
    return new RestoreRequest(
        backup.header(),
        Optional.of(backup.counts()),
        filter,
        mode,
        strategy,
        false,
        3,
        Retry.none());
  }

  static RestoreSession open(
      Database target, Backup backup, RestoreMode mode, RestoreStrategy strategy) {
    return open(target, backup, mode, strategy, RebuildOptions.AS_IT_WAS);
  }

  static RestoreSession open(
      Database target,
      Backup backup,
      RestoreMode mode,
      RestoreStrategy strategy,
      RebuildOptions options) {
    return PostgresRestoreSession.open(
        Connections.from(target.dataSource()),
        request(backup, mode, strategy, CollectionFilter.ALL),
        new RestoreSettings(options, Duration.ofSeconds(2)));
  }
}
