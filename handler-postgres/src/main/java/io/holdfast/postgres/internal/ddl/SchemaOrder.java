package io.holdfast.postgres.internal.ddl;

import io.holdfast.postgres.internal.ddl.ObjectKind.Section;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Puts drafts into an order in which each object comes after those it needs, from what {@code
 * pg_depend} says. Used once, by one thread.
 */
final class SchemaOrder {
  private static final String DEPENDENCIES =
      """
      SELECT classid::regclass::text, objid::bigint, refclassid::regclass::text,
             refobjid::bigint, deptype
        FROM pg_catalog.pg_depend
       WHERE deptype <> 'p' AND objid > %d
      """
          .formatted(CaptureContext.LAST_BUILT_IN_OID);

  /**
   * Internal, extension, partition primary, auto, partition secondary: the dependent is a piece of
   * the other, or goes with it; the first is the surest sign. A partition's foreign key that its
   * parent's creates is a piece of that, though it also goes with the partition.
   */
  private static final String PIECES = "iePaS";

  /** What rows need, or what has no meaning after them. */
  private static final Set<ObjectKind> IMMOVABLE =
      EnumSet.of(
          ObjectKind.SCHEMA,
          ObjectKind.EXTENSION,
          ObjectKind.LANGUAGE,
          ObjectKind.SHELL_TYPE,
          ObjectKind.TYPE,
          ObjectKind.DOMAIN,
          ObjectKind.SEQUENCE,
          ObjectKind.TABLE);

  /**
   * By name, so that backups of a database that stays as it is are alike. But hulls by age: which
   * of some views that need each other pg_dump takes apart depends on that.
   */
  private static final Comparator<Node> NATURAL =
      Comparator.comparing((Node node) -> node.draft.kind())
          .thenComparing(node -> node.isHull() ? node.draft.address().oid() : Long.MAX_VALUE)
          .thenComparing(node -> node.draft.schema().orElse(""))
          .thenComparing(node -> node.draft.name())
          .thenComparing(node -> node.draft.table().orElse(""))
          .thenComparing(node -> node.draft.address().oid())
          .thenComparing(node -> node.body);

  private record Dependency(Address dependent, Address needed, char type) {}

  /** An entry to be. */
  private static final class Node {
    final Draft draft;
    final boolean body;
    final Set<Node> needs = new LinkedHashSet<>();
    final Set<Node> neededBy = new LinkedHashSet<>();
    Section section;
    int id;

    /** How Tarjan's algorithm sees it. */
    int index = -1;

    int lowLink;
    boolean onStack;

    Node(Draft draft, boolean body) {
      this.draft = draft;
      this.body = body;
      this.section = draft.isAfterData() ? Section.AFTER : draft.kind().section();
    }

    boolean isHull() {
      return draft.hull().isPresent() && draft.isSeparate() && !body;
    }

    void need(Node other) {
      if (other != this && needs.add(other)) {
        other.neededBy.add(this);
      }
    }
  }

  private final List<Draft> drafts;
  private final List<Dependency> dependencies;

  /** For what is no object of its own, what it is a piece of. */
  private final Map<Address, List<Dependency>> pieces = new HashMap<>();

  private List<Node> nodes = List.of();
  private Map<Address, Node> byAddress = Map.of();
  private Map<Address, Optional<Node>> resolved = Map.of();

  private SchemaOrder(List<Draft> drafts, List<Dependency> dependencies) {
    this.drafts = drafts;
    this.dependencies = dependencies;
    for (Dependency dependency : dependencies) {
      if (PIECES.indexOf(dependency.type) >= 0) {
        pieces.computeIfAbsent(dependency.dependent, key -> new ArrayList<>()).add(dependency);
      }
    }
    pieces
        .values()
        .forEach(list -> list.sort(Comparator.comparing(piece -> PIECES.indexOf(piece.type))));
  }

  /** Orders the drafts of a context. */
  static SchemaScript order(CaptureContext context) throws SQLException {
    List<Dependency> dependencies = new ArrayList<>();
    context.query(
        DEPENDENCIES,
        row ->
            dependencies.add(
                new Dependency(
                    new Address(row.getString(1), row.getLong(2)),
                    new Address(row.getString(3), row.getLong(4)),
                    row.getString(5).charAt(0))));
    return new SchemaOrder(context.drafts(), dependencies).order();
  }

