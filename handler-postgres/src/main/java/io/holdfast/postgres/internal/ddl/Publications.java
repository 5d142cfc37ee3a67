package io.holdfast.postgres.internal.ddl;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads publications with what they publish. Tells of subscriptions, which cannot be carried. */
final class Publications {
  private static final String PUBLICATIONS =
      """
      SELECT p.oid::bigint, p.pubname, quote_ident(p.pubname), pg_get_userbyid(p.pubowner),
             p.puballtables,
             concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END,
                             CASE WHEN p.pubupdate THEN 'update' END,
                             CASE WHEN p.pubdelete THEN 'delete' END,
                             CASE WHEN p.pubtruncate THEN 'truncate' END),
             p.pubviaroot, %s
        FROM pg_catalog.pg_publication p
      """;

  /** Before PostgreSQL 15, whole tables only. */
  private static final String TABLES =
      """
      SELECT r.prpubid::bigint, r.oid::bigint, c.oid::bigint,
             quote_ident(n.nspname) || '.' || quote_ident(c.relname), %s
        FROM pg_catalog.pg_publication_rel r
        JOIN pg_catalog.pg_class c ON c.oid = r.prrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
      """;

  private static final String PART_OF_TABLE =
      """
      (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.place)
                FROM unnest(r.prattrs) WITH ORDINALITY AS k(attnum, place)
                JOIN pg_catalog.pg_attribute a
                  ON a.attrelid = r.prrelid AND a.attnum = k.attnum),
             pg_get_expr(r.prqual, r.prrelid)\
      """;

  private static final String SCHEMAS =
      """
      SELECT s.pnpubid::bigint, s.oid::bigint, n.oid::bigint, quote_ident(n.nspname)
        FROM pg_catalog.pg_publication_namespace s
        JOIN pg_catalog.pg_namespace n ON n.oid = s.pnnspid
       ORDER BY n.nspname COLLATE "C"
      """;

  private static final String SUBSCRIPTIONS =
      """
      SELECT s.subname FROM pg_catalog.pg_subscription s
       WHERE s.subdbid = (SELECT d.oid FROM pg_catalog.pg_database d
                           WHERE d.datname = current_database())
       ORDER BY s.subname COLLATE "C"
      """;

  /**
   * Something that a publication publishes.
   *
   * @param membership the address of its being published
   * @param published its own address
   * @param clause what follows {@code FOR}
   */
  private record Member(Address membership, Address published, String clause) {}

  private final CaptureContext context;
  private final Map<Long, List<Member>> members = new HashMap<>();

  private Publications(CaptureContext context) {
    this.context = context;
  }

  static void read(CaptureContext context) throws SQLException {
    Publications publications = new Publications(context);
    context.query(
        TABLES.formatted(context.since(15, PART_OF_TABLE, "NULL, NULL")), publications::addTable);
    if (context.majorVersion() >= 15) {
      context.query(SCHEMAS, publications::addSchema);
    }
    context.query(
        PUBLICATIONS.formatted(context.since(18, "p.pubgencols = 's'", "false")),
        publications::add);
    context.query(
        SUBSCRIPTIONS,
        row ->
            context.cannotCarry(
                "subscription " + row.getString(1),
                "its connection string holds secrets, and a restored one would begin to"
                    + " replicate; create it again by hand"));
  }

  private void addTable(ResultSet row) throws SQLException {
    String columns = row.getString(5);
    String condition = row.getString(6);
    member(
        row.getLong(1),
        new Member(
            new Address("pg_publication_rel", row.getLong(2)),
            Address.relation(row.getLong(3)),
            // Each descendant that is published has a row of its own.
            "TABLE ONLY "
                + row.getString(4)
                + (columns == null ? "" : " (" + columns + ")")
                + (condition == null ? "" : " WHERE (" + condition + ")")));
  }

  private void addSchema(ResultSet row) throws SQLException {
    member(
        row.getLong(1),
        new Member(
            new Address("pg_publication_namespace", row.getLong(2)),
            new Address("pg_namespace", row.getLong(3)),
            "TABLES IN SCHEMA " + row.getString(4)));
  }

  private void member(long publication, Member member) {
    members.computeIfAbsent(publication, key -> new ArrayList<>()).add(member);
  }

  private void add(ResultSet row) throws SQLException {
    Address address = new Address("pg_publication", row.getLong(1));
    if (context.belongsToExtension(address)) {
      return;
    }
    String publication = row.getString(3);
    List<SqlStatement> statements = new ArrayList<>();
    statements.add(
        SqlStatement.of(
            "CREATE PUBLICATION "
                + publication
                + (row.getBoolean(5) ? " FOR ALL TABLES" : "")
                + " WITH (publish = '"
                + row.getString(6)
                + "'"
                + (row.getBoolean(7) ? ", publish_via_partition_root = true" : "")
                + (row.getBoolean(8) ? ", publish_generated_columns = stored" : "")
                + ")"));
    Draft draft =
        context
            .add(ObjectKind.PUBLICATION, address, row.getString(2))
            .sql(() -> statements)
            .owner("PUBLICATION " + publication, row.getString(4));
    for (Member member : members.getOrDefault(address.oid(), List.of())) {
      draft.alias(member.membership).needs(member.published);
      statements.add(SqlStatement.of("ALTER PUBLICATION " + publication + " ADD " + member.clause));
    }
    context.describe(draft, "PUBLICATION " + publication);
  }
}
