package io.holdfast.postgres;

import io.holdfast.RestoreMode;
import io.holdfast.postgres.internal.Problems;
import io.holdfast.postgres.internal.Sql;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.RestoreRequest;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which collections of a backup are documents, and the tables that a restore makes for them. Safe
 * for use by many threads.
 */
final class DocumentTables {
  // A table brings a type of its name, so a type is in the way as well.
  private static final String IN_THE_WAY =
      """
      SELECT c.relname, CASE c.relkind WHEN 'v' THEN 'a view' WHEN 'm' THEN 'a materialised view'
                          WHEN 'p' THEN 'a partitioned table' WHEN 'f' THEN 'a foreign table'
                          WHEN 'S' THEN 'a sequence' WHEN 'r' THEN 'a table of an extension'
                          ELSE 'an index or type' END
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = ?
      UNION ALL
      SELECT t.typname, 'a type'
        FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
       WHERE n.nspname = ? AND t.typrelid = 0
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.typarray = t.oid)
      """;

  private static final String SCHEMA_RIGHTS =
      """
      SELECT pg_catalog.has_database_privilege(current_database(), 'CREATE'),
             (SELECT pg_catalog.has_schema_privilege(n.oid, 'CREATE')
                FROM pg_catalog.pg_namespace n WHERE n.nspname = ?)
      """;

  private static final String TABLE_RIGHTS =
      """
      SELECT c.oid::bigint, pg_catalog.pg_has_role(c.relowner, 'USAGE'),
             pg_catalog.has_schema_privilege(c.relnamespace, 'CREATE')
        FROM unnest(?::oid[]) AS w(oid) JOIN pg_catalog.pg_class c ON c.oid = w.oid
      """;

  private final PostgresSchema schema;
  private final RestoreRequest request;
  private final DocumentOptions options;

  private record Rights(boolean owner, boolean create) {}

  DocumentTables(PostgresSchema schema, RestoreRequest request, DocumentOptions options) {
    this.schema = schema;
    this.request = request;
    this.options = options;
  }

  /**
   * Whether a collection's records are documents, which go into a table that is made for them. A
   * backup that defines tables says itself where its records go.
   */
  boolean take(String collection) {
    return schema.documents() && schema.ddl().isEmpty() && schema.collection(collection).isEmpty();
  }

  /** The table of a collection, be it there or not. */
  DocumentTable table(String collection) {
    return DocumentTable.of(collection, options.schema());
  }

  /** Whether a table that is missing is created. */
  boolean areCreated() {
    return !request.dataOnly();
  }

  /**
   * How documents get into their table.
   *
   * @param created whether this restore has created it
   */
  DocumentLoad load(DocumentTable place, Table table, boolean created) {
    // What the target keeps may have values of any type in a field.
    boolean all = created || (!request.dataOnly() && request.mode() != RestoreMode.MERGE);
    boolean newColumns = options.columns() && all;
    return new DocumentLoad(
        place,
        newColumns || table.storedColumns().size() > DocumentTable.COLUMNS.size(),
        newColumns,
        all && table.primaryKey().isEmpty(),
        request.mode() == RestoreMode.MERGE);
  }

