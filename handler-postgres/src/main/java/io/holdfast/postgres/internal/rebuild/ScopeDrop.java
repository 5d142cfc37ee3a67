package io.holdfast.postgres.internal.rebuild;

import io.holdfast.postgres.internal.Problems;
import io.holdfast.postgres.internal.Sql;
import io.holdfast.postgres.internal.ddl.ObjectKind;
import io.holdfast.postgres.internal.ddl.ObjectName;
import io.holdfast.postgres.internal.ddl.SchemaCapture;
import io.holdfast.postgres.internal.ddl.SchemaEntry;
import io.holdfast.postgres.internal.ddl.SqlStatement;
import io.holdfast.spi.HandlerException.Kind;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Plans what REPLACE drops: the schemas of the backup with all that is in them, and what belongs to
 * the database as a whole. What lies in other schemas stays, with what it needs and what needs it;
 * if it needs what would be dropped, that is a problem. Used once, by one thread.
 */
final class ScopeDrop {
  private static final int TABLES_PER_STATEMENT = 100;

  private static final int LARGE_OBJECTS_PER_STATEMENT = 1000;

  private static final String LARGE_OBJECTS =
      """
      SELECT count(*), count(*) FILTER (WHERE NOT pg_catalog.pg_has_role(lomowner, 'USAGE'))
        FROM pg_catalog.pg_largeobject_metadata
      """;

  // What is said for a schema goes with it. Emptied and made the default, an entry is removed.
  private static final String DEFAULT_PRIVILEGES =
      """
      WITH entries AS (
        SELECT d.oid, d.defaclrole, d.defaclnamespace,
               format('ALTER DEFAULT PRIVILEGES FOR ROLE %I', r.rolname)
                 || coalesce(' IN SCHEMA ' || quote_ident(n.nspname), '') AS begin,
               CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES'
                    WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS'
                    ELSE 'LARGE OBJECTS' END AS objects,
               d.defaclobjtype, d.defaclacl, format('%I', r.rolname) AS role
          FROM pg_catalog.pg_default_acl d
          JOIN pg_catalog.pg_roles r ON r.oid = d.defaclrole
          LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace
         WHERE d.defaclnamespace = 0 OR n.nspname = ANY (?)),
      statements AS (
        SELECT DISTINCT e.oid, e.defaclrole, 1 AS place,
               format('%s REVOKE ALL ON %s FROM %s', e.begin, e.objects,
                      CASE a.grantee WHEN 0 THEN 'PUBLIC'
                           ELSE quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END) AS sql
          FROM entries e, LATERAL pg_catalog.aclexplode(e.defaclacl) a
        UNION ALL
        SELECT e.oid, e.defaclrole, 2, format('%s GRANT ALL ON %s TO %s', e.begin, e.objects, e.role)
          FROM entries e WHERE e.defaclnamespace = 0
        UNION ALL
        SELECT e.oid, e.defaclrole, 3, format('%s GRANT ALL ON %s TO PUBLIC', e.begin, e.objects)
          FROM entries e WHERE e.defaclnamespace = 0 AND e.defaclobjtype IN ('f', 'T'))
      SELECT s.sql, pg_catalog.pg_has_role(s.defaclrole, 'MEMBER'),
             pg_catalog.pg_get_userbyid(s.defaclrole)
        FROM statements s ORDER BY s.oid, s.place, s.sql
      """;

  private final Connection connection;
  private final SchemaChecks.Wanted wanted;
  private final Map<String, TargetSchema> existing;
  private final Problems problems;
  private final List<String> drops = new ArrayList<>();
  private final List<String> steps = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();
  private final Set<String> keptSchemas = new TreeSet<>();
  private final Map<String, TargetSchema> adopted = new TreeMap<>();
  private final Set<ObjectName> kept = new HashSet<>();

  private ScopeDrop(
      Connection connection,
      SchemaChecks.Wanted wanted,
      Map<String, TargetSchema> existing,
      Problems problems) {
    this.connection = connection;
    this.wanted = wanted;
    this.existing = existing;
    this.problems = problems;
  }

  /** Plans it; adds what is wrong to the problems. */
  static Clearance clear(
      Connection connection,
      SchemaChecks.Wanted wanted,
      Map<String, TargetSchema> existing,
      Problems problems)
      throws SQLException {
    return new ScopeDrop(connection, wanted, existing, problems).clear();
  }

