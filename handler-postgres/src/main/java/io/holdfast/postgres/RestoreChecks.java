package io.holdfast.postgres;

import io.holdfast.RestoreMode;
import io.holdfast.postgres.PostgresSchema.CollectionSchema;
import io.holdfast.postgres.PostgresSchema.Field;
import io.holdfast.postgres.SetAside.ForeignKey;
import io.holdfast.postgres.SetAside.Trigger;
import io.holdfast.postgres.internal.Problems;
import io.holdfast.postgres.internal.Sql;
import io.holdfast.postgres.internal.rebuild.RebuildOptions;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.RestoreRequest;
import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Checks, without a write, that collections of a backup can go into the target, and finds out what
 * that takes. Collects every problem. Used once, by one thread.
 *
 * <p>What must fit: a described collection has exactly the columns of its table, by name and by
 * type. A column that only the target has would hold something that the backup does not say, so it
 * is an error; under {@code MERGE}, where the target keeps what it has, it need only take care of
 * itself (nullable, a default, an identity). Records of other handlers are matched by name alone.
 */
final class RestoreChecks {
  /** A query per table would be slow where there are thousands; one for all, too large. */
  private static final int TABLES_PER_QUERY = 500;

  private static final String RIGHTS =
      """
      SELECT c.oid::bigint,
             pg_catalog.has_table_privilege(c.oid, 'SELECT'),
             pg_catalog.has_table_privilege(c.oid, 'INSERT'),
             pg_catalog.has_table_privilege(c.oid, 'UPDATE'),
             pg_catalog.has_table_privilege(c.oid, 'DELETE'),
             pg_catalog.has_table_privilege(c.oid, 'TRUNCATE'),
             pg_catalog.row_security_active(c.oid),
             ARRAY(SELECT a.attname FROM pg_catalog.pg_attribute a
                    WHERE a.attrelid = c.oid AND a.atthasdef AND NOT a.attisdropped)::text[]
        FROM unnest(?::oid[]) AS w(oid) JOIN pg_catalog.pg_class c ON c.oid = w.oid
      """;

  private final Connection connection;
  private final RestoreRequest request;
  private final PostgresSchema schema;
  private final DocumentTables documents;
  private final List<DocumentTable> missing = new ArrayList<>();
  private final Set<String> created;
  private final Optional<RebuildOptions> definitions;
  private final boolean allowBinary;
  private final RestoreMode mode;
  private final Problems problems = new Problems();
  private final List<String> warnings = new ArrayList<>();

  /**
   * What passed the checks.
   *
   * @param targets where each collection goes
   * @param setAside what is in the way of loading
   * @param sequences what is set at the end
   * @param exclusive tables that the role may lock against everybody; it may lock the others
   *     against writers only
   * @param deleteFrom tables that REPLACE empties row by row, for want of the right to truncate
   * @param missing tables that can be created for documents; their collections have no target yet
   * @param warnings what the caller should know, a sentence each
   */
  record Result(
      List<RestoreTarget> targets,
      SetAside setAside,
      SequenceRestore sequences,
      Set<Long> exclusive,
      Set<Long> deleteFrom,
      List<DocumentTable> missing,
      List<String> warnings) {}

  private record Rights(
      boolean select,
      boolean insert,
      boolean update,
      boolean delete,
      boolean truncate,
      boolean rowSecurity,
      Set<String> defaults) {
    boolean exclusiveLock() {
      return update || delete || truncate;
    }
  }

  /**
   * @param mode what to do with rows that are there
   * @param created the collections whose tables this restore has created itself, so that they are
   *     empty
   * @param definitions how definitions are restored; empty if they are not, or only for some tables
   */
  RestoreChecks(
      PinnedConnection connection,
      RestoreRequest request,
      PostgresSchema schema,
      DocumentTables documents,
      RestoreMode mode,
      Set<String> created,
      Optional<RebuildOptions> definitions,
      boolean allowBinary) {
    this.connection = connection.jdbc();
    this.request = request;
    this.schema = schema;
    this.documents = documents;
    this.created = created;
    this.definitions = definitions;
    this.allowBinary = allowBinary;
    this.mode = mode;
  }

