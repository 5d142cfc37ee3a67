package io.holdfast.postgres.internal.rebuild;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What goes with what in a target, as {@code pg_depend} has it: all that a drop with CASCADE would
 * take along, found without dropping anything.
 */
final class Dependents {
  /** What initdb made depends on nothing that can be dropped. */
  private static final String DEPENDENCIES =
      """
      SELECT classid::bigint, objid::bigint, refclassid::bigint, refobjid::bigint, deptype
        FROM pg_catalog.pg_depend WHERE objid >= 16384 AND deptype <> 'p'
      """;

  // Objects of all kinds that lie in a schema, or belong to one that does.
  private static final String PLACES =
      """
      SELECT p.classid::oid::bigint, p.oid::bigint, p.place::bigint FROM (
      SELECT 'pg_namespace'::regclass AS classid, oid, oid AS place FROM pg_catalog.pg_namespace
      UNION ALL SELECT 'pg_extension'::regclass, oid, extnamespace FROM pg_catalog.pg_extension
      UNION ALL SELECT 'pg_class'::regclass, oid, relnamespace FROM pg_catalog.pg_class
      UNION ALL SELECT 'pg_type'::regclass, oid, typnamespace FROM pg_catalog.pg_type
      UNION ALL SELECT 'pg_proc'::regclass, oid, pronamespace FROM pg_catalog.pg_proc
      UNION ALL SELECT 'pg_operator'::regclass, oid, oprnamespace FROM pg_catalog.pg_operator
      UNION ALL SELECT 'pg_opclass'::regclass, oid, opcnamespace FROM pg_catalog.pg_opclass
      UNION ALL SELECT 'pg_opfamily'::regclass, oid, opfnamespace FROM pg_catalog.pg_opfamily
      UNION ALL SELECT 'pg_collation'::regclass, oid, collnamespace FROM pg_catalog.pg_collation
      UNION ALL SELECT 'pg_conversion'::regclass, oid, connamespace FROM pg_catalog.pg_conversion
      UNION ALL SELECT 'pg_ts_config'::regclass, oid, cfgnamespace FROM pg_catalog.pg_ts_config
      UNION ALL SELECT 'pg_ts_dict'::regclass, oid, dictnamespace FROM pg_catalog.pg_ts_dict
      UNION ALL SELECT 'pg_ts_parser'::regclass, oid, prsnamespace FROM pg_catalog.pg_ts_parser
      UNION ALL SELECT 'pg_ts_template'::regclass, oid, tmplnamespace FROM pg_catalog.pg_ts_template
      UNION ALL SELECT 'pg_statistic_ext'::regclass, oid, stxnamespace FROM pg_catalog.pg_statistic_ext
      UNION ALL SELECT 'pg_constraint'::regclass, oid, connamespace FROM pg_catalog.pg_constraint
      UNION ALL SELECT 'pg_attrdef'::regclass, d.oid, c.relnamespace
                  FROM pg_catalog.pg_attrdef d JOIN pg_catalog.pg_class c ON c.oid = d.adrelid
      UNION ALL SELECT 'pg_trigger'::regclass, t.oid, c.relnamespace
                  FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
      UNION ALL SELECT 'pg_rewrite'::regclass, r.oid, c.relnamespace
                  FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
      UNION ALL SELECT 'pg_policy'::regclass, p.oid, c.relnamespace
                  FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
      UNION ALL SELECT 'pg_amop'::regclass, a.oid, f.opfnamespace
                  FROM pg_catalog.pg_amop a JOIN pg_catalog.pg_opfamily f ON f.oid = a.amopfamily
      UNION ALL SELECT 'pg_amproc'::regclass, a.oid, f.opfnamespace
                  FROM pg_catalog.pg_amproc a JOIN pg_catalog.pg_opfamily f ON f.oid = a.amprocfamily
      ) AS p
      """;

  /** Users' own; a temporary table is one of another session's. */
  private static final String USER_SCHEMAS =
      """
      SELECT oid::bigint FROM pg_catalog.pg_namespace
       WHERE (nspname !~ '^pg_' AND nspname <> 'information_schema') OR nspname ~ '^pg_temp_'
      """;

  private static final String DESCRIPTIONS =
      """
      SELECT DISTINCT pg_catalog.pg_describe_object(w.classid::oid, w.objid::oid, 0)
        FROM unnest(?::bigint[], ?::bigint[]) AS w(classid, objid) ORDER BY 1
      """;

