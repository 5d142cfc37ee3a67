package io.holdfast.postgres.internal.ddl;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads indexes, and the primary keys, unique and exclusion constraints that are indexes too.
 *
 * <p>Indexes of partitioned tables are created on the parent alone and on each partition, then
 * attached, so that all of them can be built at once. An index that is not valid is left out and
 * named in the log: it is what a failed {@code CREATE INDEX CONCURRENTLY} leaves, no query uses it,
 * and creating it might fail for the same reason. The index of a partitioned table is not valid
 * while a partition lacks it, and is not left out.
 *
 * <p>What an extension's table has of them comes with the extension; those that were added cannot
 * be told from them, so they are not carried, as with pg_dump.
 */
final class Indexes {
  private static final Logger log = LoggerFactory.getLogger(Indexes.class);

  private static final String INDEXES =
      """
      SELECT i.indexrelid::bigint AS oid, t.oid::bigint AS table_oid, n.nspname AS schema,
             x.relname AS name, quote_ident(x.relname) AS quoted_name,
             quote_ident(n.nspname) || '.' || quote_ident(x.relname) AS quoted,
             quote_ident(n.nspname) || '.' || quote_ident(t.relname) AS quoted_table,
             CASE WHEN k.oid IS NULL THEN pg_get_indexdef(i.indexrelid) END AS definition,
             (i.indisvalid OR t.relkind = 'p') AND i.indisready AS usable,
             i.indisclustered AS clustered, i.indisreplident AS replica_identity,
             s.spcname AS tablespace, coalesce(h.inhparent::bigint, 0) AS parent,
             quote_ident(pn.nspname) || '.' || quote_ident(p.relname) AS quoted_parent,
             coalesce(k.oid::bigint, 0) AS constraint_oid, k.contype AS constraint_type,
             k.conname AS constraint_name, quote_ident(k.conname) AS quoted_constraint,
             pg_get_constraintdef(k.oid) AS constraint_definition, k.condeferrable AS deferrable,
             k.condeferred AS deferred, x.reloptions AS options
        FROM pg_catalog.pg_index i
        JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
        JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
        LEFT JOIN pg_catalog.pg_constraint k
          ON k.conrelid = i.indrelid AND k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')
        LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = x.reltablespace
        LEFT JOIN pg_catalog.pg_inherits h ON h.inhrelid = i.indexrelid
        LEFT JOIN pg_catalog.pg_class p ON p.oid = h.inhparent
        LEFT JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
       WHERE t.relkind IN ('r', 'p', 'm') AND t.relpersistence <> 't' AND %s
      """;

  private static final String STATISTICS_TARGETS =
      """
      SELECT a.attrelid::bigint, quote_ident(n.nspname) || '.' || quote_ident(x.relname), a.attnum,
             a.attstattarget
        FROM pg_catalog.pg_attribute a
        JOIN pg_catalog.pg_class x ON x.oid = a.attrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = x.relnamespace
       WHERE x.relkind IN ('i', 'I') AND a.attstattarget >= 0 AND %s
       ORDER BY a.attrelid, a.attnum
      """;

  private final CaptureContext context;
  private final IndexPartitions partitions;
  private final Map<Long, List<SqlStatement>> statisticsTargets = new HashMap<>();
  private final List<String> invalid = new ArrayList<>();

  private Indexes(CaptureContext context, IndexPartitions partitions) {
    this.context = context;
    this.partitions = partitions;
  }

  static void read(CaptureContext context) throws SQLException {
    Indexes indexes = new Indexes(context, IndexPartitions.read(context));
    String userSchema = CaptureContext.userSchema("n.nspname");
    context.query(STATISTICS_TARGETS.formatted(userSchema), indexes::addStatisticsTarget);
    context.query(INDEXES.formatted(userSchema), indexes::add);
    if (!indexes.invalid.isEmpty()) {
      log.warn(
          "{} indexes are not valid and are left out of the backup; drop or rebuild them: {}",
          indexes.invalid.size(),
          String.join(", ", indexes.invalid));
    }
  }