  /**
   * Checks these collections.
   *
   * @param whole whether they are all of the restore, so that sequences can be judged too
   * @throws HandlerException that names every problem
   */
  Result run(Collection<String> collections, boolean whole) throws SQLException {
    Catalog catalog = Catalog.read(connection, CollectionFilter.ALL);
    Map<String, Table> tables = new HashMap<>();
    catalog.tables().forEach(table -> tables.put(table.collection(), table));
    List<RestoreTarget> targets = new ArrayList<>();
    for (String collection : collections) {
      target(collection, tables).ifPresent(targets::add);
    }
    checkDistinct(targets);
    List<Table> restored =
        targets.stream().map(RestoreTarget::table).filter(table -> table.oid() != 0).toList();
    Array oids = oids(restored);
    Map<Long, Rights> rights = rights(oids);
    for (RestoreTarget target : targets) {
      if (target.table().oid() != 0) {
        checkTable(target, rights.get(target.table().oid()));
      }
    }
    documents.checkCreation(connection, missing, problems);
    documents.checkRights(connection, targets, problems);
    SetAside setAside = SetAside.read(connection, oids);
    checkSetAside(setAside);
    checkEmpty(targets, rights);
    SequenceRestore sequences = sequences(restored, whole);
    checkEncoding();
    fail();
    return new Result(
        List.copyOf(targets),
        setAside,
        sequences,
        oidsWhere(restored, rights, Rights::exclusiveLock),
        mode == RestoreMode.REPLACE
            ? oidsWhere(restored, rights, right -> !right.truncate)
            : Set.of(),
        List.copyOf(missing),
        List.copyOf(warnings));
  }

  private Optional<RestoreTarget> target(String collection, Map<String, Table> tables) {
    if (documents.take(collection)) {
      return documentTarget(collection, tables);
    }
    boolean merge = mode == RestoreMode.MERGE;
    if (LargeObjectTargets.isCollection(collection)) {
      if (merge && !request.atomic()) {
        problem(
            Kind.UNSUPPORTED,
            "Large objects cannot be merged by several connections at once: restore atomically.");
      }
      return Optional.of(LargeObjectTargets.target(collection, merge, definitions));
    }
    return tableTarget(collection, find(collection, tables));
  }

  /** Documents go into a table that is made for them, or as they are into one that takes them. */
  private Optional<RestoreTarget> documentTarget(String collection, Map<String, Table> tables) {
    DocumentTable place = documents.table(collection);
    Table found =
        tables.values().stream()
            .filter(
                table -> table.schema().equals(place.schema()) && table.name().equals(place.name()))
            .findFirst()
            .orElse(null);
    if (found == null) {
      return withoutDocumentTable(collection, tables);
    }
    if (!place.isHeldBy(found)) {
      if (!documents.areCreated() || RestoreTarget.isDocumentTable(found)) {
        return tableTarget(collection, Optional.of(found));
      }
      problem(Kind.MISMATCH, DocumentTables.inTheWay(place, "another table"));
      return Optional.empty();
    }
    if (mode == RestoreMode.MERGE && found.primaryKey().isEmpty()) {
      return withoutKey(collection);
    }
    DocumentLoad load = documents.load(place, found, created.contains(collection));
    return Optional.of(RestoreTarget.ofDocuments(found, load));
  }

  private Optional<RestoreTarget> withoutDocumentTable(
      String collection, Map<String, Table> tables) {
    if (!documents.areCreated()) {
      return tableTarget(collection, find(collection, tables));
    }
    Table own = tables.get(collection);
    if (own != null && RestoreTarget.isDocumentTable(own)) {
      return tableTarget(collection, Optional.of(own));
    }
    missing.add(documents.table(collection));
    return Optional.empty();
  }

  private Optional<RestoreTarget> withoutKey(String collection) {
    problem(
        Kind.MISMATCH,
        "Table " + collection + " has no primary key, by which rows could be merged.");
    return Optional.empty();
  }

  private Optional<RestoreTarget> tableTarget(String collection, Optional<Table> found) {
    boolean merge = mode == RestoreMode.MERGE;
    if (found.isEmpty()) {
      problem(Kind.MISMATCH, "Table " + collection + " is missing in the target.");
      return Optional.empty();
    }
    Table table = found.get();
    Optional<CollectionSchema> described = schema.collection(collection);
    described.ifPresent(fields -> checkColumns(collection, table, fields));
    if (merge && table.primaryKey().isEmpty()) {
      return withoutKey(collection);
    }
    boolean ofDocuments = !isOwn() && !request.header().source().handler().equals("plain");
    return Optional.of(
        RestoreTarget.of(collection, table, described, ofDocuments, merge, allowBinary));
  }

  /** Whether the records were written by this handler, so that types can be compared. */
  private boolean isOwn() {
    return request.header().source().handler().equals("postgres");
  }

  /** By its name; a name without a schema, as other handlers give it, is one in public. */
  private Optional<Table> find(String collection, Map<String, Table> tables) {
    Table exact = tables.get(collection);
    if (exact != null || isOwn()) {
      return Optional.ofNullable(exact);
    }
    return tables.values().stream()
        .filter(table -> table.schema().equals("public") && table.name().equals(collection))
        .findFirst();
  }

