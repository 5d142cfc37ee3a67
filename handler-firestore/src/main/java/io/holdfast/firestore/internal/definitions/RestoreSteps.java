package io.holdfast.firestore.internal.definitions;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.google.internal.RestException;
import io.holdfast.google.internal.Shown;
import io.holdfast.spi.HandlerException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * What is to be done to a target so that it has the definitions of a backup: what is missing is
 * added, what differs is set, and what the backup does not have stays. All that the backup says is
 * checked before there is a first step.
 */
final class RestoreSteps {
  /**
   * One change.
   *
   * @param sentence what it does
   * @param parts what it restores
   * @param run does it, and gives what the server then builds
   */
  record Step(String sentence, Set<DefinitionPart> parts, Supplier<Optional<Building>> run) {}

  private static final Comparator<TtlField> BY_NAME =
      Comparator.comparing(TtlField::collectionGroup).thenComparing(TtlField::fieldPath);

  private final AdminApi admin;
  private final RulesApi rules;
  private final DatabasePath database;

  private final List<Step> steps = new ArrayList<>();
  private final List<Building> building = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();

  RestoreSteps(AdminApi admin, RulesApi rules, DatabasePath database) {
    this.admin = admin;
    this.rules = rules;
    this.database = database;
  }

  /** Compares the backup's definitions with the target's. Called once. */
  RestoreSteps compare(ObjectNode captured, RestoreSelection what) {
    if (what.has(DefinitionPart.INDEXES) && holds(captured, "indexes", "indexes")) {
      addIndexes(Forms.entries(captured, "indexes"));
    }
    boolean overrides =
        what.has(DefinitionPart.FIELD_OVERRIDES)
            && holds(captured, "fieldOverrides", "field overrides");
    boolean ttl = what.has(DefinitionPart.TTL) && holds(captured, "ttl", "TTL policies");
    addFields(overrides ? overrides(captured) : Map.of(), ttl ? ttl(captured) : Map.of());
    if (what.has(DefinitionPart.RULES) && holds(captured, "rules", "security rules")) {
      addRules(captured.path("rules"));
    }
    return this;
  }

  /** What there is to do, in order. */
  List<Step> steps() {
    return steps;
  }

  /** What is there already, but still being built. */
  List<Building> building() {
    return building;
  }

  /** What there is to say about parts that are not restored. */
  List<String> notes() {
    return notes;
  }

  /** The fields by which documents of a backup expire. */
  static Map<TtlField, ObjectNode> ttl(ObjectNode captured) {
    Map<TtlField, ObjectNode> ttl = new TreeMap<>(BY_NAME);
    for (ObjectNode entry : Forms.entries(captured, "fieldOverrides")) {
      // Files of firebase-tools have it so.
      if (entry.path("ttl").asBoolean(false)) {
        ttl.put(FieldForm.field(entry), Forms.object());
      }
    }
    for (ObjectNode entry : Forms.entries(captured, "ttl")) {
      ttl.put(FieldForm.field(entry), entry);
    }
    return ttl;
  }

  private static Map<TtlField, ObjectNode> overrides(ObjectNode captured) {
    Map<TtlField, ObjectNode> overrides = new TreeMap<>(BY_NAME);
    for (ObjectNode entry : Forms.entries(captured, "fieldOverrides")) {
      if (!entry.has("indexes")) {
        // To go on would take all indexes from the field.
        throw Forms.malformed("a field override does not say which indexes the field has");
      }
      overrides.put(FieldForm.field(entry), entry);
    }
    return overrides;
  }

  private boolean holds(ObjectNode captured, String part, String words) {
    boolean holds =
        captured.has(part)
            || (part.equals("ttl") && Forms.entries(captured, "fieldOverrides").size() > 0);
    if (!holds) {
      notes.add("The backup does not say which " + words + " there were: the target's stay.");
    }
    return holds;
  }

  private void addIndexes(List<ObjectNode> wanted) {
    List<ObjectNode> existing = wanted.isEmpty() ? List.of() : admin.indexes();
    for (ObjectNode index : wanted) {
      String group = IndexForm.collectionGroup(index);
      ObjectNode body = IndexForm.toCreate(index);
      String words = IndexForm.words(index);
      Optional<ObjectNode> found =
          existing.stream().filter(one -> IndexForm.satisfies(one, index)).findFirst();
      if (found.isEmpty()) {
        steps.add(
            new Step(
                "Create the index " + words + ".",
                EnumSet.of(DefinitionPart.INDEXES),
                () -> create(group, body, words)));
      } else if (found.get().path("state").asText("").equals("CREATING")) {
        building.add(Building.index("the index " + words, ResourceName.of(found.get())));
      }
    }
  }