  private Clearance clear() throws SQLException {
    Dependents graph = Dependents.read(connection);
    long namespaces = catalog("pg_namespace");
    Set<Long> scope = new HashSet<>();
    List<Dependents.Held> dropped = new ArrayList<>();
    for (TargetSchema schema : existing.values()) {
      scope.add(schema.oid());
      dropped.add(new Dependents.Held(namespaces, schema.oid()));
      if (schema.isAdopted(wanted.options())) {
        adopted.put(schema.name(), schema);
      }
    }
    Set<Dependents.Held> staying = new HashSet<>();
    List<DatabaseObject> going = new ArrayList<>();
    for (DatabaseObject object : DatabaseObject.read(connection)) {
      if (stays(object, graph, scope)) {
        staying.add(object.address());
        kept.add(object.name());
      } else {
        going.add(object);
        dropped.add(object.address());
      }
    }
    dropDefaultPrivileges();
    resetPrivileges();
    dropObjects(going, ObjectKind.EVENT_TRIGGER);
    dropObjects(going, ObjectKind.PUBLICATION);
    dropLargeObjects();
    // An index whose operator class went first can no longer be opened, and so not be dropped.
    dropRelations("table", "TABLE");
    dropRelations("materialized view", "MATERIALIZED VIEW");
    existing.values().forEach(this::dropSchema);
    for (ObjectKind kind :
        List.of(
            ObjectKind.CAST,
            ObjectKind.TRANSFORM,
            ObjectKind.SERVER,
            ObjectKind.FOREIGN_DATA_WRAPPER,
            ObjectKind.ACCESS_METHOD,
            ObjectKind.LANGUAGE,
            ObjectKind.EXTENSION)) {
      dropObjects(going, kind);
    }
    Set<Dependents.Held> spared = new HashSet<>(staying);
    Set<Dependents.Held> all = graph.takenAlong(dropped, Set.of());
    Set<Dependents.Held> obstacles = graph.outside(all, scope);
    spared.retainAll(all);
    obstacles.addAll(spared);
    for (String description : Dependents.describe(connection, obstacles)) {
      problems.add(
          Kind.MISMATCH, "What would be dropped is needed by what stays: " + description + ".");
    }
    warnOfWhatStays();
    return new Clearance(
        drops, keptSchemas, adopted, kept, true, all.size(), locks(), steps, warnings);
  }