  private void checkColumns(String collection, Table table, CollectionSchema described) {
    Map<String, Column> columns = new LinkedHashMap<>();
    table.columns().forEach(column -> columns.put(column.name(), column));
    for (Field field : described.fields()) {
      Column column = columns.remove(field.name());
      String name = "Column " + Sql.quoteIdentifier(field.name()) + " of " + collection;
      if (column == null) {
        problem(Kind.MISMATCH, name + " is missing in the target.");
      } else if (column.generated()) {
        problem(Kind.MISMATCH, name + " is generated in the target and cannot be written.");
      } else if (isOwn()
          && (!column.type().equals(field.type()) || column.form() != field.form())) {
        problem(
            Kind.MISMATCH,
            name + " has type " + field.type() + " in the backup, " + column.type() + " here.");
      } else if (mode == RestoreMode.MERGE
          && column.identity() == 'a'
          && !table.primaryKey().contains(column.name())) {
        problem(
            Kind.UNSUPPORTED,
            name + " is GENERATED ALWAYS AS IDENTITY and no key: PostgreSQL cannot update it.");
      }
    }
    Set<String> known = described.fields().stream().map(Field::name).collect(Collectors.toSet());
    if (mode == RestoreMode.MERGE && !known.containsAll(table.primaryKey())) {
      problem(
          Kind.MISMATCH,
          "The records of " + collection + " lack columns of the table's primary key.");
    }
    if (isOwn() && mode != RestoreMode.MERGE) {
      columns.values().stream()
          .filter(column -> !column.generated())
          .forEach(
              column ->
                  problem(
                      Kind.MISMATCH,
                      "Column "
                          + Sql.quoteIdentifier(column.name())
                          + " of "
                          + collection
                          + " is missing in the backup."));
    }
  }

  private void checkDistinct(List<RestoreTarget> targets) {
    Map<String, String> byTable = new HashMap<>();
    for (DocumentTable table : missing) {
      String other = byTable.putIfAbsent(table.shown(), table.collection());
      if (other != null) {
        problemOfOneTable(other, table.collection(), table.shown());
      }
    }
    for (RestoreTarget target : targets) {
      String other = byTable.putIfAbsent(target.table().collection(), target.collection());
      if (other != null) {
        problemOfOneTable(other, target.collection(), target.table().collection());
      }
    }
  }

  private void problemOfOneTable(String one, String other, String table) {
    problem(
        Kind.MISMATCH,
        "Collections " + one + " and " + other + " would both go into table " + table + ".");
  }

  private Array oids(List<Table> tables) throws SQLException {
    return connection.createArrayOf("int8", tables.stream().map(Table::oid).toArray());
  }

  private Map<Long, Rights> rights(Array oids) throws SQLException {
    Map<Long, Rights> rights = new HashMap<>();
    Catalog.query(
        connection,
        RIGHTS,
        oids,
        row ->
            rights.put(
                row.getLong(1),
                new Rights(
                    row.getBoolean(2),
                    row.getBoolean(3),
                    row.getBoolean(4),
                    row.getBoolean(5),
                    row.getBoolean(6),
                    row.getBoolean(7),
                    Set.of((String[]) row.getArray(8).getArray()))));
    return rights;
  }

  private static Set<Long> oidsWhere(
      List<Table> tables, Map<Long, Rights> rights, Predicate<Rights> condition) {
    return tables.stream()
        .map(Table::oid)
        .filter(
            oid -> {
              Rights right = rights.get(oid);
              return right != null && condition.test(right);
            })
        .collect(Collectors.toSet());
  }

  private void checkTable(RestoreTarget target, @Nullable Rights rights) {
    String name = target.collection();
    if (rights == null) {
      problem(Kind.MISMATCH, "Table " + name + " was dropped while it was being checked.");
      return;
    }
    boolean replaces = mode == RestoreMode.REPLACE;
    boolean merges = mode == RestoreMode.MERGE;
    need(rights.insert, "INSERT", name);
    // Whether a table is empty shows in its rows only.
    need(rights.select || replaces, "SELECT", name);
    need(rights.update || !merges, "UPDATE", name);
    need(rights.truncate || rights.delete || !replaces, "TRUNCATE or DELETE", name);
    if (rights.rowSecurity) {
      problem(
          Kind.PERMISSION_DENIED,
          "Table "
              + name
              + " has row-level security that applies to the role, so it cannot be loaded: use its"
              + " owner or a role with BYPASSRLS.");
    }
    if (merges) {
      checkColumnsLeftOut(target, rights.defaults);
    }
  }

  private void need(boolean given, String right, String table) {
    if (!given) {
      problem(Kind.PERMISSION_DENIED, "The role lacks " + right + " on table " + table + ".");
    }
  }