  private void addStatisticsTarget(ResultSet row) throws SQLException {
    statisticsTargets
        .computeIfAbsent(row.getLong(1), oid -> new ArrayList<>())
        .add(
            SqlStatement.of(
                "ALTER INDEX "
                    + row.getString(2)
                    + " ALTER COLUMN "
                    + row.getInt(3)
                    + " SET STATISTICS "
                    + row.getInt(4)));
  }

  private void add(ResultSet row) throws SQLException {
    long oid = row.getLong("oid");
    String quoted = row.getString("quoted");
    String table = row.getString("quoted_table");
    if (context.belongsToExtension(Address.relation(row.getLong("table_oid")))) {
      return;
    }
    if (!row.getBoolean("usable")) {
      invalid.add(quoted);
      return;
    }
    Draft draft = row.getLong("constraint_oid") == 0 ? index(row) : constraint(row);
    String tablespace = row.getString("tablespace");
    if (tablespace != null) {
      draft.then(SqlStatement.toTablespace("INDEX " + quoted, tablespace));
    }
    statisticsTargets.getOrDefault(oid, List.of()).forEach(draft::then);
    String quotedName = row.getString("quoted_name");
    if (row.getBoolean("clustered")) {
      draft.then("ALTER TABLE " + table + " CLUSTER ON " + quotedName);
    }
    if (row.getBoolean("replica_identity")) {
      addReplicaIdentity(
          row, oid, "ALTER TABLE ONLY " + table + " REPLICA IDENTITY USING INDEX " + quotedName);
    }
    if (row.getLong("parent") != 0) {
      begin(ObjectKind.INDEX_ATTACH, Tables.attachment(oid), row)
          .sql("ALTER INDEX " + row.getString("quoted_parent") + " ATTACH PARTITION " + quoted)
          .needs(Address.relation(row.getLong("parent")))
          .needs(Address.relation(oid));
    }
  }

  private Draft begin(ObjectKind kind, Address address, ResultSet row) throws SQLException {
    return context
        .add(kind, address, row.getString("schema"), row.getString("name"))
        .table(row.getString("quoted_table"));
  }

  private Draft index(ResultSet row) throws SQLException {
    Draft draft =
        begin(ObjectKind.INDEX, Address.relation(row.getLong("oid")), row)
            .sql(row.getString("definition"));
    String title = "INDEX " + row.getString("quoted");
    context.dependsOnExtensions(draft, title);
    context.describe(draft, title);
    return draft;
  }

  private Draft constraint(ResultSet row) throws SQLException {
    Address index = Address.relation(row.getLong("oid"));
    String table = row.getString("quoted_table");
    String name = row.getString("quoted_constraint");
    Draft draft =
        context
            .add(
                ObjectKind.CONSTRAINT,
                Address.constraint(row.getLong("constraint_oid")),
                row.getString("schema"),
                row.getString("constraint_name"))
            .table(table)
            .alias(index)
            .sql(
                "ALTER TABLE ONLY " + table + "\n  ADD CONSTRAINT " + name + " " + definition(row));
    context.describe(draft, "CONSTRAINT " + name + " ON " + table);
    context.describe(draft, "INDEX " + row.getString("quoted"), index, 0);
    return draft;
  }

  /**
   * The server leaves out the storage parameters of keys, but not of exclusion constraints; they
   * stand before what says when the constraint is checked.
   */
  private static String definition(ResultSet row) throws SQLException {
    String definition = row.getString("constraint_definition");
    List<String> options = TableCatalog.texts(row.getArray("options"));
    if (row.getString("constraint_type").equals("x") || options.isEmpty()) {
      return definition;
    }
    String timing =
        row.getBoolean("deferred")
            ? " DEFERRABLE INITIALLY DEFERRED"
            : row.getBoolean("deferrable") ? " DEFERRABLE" : "";
    int end = definition.length() - timing.length();
    return definition.substring(0, end) + " WITH (" + Settings.list(options) + ")" + timing;
  }

  /** An entry of its own: the index of a partitioned table is not valid before all are attached. */
  private void addReplicaIdentity(ResultSet row, long index, String sql) throws SQLException {
    Draft draft =
        begin(ObjectKind.REPLICA_IDENTITY, new Address("replica identity", index), row)
            .sql(sql)
            .needs(Address.relation(index));
    partitions.needAll(draft, index);
  }
}
