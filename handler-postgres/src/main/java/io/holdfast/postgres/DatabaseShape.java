package io.holdfast.postgres;

import io.holdfast.postgres.internal.Sql;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is decided when a database is created, and mostly never changes: what follows {@code CREATE
 * DATABASE name}. What is empty is left to the server.
 *
 * @param owner the role that it belongs to
 * @param encoding the server's name of the encoding
 * @param provider who compares texts
 * @param collate {@code LC_COLLATE}
 * @param ctype {@code LC_CTYPE}
 * @param locale the locale in the words of the provider, unless that is libc
 * @param icuRules more rules for the provider ICU
 * @param tablespace the tablespace
 */
record DatabaseShape(
    Optional<String> owner,
    Optional<String> encoding,
    Optional<LocaleProvider> provider,
    Optional<String> collate,
    Optional<String> ctype,
    Optional<String> locale,
    Optional<String> icuRules,
    Optional<String> tablespace) {
  /** Who compares texts, as {@code pg_database} and {@code CREATE DATABASE} call it. */
  enum LocaleProvider {
    LIBC("c", "libc", "", 15),
    ICU("i", "icu", "ICU_LOCALE", 15),
    BUILTIN("b", "builtin", "BUILTIN_LOCALE", 17);

    private final String code;
    private final String word;
    private final String option;
    private final int since;

    LocaleProvider(String code, String word, String option, int since) {
      this.code = code;
      this.word = word;
      this.option = option;
      this.since = since;
    }

    private static LocaleProvider ofCode(String code) {
      for (LocaleProvider provider : values()) {
        if (provider.code.equals(code)) {
          return provider;
        }
      }
      throw new HandlerException(
          Kind.UNSUPPORTED,
          null,
          "The database has a locale provider that this version of Holdfast does not know (\""
              + code
              + "\"). Nothing was changed.",
          null);
    }
  }

  /** The server's defaults. */
  static final DatabaseShape DEFAULT =
      new DatabaseShape(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());

  /**
   * The columns that {@link #read} wants, of {@code pg_database d}. Those that a major version does
   * not have, or calls otherwise, are found by way of JSON.
   */
  static final String COLUMNS =
      """
      pg_catalog.pg_get_userbyid(d.datdba) AS owner,
      pg_catalog.pg_encoding_to_char(d.encoding) AS encoding,
      pg_catalog.to_jsonb(d)->>'datlocprovider' AS provider,
      d.datcollate AS collate, d.datctype AS ctype,
      coalesce(pg_catalog.to_jsonb(d)->>'datlocale', pg_catalog.to_jsonb(d)->>'daticulocale') AS locale,
      pg_catalog.to_jsonb(d)->>'daticurules' AS icu_rules,
      (SELECT t.spcname FROM pg_catalog.pg_tablespace t WHERE t.oid = d.dattablespace) AS tablespace
      """;

  /** Reads the shape of a database. */
  static DatabaseShape read(ResultSet row) throws SQLException {
    return new DatabaseShape(
        text(row, "owner"),
        text(row, "encoding"),
        text(row, "provider").map(LocaleProvider::ofCode),
        text(row, "collate"),
        text(row, "ctype"),
        text(row, "locale"),
        text(row, "icu_rules"),
        // That of template0 already, and naming it takes a right of its own.
        text(row, "tablespace").filter(name -> !name.equals("pg_default")));
  }

  private static Optional<String> text(ResultSet row, String column) throws SQLException {
    return Optional.ofNullable(row.getString(column));
  }

  /**
   * The options of {@code CREATE DATABASE}, for a server of that major version.
   *
   * @throws HandlerException of kind {@code UNSUPPORTED} if it does not know one
   */
  String toSql(int majorVersion) {
    List<String> options = new ArrayList<>();
    owner.ifPresent(name -> options.add("OWNER " + Sql.quoteIdentifier(name)));
    add(options, "ENCODING", encoding);
    provider.ifPresent(one -> addProvider(options, one, majorVersion));
    add(options, "LC_COLLATE", collate);
    add(options, "LC_CTYPE", ctype);
    icuRules.ifPresent(
        rules -> {
          require(majorVersion, 16, "ICU rules");
          add(options, "ICU_RULES", icuRules);
        });
    tablespace.ifPresent(name -> options.add("TABLESPACE " + Sql.quoteIdentifier(name)));
    return String.join(" ", options);
  }

  private void addProvider(List<String> options, LocaleProvider one, int majorVersion) {
    if (one == LocaleProvider.LIBC && majorVersion < one.since) {
      return; // There was no other.
    }
    require(majorVersion, one.since, "the locale provider " + one.word);
    options.add("LOCALE_PROVIDER " + one.word);
    if (!one.option.isEmpty()) {
      add(options, one.option, locale);
    }
  }

  private static void add(List<String> options, String word, Optional<String> value) {
    value.ifPresent(text -> options.add(word + " " + Sql.quoteLiteral(text)));
  }

  private static void require(int majorVersion, int since, String what) {
    if (majorVersion < since) {
      throw new HandlerException(
          Kind.UNSUPPORTED,
          null,
          "The server is PostgreSQL "
              + majorVersion
              + ", and for databases "
              + what
              + " came with "
              + since
              + ". Nothing was changed.",
          null);
    }
  }
}