  /** Checks that tables which are missing can be created. */
  void checkCreation(Connection connection, List<DocumentTable> missing, Problems problems)
      throws SQLException {
    if (missing.isEmpty()) {
      return;
    }
    try (PreparedStatement statement = connection.prepareStatement(SCHEMA_RIGHTS)) {
      statement.setString(1, options.schema());
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        boolean inDatabase = row.getBoolean(1);
        boolean inSchema = row.getBoolean(2);
        boolean absent = row.wasNull();
        if (absent ? !inDatabase : !inSchema) {
          problems.add(
              Kind.PERMISSION_DENIED,
              "The role lacks CREATE on "
                  + (absent ? "the database" : "schema " + options.schema())
                  + ", which tables for documents take.");
        }
      }
    }
    Map<String, String> taken = names(connection);
    for (DocumentTable table : missing) {
      String other = taken.get(table.name());
      if (other != null) {
        problems.add(Kind.MISMATCH, inTheWay(table, other));
      }
    }
  }

  private Map<String, String> names(Connection connection) throws SQLException {
    Map<String, String> names = new HashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(IN_THE_WAY)) {
      statement.setString(1, options.schema());
      statement.setString(2, options.schema());
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          names.put(row.getString(1), row.getString(2));
        }
      }
    }
    return names;
  }

  /** What is wrong where something else has the name of a table of documents. */
  static String inTheWay(DocumentTable table, String what) {
    return table.shown()
        + " is to hold the documents of collection "
        + table.collection()
        + ", but there is "
        + what
        + " of that name already. Rename or drop that, or let documents go into another schema"
        + " (documentSchema).";
  }

  /** Checks the rights to what is done with tables that are there, besides loading rows. */
  void checkRights(Connection connection, List<RestoreTarget> targets, Problems problems)
      throws SQLException {
    List<RestoreTarget> changed =
        targets.stream()
            .filter(target -> target.documents().filter(l -> l.spread() || l.addKey()).isPresent())
            .toList();
    if (changed.isEmpty()) {
      return;
    }
    Map<Long, Rights> rights = new HashMap<>();
    Catalog.query(
        connection,
        TABLE_RIGHTS,
        connection.createArrayOf(
            "int8", changed.stream().map(target -> target.table().oid()).toArray()),
        row -> rights.put(row.getLong(1), new Rights(row.getBoolean(2), row.getBoolean(3))));
    for (RestoreTarget target : changed) {
      DocumentLoad load = target.documents().orElseThrow();
      Rights has = rights.getOrDefault(target.table().oid(), new Rights(false, false));
      if (!has.owner && (load.newColumns() || load.addKey())) {
        problems.add(
            Kind.PERMISSION_DENIED,
            "Table "
                + target.table().collection()
                + " gets "
                + (load.addKey() ? "a primary key" : "columns")
                + ", which takes its owner.");
      }
      if (!has.create && load.spread()) {
        problems.add(
            Kind.PERMISSION_DENIED,
            "The role lacks CREATE on the schema of table "
                + target.table().collection()
                + ", which spreading documents over columns takes.");
      }
    }
  }

  /** Creates tables that are missing, in a transaction that has begun. */
  void create(PinnedConnection connection, Collection<DocumentTable> missing) throws SQLException {
    if (missing.isEmpty()) {
      return;
    }
    if (!schemaIsThere(connection.jdbc())) {
      connection.execute("CREATE SCHEMA " + Sql.quoteIdentifier(options.schema()));
    }
    for (DocumentTable table : missing) {
      for (String sql : table.createSql()) {
        connection.execute(sql);
      }
      if (request.mode() == RestoreMode.MERGE) {
        connection.execute(table.keySql()); // which rows are found by
      }
    }
  }

  /** How many collections of these are spread over columns. */
  long spread(List<RestoreTarget> targets, List<DocumentTable> missing) {
    return targets.stream()
            .filter(target -> target.documents().filter(DocumentLoad::spread).isPresent())
            .count()
        + (options.columns() ? missing.size() : 0);
  }

  /** What creating them is, for a plan. */
  List<String> steps(Connection connection, List<DocumentTable> missing) throws SQLException {
    List<String> steps = new ArrayList<>();
    if (!missing.isEmpty()) {
      if (!schemaIsThere(connection)) {
        steps.add("Create the schema " + options.schema() + ".");
      }
      steps.add(
          "Create "
              + missing.size()
              + " tables for documents: "
              + String.join(", ", missing.stream().map(DocumentTable::shown).toList())
              + ".");
    }
    return steps;
  }

  private boolean schemaIsThere(Connection connection) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT FROM pg_catalog.pg_namespace WHERE nspname = ?")) {
      statement.setString(1, options.schema());
      try (ResultSet row = statement.executeQuery()) {
        return row.next();
      }
    }
  }
}
