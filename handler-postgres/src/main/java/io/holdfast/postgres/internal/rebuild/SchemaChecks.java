package io.holdfast.postgres.internal.rebuild;

import io.holdfast.postgres.internal.Problems;
import io.holdfast.postgres.internal.Sql;
import io.holdfast.postgres.internal.ddl.DatabaseSettings;
import io.holdfast.postgres.internal.ddl.ObjectKind;
import io.holdfast.postgres.internal.ddl.SchemaCapture;
import io.holdfast.postgres.internal.ddl.SchemaEntry;
import io.holdfast.postgres.internal.ddl.SchemaScript;
import io.holdfast.postgres.internal.ddl.SqlStatement;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Checks, without a write, that a backup's schema can be brought back as a whole, and finds out
 * what that takes. Names every problem. Used once, by one thread, in a transaction whose settings
 * are pinned.
 */
public final class SchemaChecks {
  private static final String EXTENSIONS =
      """
      SELECT w.name, e.oid IS NOT NULL, a.name IS NOT NULL,
             coalesce((SELECT bool_or(NOT v.superuser OR v.trusted)
                         FROM pg_catalog.pg_available_extension_versions v
                        WHERE v.name = w.name), false)
        FROM unnest(?::text[]) AS w(name)
        LEFT JOIN pg_catalog.pg_available_extensions a ON a.name = w.name
        LEFT JOIN pg_catalog.pg_extension e ON e.extname = w.name
      """;

  private static final String MISSING_TABLESPACES =
      """
      SELECT w.name FROM unnest(?::text[]) AS w(name)
       WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_tablespace t WHERE t.spcname = w.name)
       ORDER BY 1
      """;

  private static final String DEFAULT_PRIVILEGES =
      """
      SELECT coalesce(n.nspname, '') FROM pg_catalog.pg_default_acl d
        LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace
       WHERE pg_catalog.pg_get_userbyid(d.defaclrole) = current_user
      """;

  private static final String TABLES =
      """
      SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname)
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind IN ('r', 'p')
      """;

  private static final String EVENT_TRIGGERS =
      "SELECT evtname FROM pg_catalog.pg_event_trigger WHERE evtenabled <> 'D' ORDER BY 1";

  private static final Set<ObjectKind> WITH_TEXTS =
      EnumSet.of(ObjectKind.FUNCTION, ObjectKind.PROCEDURE);

  /** Where the text of a function begins; parsed bodies have none. */
  private static final Pattern TEXT = Pattern.compile("\\bAS\\s+(?=['$E])");

  private final Connection connection;
  private final Wanted wanted;
  private final RebuildOptions options;
  private final TargetServer server;
  private final Problems problems = new Problems();
  private final List<String> warnings = new ArrayList<>();

  /**
   * What is to be brought back.
   *
   * @param script the backup's schema
   * @param settings what the backup says of the database as a whole
   * @param options what is to be different
   * @param replace whether what is in the way is dropped
   * @param oneTransaction whether everything happens in one transaction
   * @param collections the collections whose rows come
   * @param largeObjectRoles the roles that records of large objects name
   * @param sourceMajorVersion the version that the backup was taken from; 0 if that is not known
   */
  public record Wanted(
      SchemaScript script,
      Optional<DatabaseSettings> settings,
      RebuildOptions options,
      boolean replace,
      boolean oneTransaction,
      Set<String> collections,
      List<String> largeObjectRoles,
      int sourceMajorVersion) {
    /** Copies the collections. */
    public Wanted {
      collections = Set.copyOf(collections);
      largeObjectRoles = List.copyOf(largeObjectRoles);
    }

    /** The names of the backup's schemas. */
    Set<String> schemas() {
      Set<String> schemas = new TreeSet<>();
      for (List<SchemaEntry> entries : List.of(script.before(), script.after())) {
        for (SchemaEntry entry : entries) {
          if (entry.kind() == ObjectKind.SCHEMA) {
            schemas.add(entry.name());
          }
        }
      }
      return schemas;
    }
  }

  private SchemaChecks(Connection connection, TargetServer server, Wanted wanted) {
    this.connection = connection;
    this.server = server;
    this.wanted = wanted;
    this.options = wanted.options;
  }

  /**
   * Checks.
   *
   * @throws HandlerException that names every problem
   */
  public static RebuildPlan check(Connection connection, TargetServer server, Wanted wanted)
      throws SQLException {
    return new SchemaChecks(connection, server, wanted).check();
  }

