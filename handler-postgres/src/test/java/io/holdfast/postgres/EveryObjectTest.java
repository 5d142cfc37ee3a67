package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.postgres.TestPostgres.Database;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The database that others are judged by is what it claims to be. */
@Timeout(120)
class EveryObjectTest {
  /** Kinds of objects that pg_dump knows, each a query for one that is not PostgreSQL's own. */
  private static final List<String> KINDS =
      List.of(
          "pg_am",
          "pg_cast",
          "pg_collation",
          "pg_conversion",
          "pg_default_acl",
          "pg_event_trigger",
          "pg_extension",
          "pg_foreign_data_wrapper",
          "pg_foreign_server",
          "pg_language",
          "pg_namespace",
          "pg_opclass",
          "pg_operator",
          "pg_opfamily",
          "pg_policy",
          "pg_publication",
          "pg_statistic_ext",
          "pg_transform",
          "pg_trigger",
          "pg_ts_config",
          "pg_ts_dict",
          "pg_ts_parser",
          "pg_ts_template",
          "pg_user_mapping",
          "pg_largeobject_metadata");

  @Test
  void itHasEveryKindOfObject() throws Exception {
    try (Database database = EveryObject.create()) {
      for (String catalog : KINDS) {
        assertThat(database.query("SELECT oid FROM pg_catalog." + catalog + " WHERE oid >= 16384"))
            .as(catalog)
            .isNotEmpty();
      }
      assertThat(letters(database, "relkind", "pg_class")).isEqualTo("I S c f i m p r t v");
      assertThat(letters(database, "relpersistence", "pg_class")).isEqualTo("p u");
      assertThat(letters(database, "relreplident", "pg_class")).isEqualTo("d f i n");
      assertThat(letters(database, "prokind", "pg_proc")).isEqualTo("a f p w");
      assertThat(letters(database, "typtype", "pg_type"))
          .isEqualTo(TestPostgres.majorVersion() < 14 ? "b c d e p r" : "b c d e m p r");
      assertThat(letters(database, "contype", "pg_constraint"))
          .isEqualTo(TestPostgres.majorVersion() < 17 ? "c f p t u x" : "c f n p t u x");
      assertThat(letters(database, "tgenabled", "pg_trigger")).isEqualTo("A D O R");
      assertThat(letters(database, "evtenabled", "pg_event_trigger")).isEqualTo("A D O R");
      assertThat(letters(database, "defaclobjtype", "pg_default_acl")).contains("S T f n r");
      assertThat(database.query("SELECT 1 FROM pg_catalog.pg_index WHERE NOT indisvalid"))
          .hasSize(2);
      assertThat(database.query("SELECT 1 FROM pg_catalog.pg_rewrite WHERE rulename <> '_RETURN'"))
          .isNotEmpty();
      assertThat(database.query("SELECT 1 FROM pg_catalog.pg_db_role_setting")).isNotEmpty();
    }
  }

  private static String letters(Database database, String column, String catalog) throws Exception {
    return database
        .query(
            "SELECT string_agg(DISTINCT "
                + column
                + "::text, ' ' COLLATE \"C\") FROM (SELECT "
                + column
                + " FROM pg_catalog."
                + catalog
                + " WHERE oid >= 16384 ORDER BY 1) o")
        .get(0);
  }

  @Test
  void theMigrationChangesIt() throws Exception {
    try (Database database = EveryObject.migrate(EveryObject.create())) {
      assertThat(database.query("SELECT note FROM migrated.stays")).containsExactly("stays");
    }
  }

  /** What differs after our restore is then our doing. */
  @Test
  void pgDumpAndPsqlBringItBack() throws Exception {
    PgDump dump = PgDump.forServer();
    try (Database original = EveryObject.createForPgDump();
        Database rebuilt = EveryObject.empty()) {
      dump.restore(dump.plain(original), rebuilt);
      dump.of(rebuilt).assertSameAs(dump.of(original));
      EveryObject.texts(rebuilt).assertSameAs(EveryObject.texts(original));
    }
  }
}