  private long catalog(String name) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT " + Sql.quoteLiteral("pg_catalog." + name) + "::regclass::oid::bigint")) {
      row.next();
      return row.getLong(1);
    }
  }

  private boolean stays(DatabaseObject object, Dependents graph, Set<Long> scope) {
    if (graph.refersOutside(object.address(), scope)
        || !graph.outside(graph.takenAlong(List.of(object.address()), Set.of()), scope).isEmpty()) {
      return true;
    }
    if (!object.owned()) {
      warnings.add(
          "The role may not drop "
              + object.title()
              + ", which belongs to another, so it stays as it is.");
      return true;
    }
    return false;
  }

  private void dropObjects(List<DatabaseObject> going, ObjectKind kind) {
    List<String> names = new ArrayList<>();
    for (DatabaseObject object : going) {
      if (object.name().kind() == kind) {
        drops.add(object.dropSql());
        names.add(object.name().name());
      }
    }
    if (!names.isEmpty()) {
      steps.add("Drop " + kind.word().replace('_', ' ') + " " + String.join(", ", names) + ".");
    }
  }

  private void dropSchema(TargetSchema schema) {
    String name = Sql.quoteIdentifier(schema.name());
    if (!schema.isEmpty() || schema.owned()) {
      steps.add(
          (schema.owned()
                  ? "Drop schema " + name + " with all"
                  : "Drop all in schema " + name + ":")
              + (schema.owned() ? " that is in it: " : " ")
              + TargetSchema.summary(schema.contents())
              + ".");
    }
    if (schema.owned() && !adopted.containsKey(schema.name())) {
      drops.add("DROP SCHEMA " + name + " CASCADE");
      return;
    }
    if (!adopted.containsKey(schema.name())) {
      keptSchemas.add(schema.name());
      warnings.add(EmptyTarget.stays(schema));
    }
    for (TargetSchema.Held held : schema.contents()) {
      if (!held.owned()) {
        problems.add(
            Kind.PERMISSION_DENIED,
            "The role may not drop " + held.title() + ", which belongs to another.");
      }
      drops.add(held.dropSql());
    }
  }

  /** In small numbers, since each takes several locks, and not all drops are one transaction. */
  private void dropRelations(String type, String word) {
    List<String> relations = new ArrayList<>();
    for (TargetSchema schema : existing.values()) {
      for (TargetSchema.Held held : schema.contents()) {
        if (held.type().equals(type)) {
          relations.add(held.identity());
        }
      }
    }
    for (int from = 0; from < relations.size(); from += TABLES_PER_STATEMENT) {
      drops.add(
          "DROP "
              + word
              + " IF EXISTS "
              + String.join(
                  ", ",
                  relations.subList(from, Math.min(relations.size(), from + TABLES_PER_STATEMENT)))
              + " CASCADE");
    }
  }

  private void dropLargeObjects() throws SQLException {
    long count;
    long foreign;
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(LARGE_OBJECTS)) {
      row.next();
      count = row.getLong(1);
      foreign = row.getLong(2);
    }
    if (count == 0) {
      return;
    }
    if (foreign > 0) {
      problems.add(
          Kind.PERMISSION_DENIED,
          "The role may not drop " + foreign + " large objects, which belong to others.");
    }
    steps.add("Drop " + count + " large objects.");
    for (long done = 0; done < count; done += LARGE_OBJECTS_PER_STATEMENT) {
      drops.add(
          "SELECT pg_catalog.lo_unlink(o.oid) FROM (SELECT oid FROM"
              + " pg_catalog.pg_largeobject_metadata ORDER BY oid LIMIT "
              + LARGE_OBJECTS_PER_STATEMENT
              + ") AS o");
    }
  }

  private void dropDefaultPrivileges() throws SQLException {
    List<String> filled =
        existing.values().stream()
            .filter(schema -> !schema.owned() || adopted.containsKey(schema.name()))
            .map(TargetSchema::name)
            .toList();
    Set<String> others = new TreeSet<>();
    boolean any = false;
    try (var statement = connection.prepareStatement(DEFAULT_PRIVILEGES)) {
      statement.setArray(1, connection.createArrayOf("text", filled.toArray()));
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          if (row.getBoolean(2)) {
            drops.add(row.getString(1));
            any = true;
          } else {
            others.add(row.getString(3));
          }
        }
      }
    }
    if (any) {
      steps.add("Drop the default privileges.");
    }
    others.forEach(
        role ->
            warnings.add(
                "Default privileges of "
                    + Sql.quoteIdentifier(role)
                    + " stay, since the role that restores is no member of it."));
  }

  /** Of what cannot be dropped: functions of PostgreSQL itself, say. */
  private void resetPrivileges() throws SQLException {
    if (wanted.options().withoutPrivileges()) {
      return;
    }
    List<SqlStatement> resets = SchemaCapture.privilegeResets(connection);
    resets.forEach(reset -> drops.add(reset.sql()));
    if (!resets.isEmpty()) {
      steps.add("Reset the privileges on PostgreSQL's own objects.");
    }
  }

  /** In one order, whoever restores, so that two restores do not deadlock. */
  private List<String> locks() {
    List<String> tables = new ArrayList<>();
    for (TargetSchema schema : existing.values()) {
      for (TargetSchema.Held held : schema.contents()) {
        if (held.type().equals("table")) {
          tables.add(held.identity());
        }
      }
    }
    List<String> locks = new ArrayList<>();
    for (int from = 0; from < tables.size(); from += TABLES_PER_STATEMENT) {
      Collection<String> some =
          tables.subList(from, Math.min(tables.size(), from + TABLES_PER_STATEMENT));
      locks.add("LOCK TABLE ONLY " + String.join(", ONLY ", some) + " IN ACCESS EXCLUSIVE MODE");
    }
    return locks;
  }

  private void warnOfWhatStays() {
    for (List<SchemaEntry> entries : List.of(wanted.script().before(), wanted.script().after())) {
      for (SchemaEntry entry : entries) {
        if (kept.contains(ObjectName.of(entry))) {
          warnings.add(
              "The "
                  + entry.title()
                  + " of the target is used by schemas that stay or belongs to another role, so it"
                  + " stays as it is.");
        }
      }
    }
  }
}
