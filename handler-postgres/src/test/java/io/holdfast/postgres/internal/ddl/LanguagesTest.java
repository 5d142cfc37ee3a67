package io.holdfast.postgres.internal.ddl;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Languages, access methods, collations and conversions come back. */
class LanguagesTest {
  @Test
  void aLanguageComesBackWithItsFunctionsOwnerAndGrants() throws Exception {
    Replayed.role("\"lang \"\"owner\"");
    Replayed.role("grantee");
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA \"la ng\"",
            "CREATE FUNCTION \"la ng\".\"Handler\"() RETURNS language_handler LANGUAGE c"
                + " AS '$libdir/plpgsql', 'plpgsql_call_handler'",
            "CREATE FUNCTION \"la ng\".inline(internal) RETURNS void LANGUAGE c STRICT"
                + " AS '$libdir/plpgsql', 'plpgsql_inline_handler'",
            "CREATE FUNCTION \"la ng\".valid(oid) RETURNS void LANGUAGE c STRICT"
                + " AS '$libdir/plpgsql', 'plpgsql_validator'",
            "CREATE TRUSTED LANGUAGE \"Own\" HANDLER \"la ng\".\"Handler\""
                + " INLINE \"la ng\".inline VALIDATOR \"la ng\".valid",
            "CREATE LANGUAGE unsafe HANDLER \"la ng\".\"Handler\"",
            "ALTER LANGUAGE \"Own\" OWNER TO \"lang \"\"owner\"",
            "REVOKE USAGE ON LANGUAGE \"Own\" FROM PUBLIC",
            "GRANT USAGE ON LANGUAGE \"Own\" TO grantee WITH GRANT OPTION",
            "COMMENT ON LANGUAGE \"Own\" IS 'it''s \\ own'",
            "CREATE FUNCTION \"la ng\".f() RETURNS int LANGUAGE \"Own\" AS 'BEGIN RETURN 5; END'")) {
      assertThat(
              replayed.same(
                  """
                  SELECT concat_ws(' ', lanname, lanpltrusted, lanplcallfoid::regproc,
                                   laninline::regproc, lanvalidator::regproc,
                                   pg_get_userbyid(lanowner), lanacl,
                                   obj_description(oid, 'pg_language'))
                    FROM pg_language WHERE oid > 16383 ORDER BY 1
                  """))
          .hasSize(2);
      assertThat(replayed.target().query("SELECT \"la ng\".f()")).containsExactly("5");
    }
  }

  @Test
  void anAccessMethodComesBackBeforeWhatIsStoredWithIt() throws Exception {
    try (Replayed replayed =
        Replayed.of(
            "CREATE ACCESS METHOD \"own Heap\" TYPE TABLE HANDLER heap_tableam_handler",
            "CREATE ACCESS METHOD own_tree TYPE INDEX HANDLER bthandler",
            "COMMENT ON ACCESS METHOD own_tree IS 'btree'",
            "CREATE OPERATOR CLASS public.own DEFAULT FOR TYPE int USING own_tree AS"
                + " OPERATOR 3 =, FUNCTION 1 btint4cmp(int, int)")) {
      assertThat(
              replayed.same(
                  """
                  SELECT concat_ws(' ', amname, amtype, amhandler, obj_description(oid, 'pg_am'))
                    FROM pg_am WHERE oid > 16383 ORDER BY 1
                  """))
          .containsExactly("own Heap t heap_tableam_handler", "own_tree i bthandler btree");
    }
  }
}