  private void checkColumnsLeftOut(RestoreTarget target, Set<String> defaults) {
    Set<String> written =
        target.fields().stream().map(input -> input.column().name()).collect(Collectors.toSet());
    for (Column column : target.table().storedColumns()) {
      if (!written.contains(column.name())
          && column.notNull()
          && column.identity() == ' '
          && !defaults.contains(column.name())) {
        problem(
            Kind.MISMATCH,
            "Column "
                + Sql.quoteIdentifier(column.name())
                + " of "
                + target.collection()
                + " is missing in the backup, and is NOT NULL without a default.");
      }
    }
  }

  private void checkSetAside(SetAside setAside) {
    for (ForeignKey key : setAside.foreignKeys()) {
      String name = Sql.quoteIdentifier(key.name()) + " of " + key.collection();
      if (!key.owned()) {
        problem(
            Kind.PERMISSION_DENIED,
            "Foreign key "
                + name
                + " must be set aside while rows are loaded, which takes the owner of the table.");
      } else if (!key.mayReference()) {
        problem(
            Kind.PERMISSION_DENIED,
            "Foreign key "
                + name
                + " could not be added again: the role lacks REFERENCES on "
                + key.references()
                + ".");
      }
      if (key.checksOff()) {
        warnings.add(
            "Foreign key "
                + name
                + " has triggers that were switched off by hand; they will be on after the restore,"
                + " and the key is checked.");
      }
    }
    for (Trigger trigger : setAside.triggers()) {
      if (!trigger.owned()) {
        problem(
            Kind.PERMISSION_DENIED,
            "Trigger "
                + Sql.quoteIdentifier(trigger.name())
                + " of "
                + trigger.collection()
                + " must be disabled while rows are loaded, which takes the owner of the table.");
      }
    }
  }

  private void checkEmpty(List<RestoreTarget> targets, Map<Long, Rights> rights)
      throws SQLException {
    if (mode != RestoreMode.INTO_EMPTY) {
      return;
    }
    List<Table> readable = new ArrayList<>();
    for (RestoreTarget target : targets) {
      Rights right = rights.get(target.table().oid());
      if (right != null
          && right.select
          && !right.rowSecurity
          && !created.contains(target.collection())) {
        readable.add(target.table());
      }
    }
    for (int from = 0; from < readable.size(); from += TABLES_PER_QUERY) {
      checkEmpty(readable.subList(from, Math.min(readable.size(), from + TABLES_PER_QUERY)));
    }
    boolean largeObjects =
        targets.stream().anyMatch(target -> LargeObjectTargets.isCollection(target.collection()));
    if (largeObjects && !isEmpty("SELECT 1 FROM pg_catalog.pg_largeobject_metadata LIMIT 1")) {
      problem(Kind.NOT_EMPTY, "The target holds large objects.");
    }
  }

  private void checkEmpty(List<Table> tables) throws SQLException {
    StringJoiner sql = new StringJoiner(" UNION ALL ");
    for (int i = 0; i < tables.size(); i++) {
      Table table = tables.get(i);
      sql.add(
          "SELECT "
              + i
              + " WHERE EXISTS (SELECT FROM ONLY "
              + table.toSql()
              + " "
              + table.extensionCondition().orElse("")
              + ")");
    }
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql.toString())) {
      while (row.next()) {
        problem(Kind.NOT_EMPTY, "Table " + tables.get(row.getInt(1)).collection() + " holds rows.");
      }
    }
  }

  private boolean isEmpty(String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      return !row.next();
    }
  }

  private SequenceRestore sequences(List<Table> restored, boolean whole) throws SQLException {
    SequenceRestore sequences =
        SequenceRestore.check(
            connection,
            whole ? schema.sequences() : List.of(),
            restored.stream().map(Table::oid).collect(Collectors.toSet()),
            request.filter(),
            mode == RestoreMode.MERGE,
            definitions.isPresent());
    sequences.problems().forEach(problem -> problem(problem.kind(), problem.sentence()));
    warnings.addAll(sequences.warnings());
    return sequences;
  }

  private void checkEncoding() throws SQLException {
    String encoding;
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SHOW server_encoding")) {
      row.next();
      encoding = row.getString(1);
    }
    if (encoding.equals("SQL_ASCII")) {
      warnings.add(
          "The target's encoding is SQL_ASCII: it stores text as UTF-8 and checks nothing.");
    } else if (!encoding.equals("UTF8") && !encoding.equals(schema.encoding())) {
      warnings.add(
          "The target's encoding is "
              + encoding
              + ": a character that it does not have is refused and fails the restore.");
    }
  }

  private void problem(Kind kind, String sentence) {
    problems.add(kind, sentence);
  }

  private void fail() {
    problems.fail(
        problems.has(Kind.NOT_EMPTY)
            ? "Restore into an empty database, or choose REPLACE or MERGE."
            : "");
  }
}