  private SchemaScript order() {
    separateRecursive();
    do {
      connect();
    } while (breakCycles() || sortIntoSections());
    List<Node> before = inOrder(Section.BEFORE);
    List<Node> after = inOrder(Section.AFTER);
    after.addAll(inOrder(Section.LAST));
    int id = 0;
    for (Node node : before) {
      node.id = ++id;
    }
    for (Node node : after) {
      node.id = ++id;
    }
    return new SchemaScript(entries(before), entries(after));
  }

  /** A function that calls itself was replaced after it had been created, and comes back so. */
  private void separateRecursive() {
    Set<Address> recursive = new HashSet<>();
    for (Dependency dependency : dependencies) {
      if (dependency.dependent.equals(dependency.needed)) {
        recursive.add(dependency.dependent);
      }
    }
    for (Draft draft : drafts) {
      if (draft.hull().isPresent() && recursive.contains(draft.address())) {
        draft.separate();
      }
    }
  }

  private void connect() {
    nodes = new ArrayList<>();
    byAddress = new HashMap<>();
    resolved = new HashMap<>();
    drafts.forEach(this::addNodes);
    Map<String, Node> schemas = new HashMap<>();
    for (Node node : nodes) {
      if (node.draft.kind() == ObjectKind.SCHEMA) {
        schemas.put(node.draft.name(), node);
      }
    }
    for (Node node : nodes) {
      node.draft.schema().map(schemas::get).ifPresent(node::need);
      for (Address needed : node.draft.needs()) {
        resolve(needed).ifPresent(node::need);
      }
    }
    for (Dependency dependency : dependencies) {
      Optional<Node> dependent =
          resolve(dependency.dependent).map(node -> hullOrBody(dependency, node));
      Optional<Node> needed = resolve(dependency.needed);
      if (needed.isPresent()) {
        needed = shellOrAll(dependency.dependent, needed.get());
      }
      if (dependent.isPresent()
          && needed.isPresent()
          && !isOwnership(dependency, dependent.get(), needed.get())) {
        dependent.get().need(needed.get());
      }
    }
  }

  /** What a function returns its hull needs, too; what it calls only the function itself. */
  private Node hullOrBody(Dependency dependency, Node dependent) {
    return dependent
        .draft
        .hull()
        .filter(hull -> dependency.dependent.equals(dependent.draft.address()))
        .filter(hull -> !hull.needs().test(dependency.needed))
        .map(hull -> byAddress.get(hull.body()))
        .orElse(dependent);
  }

  private Optional<Node> shellOrAll(Address dependent, Node needed) {
    return needed
        .draft
        .shell()
        .filter(shell -> shell.enoughFor().contains(dependent))
        .map(shell -> byAddress.get(shell.address()))
        .or(() -> Optional.of(needed));
  }

  /** A sequence that a column owns goes with the table, but is created before its default. */
  private static boolean isOwnership(Dependency dependency, Node dependent, Node needed) {
    return dependency.type == 'a'
        && dependent.draft.kind() == ObjectKind.SEQUENCE
        && needed.draft.kind() != ObjectKind.SCHEMA;
  }

  private void addNodes(Draft draft) {
    Node node = new Node(draft, false);
    nodes.add(node);
    byAddress.put(draft.address(), node);
    draft.aliases().forEach(alias -> byAddress.put(alias, node));
    draft.hull().ifPresent(hull -> byAddress.put(hull.body(), node));
    if (draft.isSeparate() && draft.hull().isPresent()) {
      Node body = new Node(draft, true);
      nodes.add(body);
      byAddress.put(draft.hull().get().body(), body);
      body.need(node);
    }
    for (Draft part : draft.parts()) {
      if (part.isSeparate()) {
        Node separate = new Node(part, false);
        nodes.add(separate);
        byAddress.put(part.address(), separate);
        separate.need(node);
      } else {
        byAddress.put(part.address(), node);
      }
    }
  }

