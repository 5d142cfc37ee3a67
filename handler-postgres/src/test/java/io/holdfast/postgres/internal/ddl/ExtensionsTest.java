package io.holdfast.postgres.internal.ddl;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Extensions come back in their schemas, and their members with the grants that were changed. */
class ExtensionsTest {
  private static final String EXTENSIONS =
      """
      SELECT concat_ws(' ', extname, extversion, extnamespace::regnamespace,
                       obj_description(oid, 'pg_extension'))
        FROM pg_extension ORDER BY 1
      """;

  @Test
  void anExtensionComesBackInItsSchemaWithItsCommentAndWhatUsesIt() throws Exception {
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA \"ex t\"",
            "CREATE SCHEMA a",
            "CREATE EXTENSION cube SCHEMA \"ex t\"",
            "CREATE EXTENSION earthdistance SCHEMA a",
            "CREATE EXTENSION \"uuid-ossp\" SCHEMA a",
            "CREATE EXTENSION hstore SCHEMA \"ex t\"",
            "COMMENT ON EXTENSION cube IS 'not its own'",
            "COMMENT ON EXTENSION hstore IS NULL",
            "CREATE DOMAIN a.cubes AS \"ex t\".cube",
            "CREATE FUNCTION a.of_hstore(\"ex t\".hstore) RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "ALTER FUNCTION a.of_hstore DEPENDS ON EXTENSION hstore")) {
      assertThat(replayed.same(EXTENSIONS)).anyMatch(row -> row.endsWith("not its own"));
      assertThat(replayed.sql(ObjectKind.EXTENSION, "cube"))
          .isEqualTo("CREATE EXTENSION IF NOT EXISTS cube WITH SCHEMA \"ex t\"");
      replayed.same("SELECT count(*)::text FROM pg_depend WHERE deptype = 'x'");
    }
  }

  @Test
  void anExtensionThatIsNotAtItsDefaultVersionComesBackAtItsOwn() throws Exception {
    try (Replayed replayed = Replayed.of("CREATE EXTENSION hstore VERSION '1.5'")) {
      assertThat(replayed.same("SELECT extversion FROM pg_extension WHERE extname = 'hstore'"))
          .containsExactly("1.5");
    }
  }

  @Test
  void aVersionThatTheServerLacksIsNoReasonToFail() throws Exception {
    try (Replayed replayed = Replayed.of("CREATE EXTENSION hstore VERSION '1.5'")) {
      String newer =
          replayed.sql(ObjectKind.EXTENSION, "hstore").replace("'1.5'", "'1.5-of-a-fork'");
      replayed.target().execute("DROP EXTENSION hstore", newer);
      assertThat(
              replayed
                  .target()
                  .query(
                      """
                      SELECT e.extversion FROM pg_extension e
                        JOIN pg_available_extensions a ON a.name = e.extname
                       WHERE e.extname = 'hstore' AND a.default_version = e.extversion
                      """))
          .hasSize(1);
    }
  }

  @Test
  void grantsThatWereChangedAfterwardsAreCarriedAndNoOthers() throws Exception {
    Replayed.role("grantee");
    Replayed.role("\"second \"\"one\"");
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA ext",
            "CREATE EXTENSION pg_stat_statements SCHEMA ext",
            "CREATE EXTENSION hstore SCHEMA ext",
            "CREATE EXTENSION file_fdw",
            "REVOKE ALL ON FUNCTION ext.hstore_to_json(ext.hstore) FROM PUBLIC",
            "GRANT USAGE ON TYPE ext.hstore TO grantee WITH GRANT OPTION",
            "REVOKE SELECT ON ext.pg_stat_statements FROM PUBLIC",
            "GRANT SELECT (query) ON ext.pg_stat_statements TO grantee",
            "GRANT USAGE ON FOREIGN DATA WRAPPER file_fdw TO grantee",
            "REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC",
            "REVOKE EXECUTE ON FUNCTION pg_catalog.pg_sleep(float8) FROM PUBLIC",
            "GRANT EXECUTE ON FUNCTION pg_catalog.pg_sleep(float8) TO grantee WITH GRANT OPTION",
            "SET ROLE grantee",
            "GRANT EXECUTE ON FUNCTION pg_catalog.pg_sleep(float8) TO \"second \"\"one\"",
            "RESET ROLE",
            "GRANT SELECT (rolname) ON pg_catalog.pg_authid TO grantee",
            "REVOKE SELECT ON pg_catalog.pg_stats FROM PUBLIC",
            "GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_file(text) TO grantee",
            "GRANT USAGE ON SCHEMA pg_catalog TO grantee")) {
      replayed.same("SELECT proname || proacl::text FROM pg_proc WHERE proacl <> '{}' ORDER BY 1");
      replayed.same("SELECT typname || typacl::text FROM pg_type WHERE typacl <> '{}' ORDER BY 1");
      replayed.same("SELECT lanname || lanacl::text FROM pg_language WHERE lanacl <> '{}'");
      replayed.same("SELECT relname || relacl::text FROM pg_class WHERE relacl <> '{}' ORDER BY 1");
      replayed.same(
          "SELECT attname || attacl::text FROM pg_attribute WHERE attacl <> '{}' ORDER BY 1");
      replayed.same("SELECT fdwacl::text FROM pg_foreign_data_wrapper");
      replayed.same("SELECT nspacl::text FROM pg_namespace WHERE nspname = 'pg_catalog'");
      assertThat(replayed.script().after())
          .filteredOn(entry -> entry.kind() == ObjectKind.PRIVILEGES)
          .extracting(SchemaEntry::name)
          .containsExactly(
              "ext.hstore",
              "ext.hstore_to_json(ext.hstore)",
              "ext.pg_stat_statements",
              "ext.pg_stat_statements.query",
              "file_fdw",
              "pg_catalog",
              "pg_catalog.pg_authid.rolname",
              "pg_catalog.pg_read_file(text)",
              "pg_catalog.pg_sleep(double precision)",
              "pg_catalog.pg_stats",
              "plpgsql");
    }
  }
}
