package io.holdfast.postgres.internal.ddl;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Set;

/** Reads base types: those whose values functions in C read and write. */
final class BaseTypes {
  private static final String COLUMNS =
      """
      , t.typlen, t.typbyval, t.typalign, t.typstorage, t.typdelim, t.typcategory, t.typispreferred,
        t.typcollation <> 0 AS collatable,
        coalesce(quote_literal(t.typdefault),
                 pg_get_expr(t.typdefaultbin, 'pg_catalog.pg_type'::regclass)) AS initially,
        CASE WHEN t.typelem <> 0 THEN format_type(t.typelem, NULL) END AS element,
        ARRAY[%1$s t.typinput, t.typoutput, t.typreceive, t.typsend, t.typmodin, t.typmodout,
              t.typanalyze]::oid[]::bigint[] AS functions,
        t.typinput::regproc::text AS input, t.typoutput::regproc::text AS output,
        nullif(t.typreceive::regproc::text, '-') AS receive,
        nullif(t.typsend::regproc::text, '-') AS send,
        nullif(t.typmodin::regproc::text, '-') AS modifier_in,
        nullif(t.typmodout::regproc::text, '-') AS modifier_out,
        nullif(t.typanalyze::regproc::text, '-') AS analyze,
        %2$s AS subscript
      """;

  private BaseTypes() {}

  static void read(CaptureContext context) throws SQLException {
    context.query(
        TypeDrafts.query(
            COLUMNS.formatted(
                context.since(14, "t.typsubscript,", ""),
                context.since(14, "nullif(t.typsubscript::regproc::text, '-')", "NULL")),
            "",
            """
            AND t.typtype = 'b'
            AND NOT EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.typarray = t.oid)
            """),
        row -> {
          String quoted = row.getString("quoted");
          Draft draft =
              TypeDrafts.add(context, ObjectKind.TYPE, row)
                  .sql("CREATE TYPE " + quoted + " " + options(row));
          Set<Address> functions = new HashSet<>();
          for (Long oid : (Long[]) row.getArray("functions").getArray()) {
            functions.add(Address.function(oid));
          }
          ShellTypes.addBefore(context, draft, quoted, functions);
        });
  }

  private static OptionList options(ResultSet row) throws SQLException {
    int length = row.getInt("typlen");
    return new OptionList()
        .add("INPUT", row.getString("input"))
        .add("OUTPUT", row.getString("output"))
        .add("RECEIVE", row.getString("receive"))
        .add("SEND", row.getString("send"))
        .add("TYPMOD_IN", row.getString("modifier_in"))
        .add("TYPMOD_OUT", row.getString("modifier_out"))
        .add("ANALYZE", row.getString("analyze"))
        .add("SUBSCRIPT", row.getString("subscript"))
        .add("INTERNALLENGTH", length < 0 ? "VARIABLE" : Integer.toString(length))
        .addFlag("PASSEDBYVALUE", row.getBoolean("typbyval"))
        .add("ALIGNMENT", alignment(row.getString("typalign")))
        .add("STORAGE", storage(row.getString("typstorage")))
        .addText("CATEGORY", row.getString("typcategory"))
        .add("PREFERRED", row.getBoolean("typispreferred") ? "true" : null)
        .add("DEFAULT", row.getString("initially"))
        .add("ELEMENT", row.getString("element"))
        .addText("DELIMITER", row.getString("typdelim"))
        .add("COLLATABLE", row.getBoolean("collatable") ? "true" : null);
  }

  private static String alignment(String letter) {
    return switch (letter) {
      case "c" -> "char";
      case "s" -> "int2";
      case "i" -> "int4";
      case "d" -> "double";
      default -> throw new IllegalStateException("Unknown alignment of a type " + letter);
    };
  }

  private static String storage(String letter) {
    return switch (letter) {
      case "p" -> "plain";
      case "e" -> "external";
      case "x" -> "extended";
      case "m" -> "main";
      default -> throw new IllegalStateException("Unknown storage of a type " + letter);
    };
  }
}
