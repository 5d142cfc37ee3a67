package io.holdfast.postgres;

import io.holdfast.postgres.internal.Sql;
import io.holdfast.postgres.internal.rebuild.RebuildOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Gives large objects to their owners and grantees, and comments and labels to them, as their
 * records say: in the server, batch by batch, since there can be millions.
 */
final class LargeObjectAccess {
  private static final String OWNERS =
      """
      DECLARE
        o record;
      BEGIN
        FOR o IN SELECT x.oid, x.owner FROM (SELECT s.oid, %2$s AS owner FROM %1$s s) x
                  WHERE x.owner <> current_user %3$s
        LOOP
          EXECUTE format('ALTER LARGE OBJECT %%s OWNER TO %%I', o.oid, o.owner);
        END LOOP;
      END
      """;

  /**
   * An object that nobody was granted anything on has no list; if it has one now, then by default
   * privileges of the target, which do not count. What an owner has from the beginning comes first
   * in most lists and need not be granted again.
   */
  private static final String GRANTS =
      """
      DECLARE
        o record;
        g record;
        kept integer;
      BEGIN
        FOR o IN
          SELECT s.oid, %2$s AS owner, m.lomowner, pg_get_userbyid(m.lomowner) AS present,
                 m.lomacl,
                 coalesce(s.grants, jsonb_build_array(
                   jsonb_build_object('to', s.owner, 'by', s.owner,
                                      'privilege', 'SELECT', 'option', false),
                   jsonb_build_object('to', s.owner, 'by', s.owner,
                                      'privilege', 'UPDATE', 'option', false))) AS grants
            FROM %1$s s JOIN pg_largeobject_metadata m ON m.oid = s.oid
           WHERE s.grants IS NOT NULL OR m.lomacl IS NOT NULL
        LOOP
          SELECT CASE WHEN o.lomacl IS NULL AND %6$s AND count(*) = 2
                      THEN 2 ELSE 0 END INTO kept
            FROM jsonb_array_elements(o.grants) WITH ORDINALITY AS a(item, place)
           WHERE a.place <= 2 AND NOT (a.item->>'option')::boolean
             AND %4$s = o.owner AND %5$s = o.owner;
          IF kept = 0 THEN
            FOR g IN
              SELECT DISTINCT CASE WHEN a.grantee <> 0 THEN pg_get_userbyid(a.grantee) END AS role
                FROM aclexplode(coalesce(o.lomacl, acldefault('L', o.lomowner))) a
               WHERE a.grantee <> o.lomowner OR o.present = o.owner
            LOOP
              EXECUTE format('REVOKE ALL ON LARGE OBJECT %%s FROM %%s', o.oid,
                             coalesce(quote_ident(g.role), 'PUBLIC'));
            END LOOP;
          END IF;
          FOR g IN
            SELECT x.grantee, x.grantor, x.option,
                   string_agg(CASE x.privilege WHEN 'SELECT' THEN 'SELECT'
                                               WHEN 'UPDATE' THEN 'UPDATE' END,
                              ', ' ORDER BY x.place) AS privileges
              FROM (SELECT %4$s AS grantee, %5$s AS grantor, (a.item->>'option')::boolean AS option,
                           a.item->>'privilege' AS privilege, a.place
                      FROM jsonb_array_elements(o.grants) WITH ORDINALITY AS a(item, place)
                     WHERE a.place > kept) x
             WHERE true %3$s
             GROUP BY x.grantee, x.grantor, x.option
             ORDER BY min(x.place)
          LOOP
            IF g.grantor <> o.owner THEN
              EXECUTE format('SET LOCAL ROLE %%I', g.grantor);
            END IF;
            EXECUTE format('GRANT %%s ON LARGE OBJECT %%s TO %%s%%s', g.privileges, o.oid,
                           coalesce(quote_ident(g.grantee), 'PUBLIC'),
                           CASE WHEN g.option THEN ' WITH GRANT OPTION' ELSE '' END);
            IF g.grantor <> o.owner THEN
              RESET ROLE;
            END IF;
          END LOOP;
        END LOOP;
      END
      """;

  private static final String DESCRIPTIONS =
      """
      DECLARE
        o record;
      BEGIN
        FOR o IN SELECT s.oid, s.comment FROM %1$s s WHERE s.comment IS NOT NULL
        LOOP
          EXECUTE format('COMMENT ON LARGE OBJECT %%s IS %%L', o.oid, o.comment);
        END LOOP;
        FOR o IN SELECT s.oid, l.key AS provider, l.value AS label
                   FROM %1$s s, jsonb_each_text(s.labels) l WHERE s.labels IS NOT NULL
        LOOP
          EXECUTE format('SECURITY LABEL FOR %%I ON LARGE OBJECT %%s IS %%L',
                         o.provider, o.oid, o.label);
        END LOOP;
      END
      """;

  /** What the restoring role cannot give away stays its own. */
  private static final String OWNER_THERE =
      """
      AND EXISTS (SELECT FROM pg_roles r
                   WHERE r.rolname = x.owner AND pg_has_role(r.oid, 'MEMBER'))\
      """;

  private static final String ROLES_THERE =
      """
      AND (x.grantee IS NULL OR EXISTS (SELECT FROM pg_roles r WHERE r.rolname = x.grantee))
                   AND (x.grantor = o.owner
                        OR EXISTS (SELECT FROM pg_roles r
                                    WHERE r.rolname = x.grantor AND pg_has_role(r.oid, 'MEMBER')))\
      """;

  private LargeObjectAccess() {}

  /**
   * The statements that do that for the objects in a temporary table, which exist.
   *
   * @param stage the table, of {@code oid}, {@code owner}, {@code grants}, {@code comment} and
   *     {@code labels}
   * @param definitions how definitions are restored; empty if only rows are
   */
  static List<String> statements(String stage, Optional<RebuildOptions> definitions) {
    RebuildOptions options = definitions.orElse(RebuildOptions.AS_IT_WAS);
    boolean lenient = definitions.isEmpty();
    List<String> statements = new ArrayList<>();
    if (!options.withoutOwners()) {
      statements.add(
          run(OWNERS.formatted(stage, mapped("s.owner", options), lenient ? OWNER_THERE : "")));
    }
    if (!options.withoutPrivileges()) {
      statements.add(
          run(
              GRANTS.formatted(
                  stage,
                  mapped("s.owner", options),
                  lenient ? ROLES_THERE : "",
                  mapped("a.item->>'to'", options),
                  mapped("a.item->>'by'", options),
                  // What an owner has is not what somebody is granted who is not made the owner.
                  options.withoutOwners() ? "true" : "o.owner = o.present")));
    }
    statements.add(run(DESCRIPTIONS.formatted(stage)));
    return statements;
  }

  private static String run(String block) {
    return "DO " + Sql.quoteLiteral(block);
  }

  /** The role that takes the place of one, in SQL. */
  private static String mapped(String role, RebuildOptions options) {
    if (options.roles().isEmpty()) {
      return "(" + role + ")";
    }
    StringBuilder mapped = new StringBuilder("(CASE ").append(role);
    for (Map.Entry<String, String> entry : new TreeMap<>(options.roles()).entrySet()) {
      mapped
          .append(" WHEN ")
          .append(Sql.quoteLiteral(entry.getKey()))
          .append(" THEN ")
          .append(Sql.quoteLiteral(entry.getValue()));
    }
    return mapped.append(" ELSE ").append(role).append(" END)").toString();
  }
}
