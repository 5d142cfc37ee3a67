package io.holdfast.postgres.internal.ddl;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads the parsers, templates, dictionaries and configurations of text search. */
final class TextSearch {
  private static final String PARSERS =
      """
      SELECT p.oid::bigint, n.nspname, p.prsname, format('%%I.%%I', n.nspname, p.prsname),
             p.prsstart::regproc::text, p.prstoken::regproc::text, p.prsend::regproc::text,
             p.prslextype::regproc::text, nullif(p.prsheadline::regproc::text, '-')
        FROM pg_catalog.pg_ts_parser p
        JOIN pg_catalog.pg_namespace n ON n.oid = p.prsnamespace
       WHERE %s
      """;

  private static final String TEMPLATES =
      """
      SELECT t.oid::bigint, n.nspname, t.tmplname, format('%%I.%%I', n.nspname, t.tmplname),
             nullif(t.tmplinit::regproc::text, '-'), t.tmpllexize::regproc::text
        FROM pg_catalog.pg_ts_template t
        JOIN pg_catalog.pg_namespace n ON n.oid = t.tmplnamespace
       WHERE %s
      """;

  private static final String DICTIONARIES =
      """
      SELECT d.oid::bigint, n.nspname, d.dictname, format('%%I.%%I', n.nspname, d.dictname),
             format('%%I.%%I', tn.nspname, t.tmplname), d.dictinitoption, pg_get_userbyid(d.dictowner)
        FROM pg_catalog.pg_ts_dict d
        JOIN pg_catalog.pg_namespace n ON n.oid = d.dictnamespace
        JOIN pg_catalog.pg_ts_template t ON t.oid = d.dicttemplate
        JOIN pg_catalog.pg_namespace tn ON tn.oid = t.tmplnamespace
       WHERE %s
      """;

  private static final String CONFIGURATIONS =
      """
      SELECT c.oid::bigint, n.nspname, c.cfgname, format('%%I.%%I', n.nspname, c.cfgname),
             format('%%I.%%I', pn.nspname, p.prsname), pg_get_userbyid(c.cfgowner)
        FROM pg_catalog.pg_ts_config c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.cfgnamespace
        JOIN pg_catalog.pg_ts_parser p ON p.oid = c.cfgparser
        JOIN pg_catalog.pg_namespace pn ON pn.oid = p.prsnamespace
       WHERE %s
      """;

  /** Tokens that have the same dictionaries in the same order are mapped by one statement. */
  private static final String MAPPINGS =
      """
      SELECT m.mapcfg::bigint, string_agg(quote_ident(k.alias), ', ' ORDER BY k.tokid), m.dictionaries
        FROM (SELECT m.mapcfg, m.maptokentype, c.cfgparser,
                     string_agg(m.mapdict::regdictionary::text, ', ' ORDER BY m.mapseqno) AS dictionaries
                FROM pg_catalog.pg_ts_config_map m
                JOIN pg_catalog.pg_ts_config c ON c.oid = m.mapcfg
                JOIN pg_catalog.pg_namespace n ON n.oid = c.cfgnamespace
               WHERE %s
               GROUP BY m.mapcfg, m.maptokentype, c.cfgparser) m
       CROSS JOIN LATERAL ts_token_type(m.cfgparser) k
       WHERE k.tokid = m.maptokentype
       GROUP BY m.mapcfg, m.dictionaries
       ORDER BY m.mapcfg, min(k.tokid)
      """;

  private TextSearch() {}

  static void read(CaptureContext context) throws SQLException {
    readParsers(context);
    readTemplates(context);
    readDictionaries(context);
    readConfigurations(context);
  }

  private static void readParsers(CaptureContext context) throws SQLException {
    context.query(
        PARSERS.formatted(CaptureContext.userSchema("n.nspname")),
        row -> {
          Address address = new Address("pg_ts_parser", row.getLong(1));
          if (context.belongsToExtension(address)) {
            return;
          }
          OptionList options =
              new OptionList()
                  .add("START", row.getString(5))
                  .add("GETTOKEN", row.getString(6))
                  .add("END", row.getString(7))
                  .add("LEXTYPES", row.getString(8))
                  .add("HEADLINE", row.getString(9));
          String what = "TEXT SEARCH PARSER " + row.getString(4);
          Draft draft =
              context
                  .add(ObjectKind.TEXT_SEARCH_PARSER, address, row.getString(2), row.getString(3))
                  .sql("CREATE " + what + " " + options);
          context.describe(draft, what);
        });
  }

  private static void readTemplates(CaptureContext context) throws SQLException {
    context.query(
        TEMPLATES.formatted(CaptureContext.userSchema("n.nspname")),
        row -> {
          Address address = new Address("pg_ts_template", row.getLong(1));
          if (context.belongsToExtension(address)) {
            return;
          }
          OptionList options =
              new OptionList().add("INIT", row.getString(5)).add("LEXIZE", row.getString(6));
          String what = "TEXT SEARCH TEMPLATE " + row.getString(4);
          Draft draft =
              context
                  .add(ObjectKind.TEXT_SEARCH_TEMPLATE, address, row.getString(2), row.getString(3))
                  .sql("CREATE " + what + " " + options);
          context.describe(draft, what);
        });
  }

  private static void readDictionaries(CaptureContext context) throws SQLException {
    context.query(
        DICTIONARIES.formatted(CaptureContext.userSchema("n.nspname")),
        row -> {
          Address address = new Address("pg_ts_dict", row.getLong(1));
          if (context.belongsToExtension(address)) {
            return;
          }
          String options = row.getString(6);
          String what = "TEXT SEARCH DICTIONARY " + row.getString(4);
          Draft draft =
              context
                  .add(
                      ObjectKind.TEXT_SEARCH_DICTIONARY,
                      address,
                      row.getString(2),
                      row.getString(3))
                  .sql(
                      "CREATE "
                          + what
                          + " (\n  TEMPLATE = "
                          + row.getString(5)
                          + (options == null ? "" : ",\n  " + options)
                          + "\n)")
                  .owner(what, row.getString(7));
          context.describe(draft, what);
        });
  }

  private static void readConfigurations(CaptureContext context) throws SQLException {
    String user = CaptureContext.userSchema("n.nspname");
    Map<Long, List<String>> mappings = new HashMap<>();
    context.query(
        MAPPINGS.formatted(user),
        row ->
            mappings
                .computeIfAbsent(row.getLong(1), key -> new ArrayList<>())
                .add(" ADD MAPPING FOR " + row.getString(2) + " WITH " + row.getString(3)));
    context.query(
        CONFIGURATIONS.formatted(user),
        row -> {
          Address address = new Address("pg_ts_config", row.getLong(1));
          if (context.belongsToExtension(address)) {
            return;
          }
          String what = "TEXT SEARCH CONFIGURATION " + row.getString(4);
          List<SqlStatement> sql = new ArrayList<>();
          sql.add(SqlStatement.of("CREATE " + what + " (PARSER = " + row.getString(5) + ")"));
          for (String mapping : mappings.getOrDefault(address.oid(), List.of())) {
            sql.add(SqlStatement.of("ALTER " + what + mapping));
          }
          Draft draft =
              context
                  .add(
                      ObjectKind.TEXT_SEARCH_CONFIGURATION,
                      address,
                      row.getString(2),
                      row.getString(3))
                  .sql(() -> sql)
                  .owner(what, row.getString(6));
          context.describe(draft, what);
        });
  }
}
