package io.holdfast.postgres.internal.ddl;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.postgres.TestPostgres;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Collations of all providers and conversions come back. */
class CollationsTest {
  @Test
  void collationsComeBackWithAllTheirOptions() throws Exception {
    Replayed.role("collator");
    int major = TestPostgres.majorVersion();
    List<String> sql =
        new ArrayList<>(
            List.of(
                "CREATE SCHEMA c",
                "CREATE COLLATION c.posix (provider = libc, lc_collate = 'C', lc_ctype = 'POSIX')",
                "CREATE COLLATION c.\"Same as C\" FROM \"C\"",
                "CREATE COLLATION c.book (provider = icu, locale = 'de-u-co-phonebk')",
                "CREATE COLLATION c.no_case"
                    + " (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
                "ALTER COLLATION c.book OWNER TO collator",
                "COMMENT ON COLLATION c.book IS 'of phones'",
                "CREATE DOMAIN c.word AS text COLLATE c.no_case"));
    if (major >= 16) {
      sql.add(
          "CREATE COLLATION c.ruled (provider = icu, locale = 'und', rules = '& ''V'' << w <<< W')");
    }
    if (major >= 17) {
      sql.add("CREATE COLLATION c.built_in (provider = builtin, locale = 'C.UTF-8')");
    }
    try (Replayed replayed = Replayed.of(sql.toArray(String[]::new))) {
      String columns =
          "collname, collprovider, collisdeterministic, collcollate, collctype,"
              + " pg_get_userbyid(collowner), obj_description(oid, 'pg_collation')"
              + (major >= 17 ? ", colllocale" : major >= 15 ? ", colliculocale" : "")
              + (major >= 16 ? ", collicurules" : "");
      assertThat(replayed.same("pg_collation", "collnamespace", "c", columns))
          .hasSize(4 + (major >= 16 ? 1 : 0) + (major >= 17 ? 1 : 0));
      assertThat(replayed.target().query("SELECT 'A'::c.word = 'a'")).containsExactly("t");
    }
  }

  @Test
  void conversionsComeBack() throws Exception {
    Replayed.role("collator");
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA c",
            "CREATE DEFAULT CONVERSION c.latin FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
            "CREATE CONVERSION c.\"back again\" FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1",
            "ALTER CONVERSION c.\"back again\" OWNER TO collator",
            "COMMENT ON CONVERSION c.latin IS 'Latin'")) {
      assertThat(
              replayed.same(
                  "pg_conversion",
                  "connamespace",
                  "c",
                  "conname, condefault, conforencoding, contoencoding, conproc,"
                      + " pg_get_userbyid(conowner), obj_description(oid, 'pg_conversion')"))
          .hasSize(2);
    }
  }
}
