package io.holdfast.postgres.internal.ddl;

import io.holdfast.postgres.internal.Sql;
import io.holdfast.spi.NotCaptured;
import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the readers of all kinds of objects share: the connection, what hangs on every object
 * (comments, labels, initial privileges, ties to extensions), and the drafts. Used by one thread,
 * in a transaction whose settings are pinned, so that the server quotes and qualifies names in one
 * way.
 */
final class CaptureContext {
  /** Schemas of users: what stands in others is PostgreSQL's own. Takes the name's column. */
  private static final String USER_SCHEMA = "(%1$s !~ '^pg_' AND %1$s <> 'information_schema')";

  /** Objects up to this OID were made by initdb (FirstNormalObjectId, access/transam.h). */
  static final long LAST_BUILT_IN_OID = 16383;

  private final Connection connection;
  private final int majorVersion;
  private final Map<Described, String> comments = new HashMap<>();
  private final Map<Described, Map<String, String>> labels = new HashMap<>();
  private final Map<Described, String[]> initialPrivileges = new HashMap<>();
  private final Set<Address> extensionMembers = new HashSet<>();
  private final Map<Address, List<String>> extensionsNeeded = new HashMap<>();
  private final List<Draft> drafts = new ArrayList<>();
  private final List<NotCaptured> notCaptured = new ArrayList<>();

  private record Described(Address address, int column) {}

  /** Takes one row of a result. */
  @FunctionalInterface
  interface RowConsumer {
    /** Takes the row that the result stands on. */
    void accept(ResultSet row) throws SQLException;
  }

  CaptureContext(Connection connection) throws SQLException {
    this.connection = connection;
    this.majorVersion = connection.getMetaData().getDatabaseMajorVersion();
    query(
        "SELECT classoid::regclass::text, objoid::bigint, objsubid, description"
            + " FROM pg_catalog.pg_description WHERE (objoid > "
            + LAST_BUILT_IN_OID
            + " AND classoid <> 'pg_catalog.pg_largeobject'::regclass)"
            + " OR classoid = 'pg_catalog.pg_namespace'::regclass",
        row -> comments.put(described(row), row.getString(4)));
    query(
        "SELECT classoid::regclass::text, objoid::bigint, objsubid, provider, label"
            + " FROM pg_catalog.pg_seclabel"
            + " WHERE classoid <> 'pg_catalog.pg_largeobject'::regclass",
        row ->
            labels
                .computeIfAbsent(described(row), key -> new HashMap<>())
                .put(row.getString(4), row.getString(5)));
    query(
        "SELECT classoid::regclass::text, objoid::bigint, objsubid, initprivs::text[]"
            + " FROM pg_catalog.pg_init_privs",
        row -> initialPrivileges.put(described(row), (String[]) row.getArray(4).getArray()));
    query(
        "SELECT classid::regclass::text, objid::bigint FROM pg_catalog.pg_depend"
            + " WHERE deptype = 'e' AND objsubid = 0",
        row -> extensionMembers.add(new Address(row.getString(1), row.getLong(2))));
    query(
        "SELECT d.classid::regclass::text, d.objid::bigint, quote_ident(e.extname)"
            + " FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid"
            + " WHERE d.deptype = 'x' AND d.refclassid = 'pg_catalog.pg_extension'::regclass"
            + " ORDER BY 3",
        row ->
            extensionsNeeded
                .computeIfAbsent(
                    new Address(row.getString(1), row.getLong(2)), key -> new ArrayList<>())
                .add(row.getString(3)));
  }

  private static Described described(ResultSet row) throws SQLException {
    return new Described(new Address(row.getString(1), row.getLong(2)), row.getInt(3));
  }

  /** The condition that the schema of that name, unquoted, is not PostgreSQL's own. */
  static String userSchema(String nameColumn) {
    return USER_SCHEMA.formatted(nameColumn);
  }

  /** The server's major version. */
  int majorVersion() {
    return majorVersion;
  }

  /** One SQL expression for servers from that version on, another for older ones. */
  String since(int version, String expression, String otherwise) {
    return majorVersion >= version ? expression : otherwise;
  }

  /** Runs a query. */
  void query(String sql, RowConsumer consumer) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.setFetchSize(10_000);
      try (ResultSet row = statement.executeQuery(sql)) {
        while (row.next()) {
          consumer.accept(row);
        }
      }
    }
  }

  /** Whether {@code CREATE EXTENSION} creates it. */
  boolean belongsToExtension(Address address) {
    return extensionMembers.contains(address);
  }

  /** What was granted from the beginning, by initdb or an extension; empty if nothing special. */
  Optional<String[]> initialPrivileges(Address address, int column) {
    return Optional.ofNullable(initialPrivileges.get(new Described(address, column)));
  }

  /** The comment on an object, or on a column of it; column 0 is the object itself. */
  Optional<String> comment(Address address, int column) {
    return Optional.ofNullable(comments.get(new Described(address, column)));
  }

  /**
   * Adds the comment and the security labels of an object, if it has any.
   *
   * @param what how {@code COMMENT ON} names it: {@code COLUMN public.users.id}
   * @param column its number, or 0 for the object itself
   */
  void describe(Draft draft, String what, Address address, int column) {
    comment(address, column)
        .ifPresent(text -> draft.then("COMMENT ON " + what + " IS " + Sql.quoteLiteral(text)));
    labels
        .getOrDefault(new Described(address, column), Map.of())
        .forEach(
            (provider, label) ->
                draft.then(
                    "SECURITY LABEL FOR "
                        + Sql.quoteIdentifier(provider)
                        + " ON "
                        + what
                        + " IS "
                        + Sql.quoteLiteral(label)));
  }

  /** The same for the object of the draft itself. */
  void describe(Draft draft, String what) {
    describe(draft, what, draft.address(), 0);
  }

  /**
   * Adds that the draft's object goes when an extension goes, if it was marked so.
   *
   * @param what how {@code ALTER} names it: {@code TRIGGER audit ON public.users}
   */
  void dependsOnExtensions(Draft draft, String what) {
    for (String extension : extensionsNeeded.getOrDefault(draft.address(), List.of())) {
      draft.then("ALTER " + what + " DEPENDS ON EXTENSION " + extension);
    }
  }

  /**
   * Adds what makes the privileges of the draft's object what they are.
   *
   * @param on how {@code GRANT … ON} names it: {@code TABLE public.users}
   * @param acl its access control list; null if nothing was ever granted or revoked
   * @param initial what it has when it has just been created: {@code acldefault(…)}
   */
  static void grants(Draft draft, String on, @Nullable Array acl, Array initial, String owner)
      throws SQLException {
    if (acl != null) {
      draft.grants(
          Acl.grants(
              on,
              Optional.empty(),
              (String[]) acl.getArray(),
              (String[]) initial.getArray(),
              owner));
    }
  }

  /** Begins an entry for something that lies in a schema; the names are unquoted. */
  Draft add(ObjectKind kind, Address address, String schema, String name) {
    Draft draft = new Draft(kind, address, Optional.of(schema), name);
    drafts.add(draft);
    return draft;
  }

  /** Begins an entry for something that belongs to the database as a whole. */
  Draft add(ObjectKind kind, Address address, String name) {
    Draft draft = new Draft(kind, address, Optional.empty(), name);
    drafts.add(draft);
    return draft;
  }

  /** Tells that something will not be in the backup. */
  void cannotCarry(String object, String reason) {
    notCaptured.add(new NotCaptured(object, reason));
  }

  List<Draft> drafts() {
    return drafts;
  }

  List<NotCaptured> notCaptured() {
    return notCaptured;
  }
}
