package io.holdfast.postgres.internal.ddl;

import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What views, functions and operators read and call: what the catalogs know of, and what the texts
 * of functions seem to name, which the catalogs do not look into.
 */
final class Uses {
  /** Where the catalogs know. */
  private static final String KNOWN_USES =
      """
      SELECT 'pg_class'::text, r.ev_class::bigint,
             d.refclassid::regclass::text, d.refobjid::bigint
        FROM pg_catalog.pg_depend d
        JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid AND r.rulename = '_RETURN'
       WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.refobjid <> r.ev_class
         AND d.refclassid IN ('pg_catalog.pg_class'::regclass, 'pg_catalog.pg_proc'::regclass,
                              'pg_catalog.pg_operator'::regclass)
      UNION
      SELECT d.classid::regclass::text, d.objid::bigint,
             d.refclassid::regclass::text, d.refobjid::bigint
        FROM pg_catalog.pg_depend d
       WHERE d.classid IN ('pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_operator'::regclass)
         AND d.refclassid IN ('pg_catalog.pg_class'::regclass, 'pg_catalog.pg_proc'::regclass,
                              'pg_catalog.pg_operator'::regclass)
      """;

  /** What a function's text can name. */
  private static final String NAMES =
      """
      SELECT 'pg_class'::text, c.oid::bigint, c.relname
        FROM pg_catalog.pg_class c WHERE c.relkind IN ('v', 'm') AND c.oid > %1$d
      UNION ALL
      SELECT 'pg_proc', p.oid::bigint, p.proname
        FROM pg_catalog.pg_proc p WHERE p.oid > %1$d
      """
          .formatted(CaptureContext.LAST_BUILT_IN_OID);

  private static final String FUNCTION_TEXTS =
      """
      SELECT p.oid::bigint, p.prosrc
        FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang
       WHERE p.oid > %d AND l.lanname NOT IN ('c', 'internal') AND p.prosrc <> ''
      """
          .formatted(CaptureContext.LAST_BUILT_IN_OID);

  private static final Pattern WORD =
      Pattern.compile("\"((?:[^\"]|\"\")+)\"|[\\p{L}_][\\p{L}\\p{N}_$]*");

  private final Map<Address, Set<Address>> known = new HashMap<>();
  private final Map<Address, Set<Address>> guessed = new HashMap<>();

  private Uses() {}

  static Uses read(CaptureContext context) throws SQLException {
    Uses uses = new Uses();
    context.query(
        KNOWN_USES,
        row ->
            uses.known
                .computeIfAbsent(
                    new Address(row.getString(1), row.getLong(2)), key -> new LinkedHashSet<>())
                .add(new Address(row.getString(3), row.getLong(4))));
    Map<String, List<Address>> byName = new HashMap<>();
    context.query(
        NAMES,
        row ->
            byName
                .computeIfAbsent(row.getString(3), key -> new ArrayList<>())
                .add(new Address(row.getString(1), row.getLong(2))));
    context.query(
        FUNCTION_TEXTS,
        row ->
            uses.guessed.put(Address.function(row.getLong(1)), namedIn(row.getString(2), byName)));
    return uses;
  }

  private static Set<Address> namedIn(String text, Map<String, List<Address>> byName) {
    Set<Address> named = new LinkedHashSet<>();
    Matcher word = WORD.matcher(text);
    while (word.find()) {
      String quoted = word.group(1);
      String name =
          quoted == null ? word.group().toLowerCase(Locale.ROOT) : quoted.replace("\"\"", "\"");
      named.addAll(byName.getOrDefault(name, List.of()));
    }
    return named;
  }

  /**
   * Which of some objects one uses, directly or by way of others that are not of them.
   *
   * @param guessing whether what texts seem to name counts too
   */
  Set<Address> from(Address start, Set<Address> wanted, boolean guessing) {
    Set<Address> found = new LinkedHashSet<>();
    Set<Address> seen = new HashSet<>(Set.of(start));
    Deque<Address> open = new ArrayDeque<>(seen);
    while (!open.isEmpty()) {
      Address next = open.pop();
      List<Address> used = new ArrayList<>(known.getOrDefault(next, Set.of()));
      if (guessing) {
        used.addAll(guessed.getOrDefault(next, Set.of()));
      }
      for (Address each : used) {
        if (seen.add(each)) {
          (wanted.contains(each) ? found : open).add(each);
        }
      }
    }
    return found;
  }
}