  /**
   * Checks what does not depend on the database, for one that is yet to be created: roles,
   * extensions, tablespaces.
   *
   * @param connection to any database of the server
   * @return what the caller should know before
   * @throws HandlerException that names every problem
   */
  public static List<String> checkServer(Connection connection, TargetServer server, Wanted wanted)
      throws SQLException {
    SchemaChecks checks = new SchemaChecks(connection, server, wanted);
    List<SchemaEntry> all = new ArrayList<>(wanted.script.before());
    all.addAll(wanted.script.after());
    checks.checkRoles(all);
    checks.checkExtensions(all);
    checks.checkTablespaces(all);
    checks.warnOfVersion();
    checks.fail();
    return List.copyOf(checks.warnings);
  }

  /**
   * Checks that the chosen tables that the target lacks can be created, with what belongs to them.
   * Those that it has keep their definition. Nothing is dropped.
   *
   * @throws HandlerException that names every problem
   */
  public static RebuildPlan checkMissing(Connection connection, TargetServer server, Wanted wanted)
      throws SQLException {
    return new SchemaChecks(connection, server, wanted).checkMissing();
  }

  private RebuildPlan checkMissing() throws SQLException {
    if (!lacksTables()) {
      return RebuildPlan.NOTHING;
    }
    Selection selection =
        Selection.of(wanted.script, wanted.collections, SchemaCapture.names(connection));
    SchemaScript script = selection.script();
    List<SchemaEntry> all = new ArrayList<>(script.before());
    all.addAll(script.after());
    List<String> steps = new ArrayList<>();
    if (!all.isEmpty()) {
      RoleChecks.check(connection, server, all, List.of(), options, problems, warnings);
      checkExtensions(all);
      checkTablespaces(all);
      checkSchemas(all, Map.of(), Clearance.NOTHING);
      checkEventTriggers();
      warnOfDefaultPrivileges();
      warnOfVersion();
      warnOfTablesWithoutRows(script.before());
      steps.add("Create what the target lacks: " + Counts.of(all) + ".");
    }
    selection.leftOut().forEach(title -> warnings.add("This is left out: " + title + "."));
    fail();
    return new RebuildPlan(
        List.of(),
        List.of(),
        List.of(),
        script.before(),
        script.after().stream().filter(entry -> !isLast(entry)).toList(),
        script.after().stream().filter(SchemaChecks::isLast).toList(),
        all,
        Renames.NONE,
        steps,
        warnings);
  }

