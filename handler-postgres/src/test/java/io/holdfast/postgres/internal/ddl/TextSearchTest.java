package io.holdfast.postgres.internal.ddl;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Objects of text search come back. */
class TextSearchTest {
  @Test
  void configurationsComeBackWithTheirMappings() throws Exception {
    Replayed.role("searcher");
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA \"t s\"",
            "CREATE TEXT SEARCH PARSER \"t s\".parser (START = prsd_start, GETTOKEN = prsd_nexttoken,"
                + " END = prsd_end, LEXTYPES = prsd_lextype, HEADLINE = prsd_headline)",
            "CREATE TEXT SEARCH PARSER \"t s\".mute"
                + " (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype)",
            "CREATE TEXT SEARCH TEMPLATE \"t s\".template (INIT = dsimple_init, LEXIZE = dsimple_lexize)",
            "CREATE TEXT SEARCH TEMPLATE \"t s\".bare (LEXIZE = dsimple_lexize)",
            "CREATE TEXT SEARCH DICTIONARY \"t s\".dictionary (TEMPLATE = \"t s\".template)",
            "CREATE TEXT SEARCH DICTIONARY \"t s\".\"German stems\""
                + " (TEMPLATE = snowball, Language = german, StopWords = german)",
            "CREATE TEXT SEARCH CONFIGURATION \"t s\".search (PARSER = \"t s\".parser)",
            "ALTER TEXT SEARCH CONFIGURATION \"t s\".search ADD MAPPING FOR asciiword, word"
                + " WITH \"t s\".\"German stems\", \"t s\".dictionary",
            "ALTER TEXT SEARCH CONFIGURATION \"t s\".search ADD MAPPING FOR int"
                + " WITH \"t s\".dictionary, \"t s\".\"German stems\"",
            "CREATE TEXT SEARCH CONFIGURATION \"t s\".copied (COPY = pg_catalog.english)",
            "ALTER TEXT SEARCH CONFIGURATION \"t s\".copied DROP MAPPING FOR url",
            "CREATE TEXT SEARCH CONFIGURATION \"t s\".unmapped (PARSER = default)",
            "ALTER TEXT SEARCH CONFIGURATION \"t s\".search OWNER TO searcher",
            "ALTER TEXT SEARCH DICTIONARY \"t s\".dictionary OWNER TO searcher",
            "COMMENT ON TEXT SEARCH PARSER \"t s\".parser IS 'a parser'",
            "COMMENT ON TEXT SEARCH TEMPLATE \"t s\".template IS 'a template'",
            "COMMENT ON TEXT SEARCH DICTIONARY \"t s\".dictionary IS 'a dictionary'",
            "COMMENT ON TEXT SEARCH CONFIGURATION \"t s\".search IS 'a configuration'")) {
      String schema = "\"t s\"";
      replayed.same(
          "pg_ts_parser",
          "prsnamespace",
          schema,
          "prsname, prsstart, prstoken, prsend, prslextype, prsheadline,"
              + " obj_description(oid, 'pg_ts_parser')");
      replayed.same(
          "pg_ts_template",
          "tmplnamespace",
          schema,
          "tmplname, tmplinit, tmpllexize, obj_description(oid, 'pg_ts_template')");
      replayed.same(
          "pg_ts_dict",
          "dictnamespace",
          schema,
          "dictname, dictinitoption, pg_get_userbyid(dictowner), obj_description(oid, 'pg_ts_dict'),"
              + " (SELECT tmplname FROM pg_ts_template t WHERE t.oid = dicttemplate)");
      assertThat(
              replayed.same(
                  """
                  SELECT concat_ws(' ', mapcfg::regconfig, maptokentype, mapseqno, mapdict::regdictionary)
                    FROM pg_ts_config_map WHERE mapcfg > 16383 ORDER BY 1
                  """))
          .hasSize(18 + 6);
      replayed.same(
          "pg_ts_config",
          "cfgnamespace",
          schema,
          "cfgname, pg_get_userbyid(cfgowner), obj_description(oid, 'pg_ts_config'),"
              + " (SELECT prsname FROM pg_ts_parser p WHERE p.oid = cfgparser)");
    }
  }
}
