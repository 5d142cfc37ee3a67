package io.holdfast.postgres.internal.ddl;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads operator classes and families. Which operators and functions are tied to a class, and which
 * hang loosely in its family, is what {@code pg_depend} says: each is created where it belongs.
 */
final class OperatorClasses {
  private static final String OPERATORS =
      """
      SELECT d.refclassid::regclass::text, d.refobjid::bigint, d.classid::regclass::text, m.oid::bigint,
             format('OPERATOR %s %s', m.amopstrategy, m.amopopr::regoperator)
             || CASE WHEN m.amopsortfamily <> 0
                     THEN format(' FOR ORDER BY %I.%I', sn.nspname, s.opfname) ELSE '' END
        FROM pg_catalog.pg_amop m
        JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_amop'::regclass AND d.objid = m.oid
         AND (d.refclassid = 'pg_catalog.pg_opclass'::regclass
              OR d.refclassid = 'pg_catalog.pg_opfamily'::regclass AND d.refobjid = m.amopfamily)
         AND d.deptype IN ('i', 'a')
        LEFT JOIN pg_catalog.pg_opfamily s ON s.oid = m.amopsortfamily
        LEFT JOIN pg_catalog.pg_namespace sn ON sn.oid = s.opfnamespace
       ORDER BY m.amopstrategy, m.amopopr::regoperator::text
      """;

  private static final String FUNCTIONS =
      """
      SELECT d.refclassid::regclass::text, d.refobjid::bigint, d.classid::regclass::text, m.oid::bigint,
             format('FUNCTION %s (%s, %s) %s', m.amprocnum, format_type(m.amproclefttype, NULL),
                    format_type(m.amprocrighttype, NULL), m.amproc::oid::regprocedure)
        FROM pg_catalog.pg_amproc m
        JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_amproc'::regclass AND d.objid = m.oid
         AND d.refclassid IN ('pg_catalog.pg_opclass'::regclass, 'pg_catalog.pg_opfamily'::regclass)
         AND d.deptype IN ('i', 'a')
       ORDER BY m.amprocnum, format_type(m.amproclefttype, NULL), format_type(m.amprocrighttype, NULL)
      """;

  private static final String FAMILIES =
      """
      SELECT f.oid::bigint, n.nspname, f.opfname || ' using ' || a.amname,
             format('%%I.%%I USING %%I', n.nspname, f.opfname, a.amname), pg_get_userbyid(f.opfowner)
        FROM pg_catalog.pg_opfamily f
        JOIN pg_catalog.pg_namespace n ON n.oid = f.opfnamespace
        JOIN pg_catalog.pg_am a ON a.oid = f.opfmethod
       WHERE %s
      """;

  private static final String CLASSES =
      """
      SELECT c.oid::bigint, n.nspname, c.opcname || ' using ' || a.amname,
             format('%%I.%%I USING %%I', n.nspname, c.opcname, a.amname), pg_get_userbyid(c.opcowner),
             format(E'CREATE OPERATOR CLASS %%I.%%I\\n  %%sFOR TYPE %%s USING %%I FAMILY %%I.%%I AS\\n  ',
                    n.nspname, c.opcname, CASE WHEN c.opcdefault THEN 'DEFAULT ' ELSE '' END,
                    format_type(c.opcintype, NULL), a.amname, fn.nspname, f.opfname),
             CASE WHEN c.opckeytype <> 0 THEN format_type(c.opckeytype, NULL) END,
             format_type(c.opcintype, NULL)
        FROM pg_catalog.pg_opclass c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.opcnamespace
        JOIN pg_catalog.pg_am a ON a.oid = c.opcmethod
        JOIN pg_catalog.pg_opfamily f ON f.oid = c.opcfamily
        JOIN pg_catalog.pg_namespace fn ON fn.oid = f.opfnamespace
       WHERE %s
      """;

  private record Member(Address address, String definition) {}

  private OperatorClasses() {}

  static void read(CaptureContext context) throws SQLException {
    Map<Address, List<Member>> members = new HashMap<>();
    readMembers(context, OPERATORS, members);
    readMembers(context, FUNCTIONS, members);
    readFamilies(context, members);
    readClasses(context, members);
  }

  private static void readMembers(
      CaptureContext context, String query, Map<Address, List<Member>> members)
      throws SQLException {
    context.query(
        query,
        row ->
            members
                .computeIfAbsent(
                    new Address(row.getString(1), row.getLong(2)), key -> new ArrayList<>())
                .add(new Member(new Address(row.getString(3), row.getLong(4)), row.getString(5))));
  }

  private static void readFamilies(CaptureContext context, Map<Address, List<Member>> members)
      throws SQLException {
    context.query(
        FAMILIES.formatted(CaptureContext.userSchema("n.nspname")),
        row -> {
          Address address = new Address("pg_opfamily", row.getLong(1));
          if (context.belongsToExtension(address)) {
            return;
          }
          String what = "OPERATOR FAMILY " + row.getString(4);
          List<Member> own = members.getOrDefault(address, List.of());
          List<SqlStatement> sql = new ArrayList<>();
          sql.add(SqlStatement.of("CREATE " + what));
          if (!own.isEmpty()) {
            sql.add(SqlStatement.of("ALTER " + what + " ADD\n  " + lines(definitions(own))));
          }
          Draft draft =
              context
                  .add(ObjectKind.OPERATOR_FAMILY, address, row.getString(2), row.getString(3))
                  .sql(() -> sql)
                  .owner(what, row.getString(5));
          own.forEach(member -> draft.alias(member.address));
          context.describe(draft, what);
        });
  }

  private static void readClasses(CaptureContext context, Map<Address, List<Member>> members)
      throws SQLException {
    context.query(
        CLASSES.formatted(CaptureContext.userSchema("n.nspname")),
        row -> {
          Address address = new Address("pg_opclass", row.getLong(1));
          if (context.belongsToExtension(address)) {
            return;
          }
          String what = "OPERATOR CLASS " + row.getString(4);
          List<Member> own = members.getOrDefault(address, List.of());
          List<String> lines = definitions(own);
          if (row.getString(7) != null) {
            lines.add("STORAGE " + row.getString(7));
          } else if (lines.isEmpty()) {
            lines.add("STORAGE " + row.getString(8)); // says nothing, but something must be said
          }
          Draft draft =
              context
                  .add(ObjectKind.OPERATOR_CLASS, address, row.getString(2), row.getString(3))
                  .sql(row.getString(6) + lines(lines))
                  .owner(what, row.getString(5));
          own.forEach(member -> draft.alias(member.address));
          context.describe(draft, what);
        });
  }

  private static List<String> definitions(List<Member> members) {
    return new ArrayList<>(members.stream().map(Member::definition).toList());
  }

  private static String lines(List<String> lines) {
    return String.join(",\n  ", lines);
  }
}