  /** The names of everything cost more. */
  private boolean lacksTables() throws SQLException {
    Set<String> missing = new HashSet<>();
    for (SchemaEntry entry : wanted.script.before()) {
      if (entry.kind() == ObjectKind.TABLE) {
        entry.table().filter(wanted.collections::contains).ifPresent(missing::add);
      }
    }
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(TABLES)) {
      while (row.next()) {
        missing.remove(row.getString(1));
      }
    }
    return !missing.isEmpty();
  }

  private void warnOfDefaultPrivileges() throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(DEFAULT_PRIVILEGES)) {
      if (row.next() && !options.withoutPrivileges()) {
        warnings.add(
            "The role "
                + Sql.quoteIdentifier(server.role())
                + " has default privileges, which are added to those of what is created.");
      }
    }
  }

  private void checkRoles(List<SchemaEntry> entries) throws SQLException {
    RoleChecks.check(
        connection, server, entries, wanted.largeObjectRoles, options, problems, warnings);
  }

  private RebuildPlan check() throws SQLException {
    Set<String> schemas = wanted.schemas();
    Map<String, String> byFinalName = finalNames(schemas);
    Map<String, TargetSchema> existing = TargetSchema.read(connection, byFinalName.keySet());
    Clearance clearance =
        wanted.replace
            ? ScopeDrop.clear(connection, wanted, existing, problems)
            : EmptyTarget.clear(connection, wanted.script, options, existing, problems);
    Renames renames = renames(schemas, clearance);
    Predicate<SchemaEntry> created = entry -> !clearance.keeps(entry, options);
    List<SchemaEntry> before =
        wanted.script.before().stream()
            .filter(created)
            .map(entry -> clearance.adapt(entry, options))
            .toList();
    List<SchemaEntry> behind = wanted.script.after().stream().filter(created).toList();
    List<SchemaEntry> after = behind.stream().filter(entry -> !isLast(entry)).toList();
    List<SchemaEntry> last = behind.stream().filter(SchemaChecks::isLast).toList();
    List<SchemaEntry> all = new ArrayList<>(before);
    all.addAll(behind);
    checkRoles(all);
    checkExtensions(all);
    checkTablespaces(all);
    checkSchemas(all, existing, clearance);
    checkDefaultPrivileges(clearance);
    checkEventTriggers();
    List<SqlStatement> settings = settings();
    if (wanted.oneTransaction) {
      LockEstimate.check(all, clearance.lockCount(), server, problems);
    }
    warnings.addAll(clearance.warnings());
    warnOfVersion();
    warnOfTablesWithoutRows(before);
    warnOfTexts(all, renames);
    fail();
    return new RebuildPlan(
        clearance.locks(),
        clearance.drops(),
        settings,
        before,
        after,
        last,
        all,
        renames,
        steps(clearance, before, after, last, renames),
        warnings);
  }

  /** What makes the database as a whole what the backup says; for its owner only. */
  private List<SqlStatement> settings() throws SQLException {
    if (wanted.settings.isEmpty()) {
      return List.of();
    }
    DatabaseSettings said = wanted.settings.get().withRoles(options::role);
    DatabaseSettings present = DatabaseSettings.capture(connection);
    List<SqlStatement> statements =
        new ArrayList<>(said.statements(server.database(), present, wanted.replace));
    if (!options.withoutPrivileges()) {
      statements.addAll(said.grants(server.database(), present));
    }
    if (statements.isEmpty()) {
      return List.of();
    }
    if (!server.ownsDatabase()) {
      warnings.add(
          "The database belongs to another role, so its settings, comment and privileges stay as"
              + " they are.");
      return List.of();
    }
    RoleChecks.checkNamed(connection, server, "the database", statements, problems);
    // The roles are those of the target by now, and not to be mapped again.
    return statements.stream().map(statement -> SqlStatement.of(statement.sql())).toList();
  }

  private static boolean isLast(SchemaEntry entry) {
    return entry.kind().section() == ObjectKind.Section.LAST;
  }

  /** By what a schema is called in the end, what it is called in the backup. */
  private Map<String, String> finalNames(Set<String> schemas) {
    Map<String, String> byFinalName = new TreeMap<>();
    for (String name : schemas) {
      String other = byFinalName.put(options.schema(name), name);
      if (other != null) {
        problems.add(
            Kind.UNSUPPORTED,
            "Schemas "
                + Sql.quoteIdentifier(other)
                + " and "
                + Sql.quoteIdentifier(name)
                + " would both become "
                + Sql.quoteIdentifier(options.schema(name))
                + ".");
      }
    }
    for (String name : new TreeSet<>(options.schemas().keySet())) {
      if (!schemas.contains(name)) {
        problems.add(
            Kind.NOT_FOUND,
            "The backup has no schema " + Sql.quoteIdentifier(name) + " that could be renamed.");
      }
    }
    return byFinalName;
  }

  private Renames renames(Set<String> schemas, Clearance clearance) throws SQLException {
    Map<String, String> names = new TreeMap<>();
    for (String name : schemas) {
      String other = options.schema(name);
      if (!other.equals(name)) {
        names.put(name, other);
        if (clearance.filled().contains(other)) {
          problems.add(
              Kind.UNSUPPORTED,
              "Schema "
                  + Sql.quoteIdentifier(other)
                  + " of the target cannot be dropped, so none can be renamed to it.");
        }
      }
    }
    if (names.isEmpty()) {
      return Renames.NONE;
    }
    Set<String> stay = new TreeSet<>(schemas);
    stay.removeAll(finalNames(schemas).keySet());
    Map<String, TargetSchema> inTheWay = TargetSchema.read(connection, stay);
    for (TargetSchema schema : inTheWay.values()) {
      if (!schema.owned()) {
        problems.add(
            Kind.PERMISSION_DENIED,
            "Schema "
                + Sql.quoteIdentifier(schema.name())
                + " of the target must make room for a while, which takes its owner.");
      }
      if (!wanted.oneTransaction) {
        problems.add(
            Kind.UNSUPPORTED,
            "Schema "
                + Sql.quoteIdentifier(schema.name())
                + " of the target is in the way of one that is renamed later. It can make room in"
                + " one transaction only: restore with the strategy TRANSACTION or SWAP.");
      }
    }
    return new Renames(names, inTheWay.keySet());
  }

  private void checkExtensions(List<SchemaEntry> entries) throws SQLException {
    Map<String, SchemaEntry> extensions = new LinkedHashMap<>();
    Map<Integer, SchemaEntry> renamed = new LinkedHashMap<>();
    for (SchemaEntry entry : entries) {
      if (entry.kind() == ObjectKind.EXTENSION) {
        extensions.put(entry.name(), entry);
        entry.needs().stream()
            .map(renamed::get)
            .filter(schema -> schema != null)
            .forEach(
                schema ->
                    problems.add(
                        Kind.UNSUPPORTED,
                        "Extension "
                            + Sql.quoteIdentifier(entry.name())
                            + " lies in schema "
                            + Sql.quoteIdentifier(schema.name())
                            + ", which therefore cannot be renamed: its functions may name it."));
      } else if (entry.kind() == ObjectKind.SCHEMA && options.schemas().containsKey(entry.name())) {
        renamed.put(entry.id(), entry);
      }
    }
    if (extensions.isEmpty()) {
      return;
    }
    try (PreparedStatement statement = connection.prepareStatement(EXTENSIONS)) {
      statement.setArray(1, names(extensions.keySet()));
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          checkExtension(row.getString(1), row.getBoolean(3), row.getBoolean(4));
        }
      }
    }
  }

  private void checkExtension(String name, boolean available, boolean forEverybody) {
    if (!available) {
      problems.add(
          Kind.NOT_FOUND,
          "Extension "
              + Sql.quoteIdentifier(name)
              + " is not installed on the target's server. Install it there.");
    } else if (!forEverybody && !server.superuser()) {
      problems.add(
          Kind.PERMISSION_DENIED,
          "Only a superuser can create extension "
              + Sql.quoteIdentifier(name)
              + "; "
              + Sql.quoteIdentifier(server.role())
              + " is none. Have one create it beforehand.");
    }
  }

  private Array names(Set<String> names) throws SQLException {
    return connection.createArrayOf("text", names.toArray());
  }

  private void checkTablespaces(List<SchemaEntry> entries) throws SQLException {
    Map<String, List<String>> named = new TreeMap<>();
    for (SchemaEntry entry : entries) {
      for (SqlStatement statement : options.creation(entry)) {
        statement
            .tablespace()
            .ifPresent(
                name -> named.computeIfAbsent(name, key -> new ArrayList<>()).add(entry.title()));
      }
    }
    if (named.isEmpty()) {
      return;
    }
    try (PreparedStatement statement = connection.prepareStatement(MISSING_TABLESPACES)) {
      statement.setArray(1, names(named.keySet()));
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          String name = row.getString(1);
          problems.add(
              Kind.NOT_FOUND,
              "Tablespace "
                  + Sql.quoteIdentifier(name)
                  + " is missing in the target; the backup has "
                  + RoleChecks.some(named.getOrDefault(name, List.of()))
                  + " there. Create it, or leave tablespaces out.");
        }
      }
    }
  }

  private void checkSchemas(
      List<SchemaEntry> entries, Map<String, TargetSchema> existing, Clearance clearance) {
    boolean creates = entries.stream().anyMatch(entry -> entry.kind() == ObjectKind.SCHEMA);
    if (creates && !server.mayCreateSchemas()) {
      problems.add(
          Kind.PERMISSION_DENIED,
          "The role "
              + Sql.quoteIdentifier(server.role())
              + " lacks CREATE on the database, which schemas take.");
    }
    for (String name : clearance.keptSchemas()) {
      TargetSchema schema = existing.get(name);
      if (schema != null && !schema.mayCreate()) {
        problems.add(
            Kind.PERMISSION_DENIED,
            "The role "
                + Sql.quoteIdentifier(server.role())
                + " lacks CREATE on schema "
                + Sql.quoteIdentifier(name)
                + ".");
      }
    }
  }

  /** They would be added to what objects are created with. */
  private void checkDefaultPrivileges(Clearance clearance) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(DEFAULT_PRIVILEGES)) {
      Set<String> where = new LinkedHashSet<>();
      while (row.next()) {
        String schema = row.getString(1);
        if (!clearance.dropsDefaultPrivileges() && (schema.isEmpty() || keeps(clearance, schema))) {
          where.add(schema.isEmpty() ? "the whole database" : Sql.quoteIdentifier(schema));
        }
      }
      if (!where.isEmpty() && !options.withoutPrivileges()) {
        problems.add(
            Kind.NOT_EMPTY,
            "The role "
                + Sql.quoteIdentifier(server.role())
                + " has default privileges in "
                + String.join(", ", where)
                + ", which would change what every new object gets. Remove them with ALTER DEFAULT"
                + " PRIVILEGES.");
      }
    }
  }

  private static boolean keeps(Clearance clearance, String schema) {
    return clearance.filled().contains(schema);
  }

  private void checkEventTriggers() throws SQLException {
    if (server.mayQuietEventTriggers()) {
      return;
    }
    List<String> names = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(EVENT_TRIGGERS)) {
      while (row.next()) {
        names.add(Sql.quoteIdentifier(row.getString(1)));
      }
    }
    if (!names.isEmpty()) {
      warnings.add(
          "Event triggers of the target fire while objects are dropped and created: "
              + String.join(", ", names)
              + ".");
    }
  }

  private void warnOfVersion() {
    if (wanted.sourceMajorVersion > server.majorVersion()) {
      warnings.add(
          "The backup is from PostgreSQL "
              + wanted.sourceMajorVersion
              + ", the target is "
              + server.majorVersion()
              + ": statements that it does not know yet fail the restore.");
    }
  }

  private void warnOfTablesWithoutRows(List<SchemaEntry> before) {
    List<String> empty = new ArrayList<>();
    for (SchemaEntry entry : before) {
      Optional<String> table = entry.table();
      if (entry.kind() == ObjectKind.TABLE
          && table.isPresent()
          && !wanted.collections.contains(table.get())
          // A partitioned table holds no rows itself.
          && entry.sql().stream().noneMatch(sql -> sql.sql().contains("PARTITION BY"))) {
        empty.add(table.get());
      }
    }
    if (!empty.isEmpty()) {
      warnings.add(
          "The backup does not hold the rows of these tables, so they come back empty: "
              + String.join(", ", empty)
              + ".");
    }
  }

  /** The server rewrites what it has parsed; the text of a function it has not. */
  private void warnOfTexts(List<SchemaEntry> entries, Renames renames) {
    for (String name : renames.names().keySet()) {
      Pattern mention =
          Pattern.compile(
              "(?<![\\w$])" + Pattern.quote(name) + "(?![\\w$])", Pattern.CASE_INSENSITIVE);
      List<String> titles = new ArrayList<>();
      for (SchemaEntry entry : entries) {
        if (WITH_TEXTS.contains(entry.kind())
            && entry.sql().stream().anyMatch(sql -> mention.matcher(text(sql.sql())).find())) {
          titles.add(entry.title());
        }
      }
      if (!titles.isEmpty()) {
        warnings.add(
            "The text of these names schema "
                + Sql.quoteIdentifier(name)
                + ", and is not changed: "
                + String.join(", ", titles)
                + ".");
      }
    }
  }

  /** What follows the name, the arguments and the options of a function. */
  private static String text(String sql) {
    Matcher begin = TEXT.matcher(sql);
    return begin.find() ? sql.substring(begin.end()) : "";
  }

  private List<String> steps(
      Clearance clearance,
      List<SchemaEntry> before,
      List<SchemaEntry> after,
      List<SchemaEntry> last,
      Renames renames) {
    List<String> steps = new ArrayList<>(clearance.steps());
    if (!before.isEmpty()) {
      steps.add("Create what comes before the rows: " + Counts.of(before) + ".");
    }
    steps.add("Load the rows of " + wanted.collections.size() + " collections.");
    if (!after.isEmpty()) {
      steps.add("Build what comes after the rows: " + Counts.of(after) + ".");
    }
    if (!options.withoutPrivileges()) {
      steps.add("Grant the privileges.");
    }
    if (!last.isEmpty()) {
      steps.add("At the end: " + Counts.of(last) + ".");
    }
    steps.add("Analyze the tables.");
    renames
        .names()
        .forEach(
            (name, other) ->
                steps.add(
                    "Rename schema "
                        + Sql.quoteIdentifier(name)
                        + " to "
                        + Sql.quoteIdentifier(other)
                        + "."));
    return steps;
  }

  private void fail() {
    problems.fail(
        problems.has(Kind.NOT_EMPTY)
            ? "Restore into an empty database; or choose REPLACE, which drops what is there; or"
                + " restore the data only, into tables that are there."
            : "");
  }
}