  private Optional<Building> create(String group, ObjectNode body, String words) {
    try {
      return stillBuilding("the index " + words, admin.createIndex(group, body, words));
    } catch (RestException e) {
      if (e.isAlreadyThere()) {
        // Ours, from a try whose answer was lost, or one that differs in what makes no difference.
        return Optional.empty();
      }
      throw e;
    }
  }

  private void addFields(Map<TtlField, ObjectNode> overrides, Map<TtlField, ObjectNode> ttl) {
    Map<TtlField, ObjectNode> existing = new TreeMap<>(BY_NAME);
    if (!overrides.isEmpty() || !ttl.isEmpty()) {
      for (ObjectNode field : admin.fields()) {
        ResourceName name = ResourceName.of(field);
        existing.put(new TtlField(name.collectionGroup(), name.id()), field);
      }
    }
    Map<TtlField, ObjectNode> wanted = new TreeMap<>(BY_NAME);
    wanted.putAll(overrides);
    wanted.putAll(ttl);
    for (TtlField field : wanted.keySet()) {
      addField(
          field,
          Optional.ofNullable(existing.get(field)),
          Optional.ofNullable(overrides.get(field)),
          Optional.ofNullable(ttl.get(field)));
    }
  }

  /** Both in one change: a second one could meet the first while the server is at work on it. */
  private void addField(
      TtlField field,
      Optional<ObjectNode> existing,
      Optional<ObjectNode> override,
      Optional<ObjectNode> ttl) {
    String name = Shown.text(field.collectionGroup() + "." + field.fieldPath());
    ObjectNode values = Forms.object();
    List<String> does = new ArrayList<>();
    EnumSet<DefinitionPart> parts = EnumSet.noneOf(DefinitionPart.class);
    if (override.isPresent()) {
      ObjectNode config = FieldForm.indexConfig(override.get());
      Optional<ObjectNode> has = existing.flatMap(FieldForm::storedOverride);
      if (has.isEmpty() || !FieldForm.sameIndexes(has.get(), override.get())) {
        values.set("indexConfig", config);
        parts.add(DefinitionPart.FIELD_OVERRIDES);
        does.add(
            "Set the single-field indexes of "
                + name
                + ": "
                + FieldForm.words(override.get())
                + ".");
      }
    }
    if (ttl.isPresent()) {
      ObjectNode config = FieldForm.ttlConfig(ttl.get());
      Optional<ObjectNode> has = existing.flatMap(FieldForm::storedTtl);
      if (has.isEmpty() || !FieldForm.sameTtl(has.get(), ttl.get())) {
        values.set("ttlConfig", config);
        parts.add(DefinitionPart.TTL);
        does.add("Let documents expire by " + name + ".");
      }
    }
    if (!parts.isEmpty()) {
      List<String> mask = new ArrayList<>();
      values.fieldNames().forEachRemaining(mask::add);
      steps.add(
          new Step(
              String.join(" ", does),
              parts,
              () -> stillBuilding("the field " + name, admin.updateField(field, values, mask))));
    } else if (existing.filter(FieldForm::isBuilding).isPresent()) {
      building.add(Building.field("the field " + name, field));
    }
  }

  private static Optional<Building> stillBuilding(String words, ObjectNode operation) {
    Building begun = Building.operation(words, operation);
    return begun.isDone(operation) ? Optional.empty() : Optional.of(begun);
  }

  private void addRules(JsonNode wanted) {
    if (!(wanted instanceof ObjectNode source)) {
      throw Forms.malformed("\"rules\" is no object");
    }
    int files = RulesApi.files(source);
    if (files == 0) {
      notes.add("The database of the backup had no security rules: the target's stay.");
      return;
    }
    if (!RulesApi.same(rules.stored(), source)) {
      steps.add(
          new Step(
              "Put the backup's security rules ("
                  + files
                  + (files == 1 ? " file" : " files")
                  + ") in force for "
                  + database
                  + ".",
              EnumSet.of(DefinitionPart.RULES),
              () -> release(source)));
    }
  }

  private Optional<Building> release(ObjectNode source) {
    String ruleset = rules.upload(source);
    try {
      rules.release(ruleset);
    } catch (HandlerException e) {
      throw new HandlerException(
          e.kind(),
          null,
          e.getMessage()
              + " The rules were uploaded as "
              + ruleset
              + ", but those in force are as they were.",
          e,
          e.retryable());
    }
    return Optional.empty();
  }
}
