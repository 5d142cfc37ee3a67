package io.holdfast.postgres;

import io.holdfast.postgres.TestPostgres.Database;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postgresql.core.NativeQuery;
import org.postgresql.core.Parser;

/**
 * A database with at least one of every object that a backup carries, from the scripts in {@code
 * every-object}, and a migration that changes it in every way. It grows with every bug.
 *
 * <p>Security labels are missing: they need a module that no server here has. So are subscriptions,
 * which a backup does not carry.
 */
public final class EveryObject {
  /** Whoever owns most of what has another owner than the superuser. */
  public static final String OWNER = "every_owner";

  /** May log in, and was given rights by others. */
  public static final String APP = "every_app";

  /** A role whose name needs quotes. */
  public static final String ODD = "every \"odd\" Rolle, ü";

  /** Nobody grants this role anything but by default privileges. */
  public static final String STRANGER = "every_stranger";

  private static final List<String> FILES =
      List.of(
          "10-schemas.sql",
          "20-types.sql",
          "30-code.sql",
          "40-tables.sql",
          "50-constraints-and-indexes.sql",
          "60-views.sql",
          "70-database-wide.sql",
          "80-rows.sql",
          "85-beyond-pg-dump.sql",
          "90-owners-and-grants.sql");

  private static final String MIGRATION = "migration.sql";

  private static final List<String> EXTENSION =
      List.of("holdfast_settings.control", "holdfast_settings--1.0.sql");

  /** A line that says to whom the following lines belong. */
  private static final Pattern DIRECTIVE = Pattern.compile("-- @([a-z0-9_]+)(?: (\\d+))?");

  private static final String TEXTS =
      """
      SELECT format('extension %s: %s', extname, extversion) FROM pg_catalog.pg_extension
      UNION ALL
      SELECT format('function %s: %s', p.oid::regprocedure, p.prosrc)
        FROM pg_catalog.pg_proc p WHERE p.oid >= 16384
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend WHERE classid = 'pg_catalog.pg_proc'::regclass AND objid = p.oid AND deptype = 'e')
      UNION ALL
      SELECT format('comment on %s: %s', pg_catalog.pg_describe_object(classoid, objoid, objsubid), description)
        FROM pg_catalog.pg_description o WHERE (objoid >= 16384 OR objoid = 'public'::regnamespace)
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = o.classoid AND d.objid = o.objoid AND deptype = 'e')
      UNION ALL
      SELECT format('label %s %s: %s', enumtypid::regtype, rank() OVER (PARTITION BY enumtypid ORDER BY enumsortorder), enumlabel)
        FROM pg_catalog.pg_enum
      ORDER BY 1
      """;

  private EveryObject() {}

  /** A new database with all of it. */
  public static Database create() throws SQLException {
    return load(empty());
  }

  /** A new database without what pg_dump and psql themselves do not bring back as it was. */
  public static Database createForPgDump() throws SQLException {
    Database database = empty();
    run(database, FILES, Set.of());
    return database;
  }

  /** A new and empty database to restore it into. */
  public static Database empty() throws SQLException {
    createRoles();
    return TestPostgres.createDatabase("ENCODING 'UTF8' TEMPLATE template0");
  }

  /** The same, of the owner that all of it has: a restore leaves a database to its owner. */
  public static Database emptyOfItsOwner() throws SQLException {
    Database database = empty();
    TestPostgres.maintenance("ALTER DATABASE " + database.name() + " OWNER TO every_owner");
    return database;
  }

  /** Makes all of it in an empty database. */
  public static Database load(Database database) throws SQLException {
    createRoles();
    run(database, FILES, Set.of("beyond"));
    return database;
  }

  /** Changes a database that has all of it, as a migration would, and in every way. */
  public static Database migrate(Database database) throws SQLException {
    run(database, List.of(MIGRATION), Set.of("beyond"));
    return database;
  }

