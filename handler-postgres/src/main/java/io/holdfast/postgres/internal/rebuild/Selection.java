package io.holdfast.postgres.internal.rebuild;

import io.holdfast.postgres.internal.ddl.ObjectKind;
import io.holdfast.postgres.internal.ddl.ObjectName;
import io.holdfast.postgres.internal.ddl.SchemaEntry;
import io.holdfast.postgres.internal.ddl.SchemaScript;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What of a backup's schema is created for a few of its tables: those of them that the target
 * lacks, whatever they need that it lacks, and what belongs to them and can be had. Used once, by
 * one thread.
 */
final class Selection {
  /** What is no part of a table, and not created for the sake of something that is. */
  private static final Set<ObjectKind> OF_THEIR_OWN =
      EnumSet.of(
          ObjectKind.TABLE,
          ObjectKind.FOREIGN_TABLE,
          ObjectKind.VIEW,
          ObjectKind.MATERIALIZED_VIEW,
          ObjectKind.PUBLICATION,
          ObjectKind.EVENT_TRIGGER);

  /** What is written within a table, and has a name of its own only where it had to stand apart. */
  private static final Set<ObjectKind> WITHIN_TABLES =
      EnumSet.of(ObjectKind.DEFAULT, ObjectKind.CHECK);

  private final SchemaScript script;
  private final Set<ObjectName> there;
  private final Map<Integer, SchemaEntry> byId = new HashMap<>();
  private final Set<Integer> created = new TreeSet<>();
  private final Set<String> relationsThere = new TreeSet<>();
  private final Set<String> relationsCreated = new TreeSet<>();
  private final List<String> leftOut = new ArrayList<>();

  private Selection(SchemaScript script, Set<ObjectName> there) {
    this.script = script;
    this.there = there;
    for (ObjectName name : there) {
      if (isRelation(name.kind())) {
        name.table().ifPresent(relationsThere::add);
      }
    }
    entries().forEach(entry -> byId.put(entry.id(), entry));
  }

  /**
   * Selects.
   *
   * @param chosen the tables to restore, as collections are named
   * @param there the names of all objects of the target
   */
  static Selection of(SchemaScript script, Collection<String> chosen, Set<ObjectName> there) {
    Selection selection = new Selection(script, there);
    for (SchemaEntry entry : script.before()) {
      if (entry.kind() == ObjectKind.TABLE
          && entry.table().filter(chosen::contains).isPresent()
          && !selection.isThere(entry)) {
        selection.createWithNeeds(entry);
      }
    }
    selection.entries().forEach(selection::considerAttached);
    return selection;
  }

  private List<SchemaEntry> entries() {
    List<SchemaEntry> all = new ArrayList<>(script.before());
    all.addAll(script.after());
    return all;
  }

  private static boolean isRelation(ObjectKind kind) {
    return kind == ObjectKind.TABLE
        || kind == ObjectKind.FOREIGN_TABLE
        || kind == ObjectKind.SEQUENCE
        || kind == ObjectKind.VIEW
        || kind == ObjectKind.MATERIALIZED_VIEW;
  }

  private boolean isThere(SchemaEntry entry) {
    return there.contains(ObjectName.of(entry))
        || (WITHIN_TABLES.contains(entry.kind())
            && entry.table().filter(relationsThere::contains).isPresent());
  }

  private void createWithNeeds(SchemaEntry entry) {
    if (isThere(entry) || created.contains(entry.id())) {
      return;
    }
    needs(entry).forEach(this::createWithNeeds);
    create(entry);
  }

  private void create(SchemaEntry entry) {
    created.add(entry.id());
    if (isRelation(entry.kind())) {
      entry.table().ifPresent(relationsCreated::add);
    }
  }

  private List<SchemaEntry> needs(SchemaEntry entry) {
    List<SchemaEntry> needs = new ArrayList<>();
    for (int id : entry.needs()) {
      SchemaEntry needed = byId.get(id);
      if (needed != null) {
        needs.add(needed);
      }
    }
    return needs;
  }

  /** Creates what belongs to something that is created, if all that it needs can be had. */
  private void considerAttached(SchemaEntry entry) {
    if (created.contains(entry.id()) || !belongsToCreated(entry)) {
      return;
    }
    Set<SchemaEntry> missing = new LinkedHashSet<>();
    Optional<SchemaEntry> obstacle = obstacle(entry, missing);
    if (obstacle.isPresent()) {
      leftOut.add(entry.title() + " (it needs " + obstacle.get().title() + ")");
    } else {
      missing.forEach(this::create);
      create(entry);
    }
  }

  private boolean belongsToCreated(SchemaEntry entry) {
    if (entry.table().filter(relationsCreated::contains).isPresent()) {
      return true;
    }
    // A domain's check, and the part of a view that its stand-in leaves out.
    return needs(entry).stream()
        .filter(needed -> created.contains(needed.id()))
        .anyMatch(
            needed ->
                entry.kind() == ObjectKind.DOMAIN_CONSTRAINT
                    ? needed.kind() == ObjectKind.DOMAIN
                    : ObjectName.of(needed).equals(ObjectName.of(entry)));
  }

  /** What keeps an entry from being created; adds what must be created before it to the list. */
  private Optional<SchemaEntry> obstacle(SchemaEntry entry, Set<SchemaEntry> missing) {
    for (SchemaEntry needed : needs(entry)) {
      if (created.contains(needed.id()) || isThere(needed) || missing.contains(needed)) {
        continue;
      }
      if (OF_THEIR_OWN.contains(needed.kind()) || belongsToAnother(needed)) {
        return Optional.of(needed);
      }
      Optional<SchemaEntry> obstacle = obstacle(needed, missing);
      if (obstacle.isPresent()) {
        return obstacle;
      }
      missing.add(needed);
    }
    return Optional.empty();
  }

  /** A key of a table that is left as it is, say. */
  private boolean belongsToAnother(SchemaEntry entry) {
    return !isRelation(entry.kind())
        && entry.table().filter(table -> !relationsCreated.contains(table)).isPresent();
  }

  /** The entries to create, in order. */
  SchemaScript script() {
    return new SchemaScript(
        script.before().stream().filter(entry -> created.contains(entry.id())).toList(),
        script.after().stream().filter(entry -> created.contains(entry.id())).toList());
  }

  /** What belongs to the tables and is not created, with the reason. */
  List<String> leftOut() {
    return leftOut;
  }
}