  /** What creates the object at an address. */
  private Optional<Node> resolve(Address address) {
    Node direct = byAddress.get(address);
    if (direct != null) {
      return Optional.of(direct);
    }
    Optional<Node> known = resolved.get(address);
    if (known != null) {
      return known;
    }
    resolved.put(address, Optional.empty()); // ends walks in circles
    Optional<Node> found = Optional.empty();
    for (Dependency piece : pieces.getOrDefault(address, List.of())) {
      found = resolve(piece.needed);
      if (found.isPresent() && found.get().draft.kind() != ObjectKind.SCHEMA) {
        break;
      }
    }
    resolved.put(address, found);
    return found;
  }

  /**
   * Makes entries of parts, and uses hulls, where objects need each other.
   *
   * @return whether anything changed
   * @throws HandlerException if a cycle is left that cannot be broken
   */
  private boolean breakCycles() {
    boolean changed = false;
    List<String> unbroken = new ArrayList<>();
    for (List<Node> cycle : cycles()) {
      boolean broken = false;
      for (Node node : cycle) {
        broken |= !isLastResort(node) && node.draft.separate();
      }
      if (!broken) {
        for (Node node : cycle) {
          broken |= node.draft.separate();
        }
      }
      changed |= broken;
      if (!broken) {
        unbroken.add(titles(cycle));
      }
    }
    if (!changed && !unbroken.isEmpty()) {
      throw new HandlerException(
          Kind.UNSUPPORTED,
          null,
          "Objects of the database need each other, so no order of statements creates them: "
              + String.join("; ", unbroken)
              + ". Nothing was read. Remove one of these dependencies.",
          null);
    }
    return changed;
  }

  private static boolean isLastResort(Node node) {
    return node.draft.hull().map(Draft.Hull::lastResort).orElse(false);
  }

  private static String titles(List<Node> cycle) {
    Set<String> titles = new TreeSet<>();
    for (Node node : cycle) {
      titles.add(
          node.draft.kind().word()
              + " "
              + node.draft.schema().map(schema -> schema + ".").orElse("")
              + node.draft.name());
    }
    return String.join(", ", titles);
  }

  /** Strongly connected components of more than one node, by Tarjan's algorithm. */
  private List<List<Node>> cycles() {
    List<List<Node>> cycles = new ArrayList<>();
    Deque<Node> stack = new ArrayDeque<>();
    int[] next = new int[1];
    for (Node node : nodes) {
      if (node.index < 0) {
        visit(node, stack, next, cycles);
      }
    }
    return cycles;
  }

  /** A step of the walk, kept in a list of our own: chains of views can be deeper than a stack. */
  private static final class Step {
    final Node node;
    final java.util.Iterator<Node> rest;

    Step(Node node) {
      this.node = node;
      this.rest = node.needs.iterator();
    }
  }

  private static void visit(Node start, Deque<Node> stack, int[] next, List<List<Node>> cycles) {
    Deque<Step> steps = new ArrayDeque<>();
    steps.push(enter(start, stack, next));
    while (!steps.isEmpty()) {
      Step step = steps.peek();
      if (step.rest.hasNext()) {
        Node needed = step.rest.next();
        if (needed.index < 0) {
          steps.push(enter(needed, stack, next));
        } else if (needed.onStack) {
          step.node.lowLink = Math.min(step.node.lowLink, needed.index);
        }
        continue;
      }
      steps.pop();
      if (!steps.isEmpty()) {
        Node above = steps.peek().node;
        above.lowLink = Math.min(above.lowLink, step.node.lowLink);
      }
      if (step.node.lowLink == step.node.index) {
        leave(step.node, stack, cycles);
      }
    }
  }

  private static Step enter(Node node, Deque<Node> stack, int[] next) {
    node.index = next[0]++;
    node.lowLink = node.index;
    node.onStack = true;
    stack.push(node);
    return new Step(node);
  }

  private static void leave(Node root, Deque<Node> stack, List<List<Node>> cycles) {
    List<Node> component = new ArrayList<>();
    Node node;
    do {
      node = stack.pop();
      node.onStack = false;
      component.add(node);
    } while (node != root);
    if (component.size() > 1) {
      cycles.add(component);
    }
  }