  /**
   * What a comparison of dumps without blank and comment lines may miss: the text of functions, of
   * comments and of labels, the versions of extensions, in an order that does not depend on OIDs.
   */
  public static PgDump.Output texts(Database database) throws SQLException {
    List<String> texts = new ArrayList<>();
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      // The database may have been given another one, and the names below depend on it.
      statement.execute("SET search_path = ''");
      try (ResultSet row = statement.executeQuery(TEXTS)) {
        while (row.next()) {
          texts.add(row.getString(1));
        }
      }
    }
    return new PgDump.Output(database.name(), texts);
  }

  /** The roles and the tablespace that it names; they belong to the server and stay. */
  public static synchronized void createRoles() throws SQLException {
    for (String role :
        List.of(
            "every_owner NOLOGIN",
            "every_app LOGIN",
            "every_reader NOLOGIN",
            "\"every \"\"odd\"\" Rolle, ü\" NOLOGIN",
            "every_super SUPERUSER",
            "every_stranger NOLOGIN",
            "every_migrator NOLOGIN")) {
      TestPostgres.maintenance(
          "DO $do$ BEGIN CREATE ROLE "
              + role
              + "; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $do$");
    }
    if (TestPostgres.query("SELECT 1 FROM pg_tablespace WHERE spcname = 'every_space'").isEmpty()) {
      TestPostgres.maintenance(
          "SET allow_in_place_tablespaces = on", "CREATE TABLESPACE every_space LOCATION ''");
    }
  }

  private static void run(Database database, List<String> files, Set<String> asked)
      throws SQLException {
    int major = TestPostgres.majorVersion();
    Set<String> features = new HashSet<>(asked);
    if (!database
        .query(
            "SELECT 1 FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)")
        .isEmpty()) {
      features.add("lz4");
    }
    if (hasExtension(database)) {
      features.add("config_tables");
    }
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.setEscapeProcessing(false);
      for (String file : files) {
        for (Section section : sections(read(file))) {
          if (section.isFor(major, features::contains)) {
            section.run(file, statement);
          }
        }
      }
    }
  }

  /** Copies the extension with tables of configuration to the server, where that is possible. */
  private static boolean hasExtension(Database database) throws SQLException {
    Path folder =
        Path.of(
            database.query("SELECT setting FROM pg_config WHERE name = 'SHAREDIR'").get(0),
            "extension");
    // Not into the installation of a server that is more than a test's.
    if (TestPostgres.isEmbedded() && Files.isWritable(folder)) {
      for (String file : EXTENSION) {
        try {
          Files.writeString(folder.resolve(file), read("extension/" + file));
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
    return !database
        .query("SELECT 1 FROM pg_available_extensions WHERE name = 'holdfast_settings'")
        .isEmpty();
  }

  private static String read(String file) {
    String resource = "every-object/" + file;
    try (InputStream in = EveryObject.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("No resource " + resource);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Section> sections(String script) {
    List<Section> sections = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    String kind = "all";
    int major = 0;
    for (String line : script.split("\n", -1)) {
      Matcher directive = DIRECTIVE.matcher(line);
      if (directive.matches()) {
        sections.add(new Section(kind, major, text.toString()));
        text.setLength(0);
        kind = directive.group(1);
        major = directive.group(2) == null ? 0 : Integer.parseInt(directive.group(2));
      } else {
        text.append(line).append('\n');
      }
    }
    sections.add(new Section(kind, major, text.toString()));
    return sections;
  }

  /** Statements, and who gets them. */
  private record Section(String kind, int major, String text) {
    boolean isFor(int serverMajor, Predicate<String> features) {
      return switch (kind) {
        case "all", "fails" -> true;
        case "since" -> serverMajor >= major;
        case "until" -> serverMajor <= major;
        default -> serverMajor >= major && features.test(kind);
      };
    }

    /** One at a time: some of them must not be in a transaction. */
    void run(String file, Statement statement) throws SQLException {
      for (NativeQuery query : Parser.parseJdbcSql(text, true, false, true, false, false)) {
        String sql = query.nativeSql.strip();
        try {
          statement.execute(sql);
        } catch (SQLException e) {
          if (kind.equals("fails")) {
            continue;
          }
          throw new SQLException(file + ": " + e.getMessage() + "\n" + sql, e.getSQLState(), e);
        }
        if (kind.equals("fails")) {
          throw new IllegalStateException(file + ": this did not fail\n" + sql);
        }
      }
    }
  }
}