  /** An object, by its catalog and its OID there. */
  record Held(long classId, long oid) {}

  /** A dependency; the type is that of {@code pg_depend}. */
  private record Link(Held to, char type) {}

  private final Map<Held, List<Link>> dependents = new HashMap<>();
  private final Map<Held, List<Link>> references = new HashMap<>();
  private final Map<Held, Long> places = new HashMap<>();
  private final Set<Long> userSchemas = new HashSet<>();

  private Dependents() {}

  static Dependents read(Connection connection) throws SQLException {
    Dependents read = new Dependents();
    try (Statement statement = connection.createStatement()) {
      statement.setFetchSize(10_000);
      try (ResultSet row = statement.executeQuery(DEPENDENCIES)) {
        while (row.next()) {
          read.add(
              new Held(row.getLong(1), row.getLong(2)),
              new Held(row.getLong(3), row.getLong(4)),
              row.getString(5).charAt(0));
        }
      }
      try (ResultSet row = statement.executeQuery(PLACES)) {
        while (row.next()) {
          read.places.put(new Held(row.getLong(1), row.getLong(2)), row.getLong(3));
        }
      }
      try (ResultSet row = statement.executeQuery(USER_SCHEMAS)) {
        while (row.next()) {
          read.userSchemas.add(row.getLong(1));
        }
      }
    }
    return read;
  }

  private void add(Held dependent, Held reference, char type) {
    dependents.computeIfAbsent(reference, key -> new ArrayList<>()).add(new Link(dependent, type));
    references.computeIfAbsent(dependent, key -> new ArrayList<>()).add(new Link(reference, type));
  }

  /**
   * All that goes when these go: what depends on them, and what they are an inseparable piece of,
   * as a view goes with its rule and an extension with its member.
   *
   * @param spared what is not dropped, and so takes nothing along
   */
  Set<Held> takenAlong(Collection<Held> dropped, Set<Held> spared) {
    Set<Held> all = new LinkedHashSet<>(dropped);
    Deque<Held> open = new ArrayDeque<>(dropped);
    while (!open.isEmpty()) {
      Held next = open.pop();
      for (Link link : dependents.getOrDefault(next, List.of())) {
        if (!spared.contains(link.to) && all.add(link.to)) {
          open.push(link.to);
        }
      }
      for (Link link : references.getOrDefault(next, List.of())) {
        if ((link.type == 'i' || link.type == 'e')
            && !spared.contains(link.to)
            && all.add(link.to)) {
          open.push(link.to);
        }
      }
    }
    return all;
  }

  /** Of these, what lies in a schema of users that is not in the scope. */
  Set<Held> outside(Collection<Held> objects, Set<Long> scope) {
    Set<Held> outside = new LinkedHashSet<>();
    for (Held object : objects) {
      if (isOutside(object, scope) && extension(object).isEmpty()) {
        outside.add(object);
      }
    }
    return outside;
  }

  private boolean isOutside(Held object, Set<Long> scope) {
    Long place = places.get(object);
    return place != null && userSchemas.contains(place) && !scope.contains(place);
  }

  private Optional<Held> extension(Held object) {
    return references.getOrDefault(object, List.of()).stream()
        .filter(link -> link.type == 'e')
        .map(Link::to)
        .findFirst();
  }

  /** Whether the object itself, or a piece of it, refers to what lies outside of the scope. */
  boolean refersOutside(Held object, Set<Long> scope) {
    Set<Held> pieces = new HashSet<>(Set.of(object));
    for (Link link : dependents.getOrDefault(object, List.of())) {
      if (link.type == 'a' || link.type == 'i') {
        pieces.add(link.to);
      }
    }
    return pieces.stream()
        .anyMatch(
            piece ->
                isOutside(piece, scope)
                    || references.getOrDefault(piece, List.of()).stream()
                        .anyMatch(link -> isOutside(link.to, scope)));
  }

  /** What people call them. */
  static List<String> describe(Connection connection, Collection<Held> objects)
      throws SQLException {
    List<String> descriptions = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(DESCRIPTIONS)) {
      statement.setArray(
          1, connection.createArrayOf("int8", objects.stream().map(Held::classId).toArray()));
      statement.setArray(
          2, connection.createArrayOf("int8", objects.stream().map(Held::oid).toArray()));
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          descriptions.add(row.getString(1));
        }
      }
    }
    return descriptions;
  }
}
