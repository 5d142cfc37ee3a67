package io.holdfast.postgres.internal.rebuild;

import io.holdfast.postgres.internal.Problems;
import io.holdfast.postgres.internal.Sql;
import io.holdfast.postgres.internal.ddl.ObjectKind;
import io.holdfast.postgres.internal.ddl.ObjectName;
import io.holdfast.postgres.internal.ddl.SchemaCapture;
import io.holdfast.postgres.internal.ddl.SchemaEntry;
import io.holdfast.postgres.internal.ddl.SchemaScript;
import io.holdfast.spi.HandlerException.Kind;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Makes sure that nothing of a backup is in the target. A schema of a database's template, {@code
 * public} above all, is no obstacle if nothing lies in it but extensions; it is created anew, or
 * filled if it belongs to another role or is an extension's home.
 */
final class EmptyTarget {
  /** What lies in no schema, and is looked for by name. */
  private static final Set<ObjectKind> OF_THE_DATABASE =
      EnumSet.of(
          ObjectKind.LANGUAGE,
          ObjectKind.ACCESS_METHOD,
          ObjectKind.CAST,
          ObjectKind.TRANSFORM,
          ObjectKind.FOREIGN_DATA_WRAPPER,
          ObjectKind.SERVER,
          ObjectKind.USER_MAPPING,
          ObjectKind.PUBLICATION,
          ObjectKind.EVENT_TRIGGER);

  private EmptyTarget() {}

  static Clearance clear(
      Connection connection,
      SchemaScript script,
      RebuildOptions options,
      Map<String, TargetSchema> existing,
      Problems problems)
      throws SQLException {
    List<String> drops = new ArrayList<>();
    List<String> warnings = new ArrayList<>();
    Set<String> kept = new TreeSet<>();
    Map<String, TargetSchema> adopted = new TreeMap<>();
    for (TargetSchema schema : existing.values()) {
      schema
          .contents()
          .forEach(held -> problems.add(Kind.NOT_EMPTY, "There is " + held.title() + "."));
      if (schema.isAdopted(options)) {
        adopted.put(schema.name(), schema);
      } else if (schema.owned() && schema.extensions().isEmpty()) {
        drops.add("DROP SCHEMA " + Sql.quoteIdentifier(schema.name()));
      } else {
        kept.add(schema.name());
        warnings.add(stays(schema));
      }
    }
    Set<ObjectName> there = new HashSet<>();
    Set<ObjectName> sought = new HashSet<>();
    Set<ObjectName> extensions = new HashSet<>();
    for (List<SchemaEntry> entries : List.of(script.before(), script.after())) {
      for (SchemaEntry entry : entries) {
        if (entry.kind() == ObjectKind.EXTENSION) {
          extensions.add(ObjectName.of(entry));
        } else if (OF_THE_DATABASE.contains(entry.kind())) {
          sought.add(ObjectName.of(entry));
        }
      }
    }
    if (!sought.isEmpty() || !extensions.isEmpty()) {
      there.addAll(SchemaCapture.names(connection));
    }
    sought.retainAll(there);
    sought.forEach(
        name ->
            problems.add(
                Kind.NOT_EMPTY,
                "There is " + name.kind().word().replace('_', ' ') + " " + name.name() + "."));
    extensions.retainAll(there);
    extensions.forEach(
        name ->
            warnings.add(
                "Extension "
                    + Sql.quoteIdentifier(name.name())
                    + " is there already and stays as it is."));
    return new Clearance(
        drops, kept, adopted, extensions, false, 0, List.of(), List.of(), warnings);
  }

  /** Why a schema is filled instead of being created. */
  static String stays(TargetSchema schema) {
    return "Schema "
        + Sql.quoteIdentifier(schema.name())
        + (schema.owned()
            ? " is the home of extensions that are there already"
            : " belongs to another role")
        + ", so it stays: its owner, privileges and comment are not made those of the backup.";
  }
}