  /**
   * Moves behind the data what needs something there, or that something before the data.
   *
   * @return whether a hull came into use, so that everything has to be looked at again
   */
  private boolean sortIntoSections() {
    boolean moved;
    do {
      moved = false;
      for (Node node : nodes) {
        Node later = node.section == Section.BEFORE ? laterNeed(node) : null;
        if (later == null) {
          continue;
        }
        moved = true;
        Set<Node> together = dependents(node);
        if (together.stream().noneMatch(other -> IMMOVABLE.contains(other.draft.kind()))) {
          together.forEach(other -> other.section = Section.AFTER);
        } else if (!node.isHull()
            && !node.body
            && node.draft.hull().isPresent()
            && !isLastResort(node)) {
          node.draft.separate();
          return true;
        } else {
          pullForward(later);
        }
      }
    } while (moved);
    return false;
  }

  private static @Nullable Node laterNeed(Node node) {
    for (Node needed : node.needs) {
      if (needed.section != Section.BEFORE) {
        return needed;
      }
    }
    return null;
  }

  /** The node and everything before the data that needs it. */
  private static Set<Node> dependents(Node start) {
    Set<Node> found = new HashSet<>(Set.of(start));
    Deque<Node> open = new ArrayDeque<>(found);
    while (!open.isEmpty()) {
      for (Node dependent : open.pop().neededBy) {
        if (dependent.section == Section.BEFORE && found.add(dependent)) {
          open.push(dependent);
        }
      }
    }
    return found;
  }

  private static void pullForward(Node node) {
    Deque<Node> open = new ArrayDeque<>(List.of(node));
    while (!open.isEmpty()) {
      Node next = open.pop();
      next.section = Section.BEFORE;
      next.needs.stream().filter(need -> need.section != Section.BEFORE).forEach(open::push);
    }
  }

  /** The nodes of a section; of those whose needs are met, the first in natural order. */
  private List<Node> inOrder(Section section) {
    Map<Node, Integer> missing = new LinkedHashMap<>();
    PriorityQueue<Node> ready = new PriorityQueue<>(NATURAL);
    for (Node node : nodes) {
      if (node.section == section) {
        int needs = (int) node.needs.stream().filter(need -> need.section == section).count();
        missing.put(node, needs);
        if (needs == 0) {
          ready.add(node);
        }
      }
    }
    List<Node> ordered = new ArrayList<>(missing.size());
    while (!ready.isEmpty()) {
      Node node = ready.poll();
      ordered.add(node);
      for (Node dependent : node.neededBy) {
        Integer left = missing.get(dependent);
        if (left != null) {
          missing.put(dependent, left - 1);
          if (left == 1) {
            ready.add(dependent);
          }
        }
      }
    }
    if (ordered.size() != missing.size()) {
      throw new IllegalStateException("A cycle was left in section " + section);
    }
    return ordered;
  }

  private static List<SchemaEntry> entries(List<Node> ordered) {
    List<SchemaEntry> entries = new ArrayList<>(ordered.size());
    for (Node node : ordered) {
      List<Integer> needs = node.needs.stream().map(need -> need.id).sorted().toList();
      entries.add(entry(node, needs));
    }
    return entries;
  }

  private static SchemaEntry entry(Node node, List<Integer> needs) {
    Draft draft = node.draft;
    List<SqlStatement> sql = new ArrayList<>();
    if (node.isHull()) {
      sql.add(draft.hull().orElseThrow().sql());
    } else if (node.body) {
      sql.add(draft.hull().orElseThrow().replacement());
      sql.addAll(draft.description());
    } else {
      sql.addAll(draft.definition());
      sql.addAll(draft.description());
      draft.parts().stream()
          .filter(part -> !part.isSeparate())
          .forEach(part -> sql.addAll(part.description()));
    }
    return new SchemaEntry(
        node.id,
        draft.kind(),
        draft.schema(),
        draft.name(),
        draft.table(),
        sql,
        node.body ? List.of() : draft.owner(),
        node.isHull() ? List.of() : draft.grants(),
        needs);
  }
}
