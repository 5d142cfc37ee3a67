package io.holdfast.postgres.internal.ddl;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.postgres.TestPostgres;
import io.holdfast.postgres.TestPostgres.Database;
import org.junit.jupiter.api.Test;

/** Schemas come back with owners, grants and comments. */
class SchemasTest {
  @Test
  void aSchemaIsWrittenWithOwnerGrantsAndComment() throws Exception {
    TestPostgres.maintenance(
        "DO $$ BEGIN CREATE ROLE \"schema \"\"owner\" ; EXCEPTION WHEN duplicate_object THEN END $$");
    try (Database source = TestPostgres.createDatabase();
        Database target = TestPostgres.createDatabase()) {
      source.execute(
          "CREATE SCHEMA \"Größe 2\" AUTHORIZATION \"schema \"\"owner\"",
          "COMMENT ON SCHEMA \"Größe 2\" IS 'it''s a \\ schema'",
          "GRANT USAGE ON SCHEMA \"Größe 2\" TO PUBLIC",
          "REVOKE CREATE ON SCHEMA \"Größe 2\" FROM \"schema \"\"owner\"",
          "GRANT CREATE ON SCHEMA public TO \"schema \"\"owner\" WITH GRANT OPTION");
      SchemaReplay.assertReplays(source, target);
      assertThat(
              target.query(
                  "SELECT nspname || ' ' || pg_get_userbyid(nspowner) || ' ' || nspacl::text"
                      + " FROM pg_namespace WHERE nspname IN ('public', 'Größe 2') ORDER BY 1"))
          .isEqualTo(
              source.query(
                  "SELECT nspname || ' ' || pg_get_userbyid(nspowner) || ' ' || nspacl::text"
                      + " FROM pg_namespace WHERE nspname IN ('public', 'Größe 2') ORDER BY 1"));
    }
  }
}
