package io.holdfast.postgres.internal.ddl;

import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Reads aggregates: plain, ordered-set and hypothetical-set ones. */
final class Aggregates {
  private static final String AGGREGATES =
      """
      SELECT p.oid::bigint, n.nspname, p.proname || '(' || oidvectortypes(p.proargtypes) || ')' AS title,
             format('%%I.%%I(%%s)', n.nspname, p.proname,
                    coalesce(nullif(pg_get_function_arguments(p.oid), ''), '*')) AS definition,
             format('%%I.%%I(%%s)', n.nspname, p.proname,
                    coalesce(nullif(pg_get_function_identity_arguments(p.oid), ''), '*')) AS signature,
             format('%%I.%%I(%%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes)) AS granted,
             pg_get_userbyid(p.proowner) AS owner,
             p.proacl::text[] AS acl, acldefault('f', p.proowner)::text[] AS initial,
             p.proparallel, a.aggkind,
             a.aggtransfn::regproc::text AS step, format_type(a.aggtranstype, NULL) AS state,
             nullif(a.aggtransspace, 0)::text AS space, a.agginitval AS initially,
             nullif(a.aggfinalfn::regproc::text, '-') AS final,
             a.aggfinalextra, a.aggfinalmodify,
             nullif(a.aggcombinefn::regproc::text, '-') AS combine,
             nullif(a.aggserialfn::regproc::text, '-') AS serial,
             nullif(a.aggdeserialfn::regproc::text, '-') AS deserial,
             nullif(a.aggmtransfn::regproc::text, '-') AS moving_step,
             nullif(a.aggminvtransfn::regproc::text, '-') AS moving_inverse,
             CASE WHEN a.aggmtranstype <> 0 THEN format_type(a.aggmtranstype, NULL) END AS moving_state,
             nullif(a.aggmtransspace, 0)::text AS moving_space, a.aggminitval AS moving_initially,
             nullif(a.aggmfinalfn::regproc::text, '-') AS moving_final,
             a.aggmfinalextra, a.aggmfinalmodify,
             (SELECT format('OPERATOR(%%I.%%s)', sn.nspname, s.oprname)
                FROM pg_catalog.pg_operator s JOIN pg_catalog.pg_namespace sn ON sn.oid = s.oprnamespace
               WHERE s.oid = a.aggsortop) AS sort_operator
        FROM pg_catalog.pg_aggregate a
        JOIN pg_catalog.pg_proc p ON p.oid = a.aggfnoid
        JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
       WHERE %s
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x
                          WHERE x.classid = 'pg_catalog.pg_proc'::regclass AND x.objid = p.oid
                            AND x.deptype IN ('e', 'i'))
      """;

  private Aggregates() {}

  static void read(CaptureContext context) throws SQLException {
    context.query(
        AGGREGATES.formatted(CaptureContext.userSchema("n.nspname")),
        row -> {
          String what = "AGGREGATE " + row.getString("signature");
          String owner = row.getString("owner");
          Draft draft =
              context
                  .add(
                      ObjectKind.AGGREGATE,
                      Address.function(row.getLong(1)),
                      row.getString("nspname"),
                      row.getString("title"))
                  .sql("CREATE AGGREGATE " + row.getString("definition") + " " + options(row))
                  .owner(what, owner);
          context.describe(draft, what);
          CaptureContext.grants(
              draft,
              "FUNCTION " + row.getString("granted"),
              row.getArray("acl"),
              row.getArray("initial"),
              owner);
        });
  }

  private static OptionList options(ResultSet row) throws SQLException {
    String kind = row.getString("aggkind");
    // What CREATE AGGREGATE takes where nothing is said.
    String usual = kind.equals("n") ? "r" : "w";
    OptionList options =
        new OptionList()
            .add("SFUNC", row.getString("step"))
            .add("STYPE", row.getString("state"))
            .add("SSPACE", row.getString("space"))
            .addText("INITCOND", row.getString("initially"))
            .add("FINALFUNC", row.getString("final"))
            .addFlag("FINALFUNC_EXTRA", row.getBoolean("aggfinalextra"))
            .add("FINALFUNC_MODIFY", modify(row.getString("aggfinalmodify"), usual))
            .add("COMBINEFUNC", row.getString("combine"))
            .add("SERIALFUNC", row.getString("serial"))
            .add("DESERIALFUNC", row.getString("deserial"));
    if (row.getString("moving_step") != null) {
      options
          .add("MSFUNC", row.getString("moving_step"))
          .add("MINVFUNC", row.getString("moving_inverse"))
          .add("MSTYPE", row.getString("moving_state"))
          .add("MSSPACE", row.getString("moving_space"))
          .addText("MINITCOND", row.getString("moving_initially"))
          .add("MFINALFUNC", row.getString("moving_final"))
          .addFlag("MFINALFUNC_EXTRA", row.getBoolean("aggmfinalextra"))
          .add("MFINALFUNC_MODIFY", modify(row.getString("aggmfinalmodify"), usual));
    }
    return options
        .add("SORTOP", row.getString("sort_operator"))
        .add("PARALLEL", parallel(row.getString("proparallel")))
        .addFlag("HYPOTHETICAL", kind.equals("h"));
  }

  private static @Nullable String modify(String letter, String usual) {
    if (letter.equals(usual)) {
      return null;
    }
    return switch (letter) {
      case "r" -> "READ_ONLY";
      case "s" -> "SHAREABLE";
      case "w" -> "READ_WRITE";
      default -> throw new IllegalStateException("Unknown mode of an aggregate " + letter);
    };
  }

  private static @Nullable String parallel(String letter) {
    return switch (letter) {
      case "s" -> "SAFE";
      case "r" -> "RESTRICTED";
      default -> null;
    };
  }
}
