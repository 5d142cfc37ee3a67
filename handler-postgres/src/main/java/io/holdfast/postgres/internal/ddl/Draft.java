package io.holdfast.postgres.internal.ddl;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An entry of a schema while it is being made. A reader of one kind of object fills it; {@link
 * SchemaOrder} decides when its turn comes.
 *
 * <p>Three things let cycles of objects be created. A draft may have <em>parts</em> (defaults and
 * checks of a table), which are written within its own statement unless they must come later. It
 * may have a <em>hull</em> (a view of the same columns that shows nothing), which stands in for it
 * until what it needs is there. And it may have a <em>shell</em> (a type of which there is but the
 * name), which is enough for what the object itself is made of.
 */
final class Draft {
  private final ObjectKind kind;
  private final Address address;
  private final Optional<String> schema;
  private final String name;
  private Optional<String> table = Optional.empty();
  private Supplier<List<SqlStatement>> definition = List::of;
  private final List<SqlStatement> description = new ArrayList<>();
  private final List<SqlStatement> owner = new ArrayList<>();
  private final List<SqlStatement> grants = new ArrayList<>();
  private final Set<Address> aliases = new HashSet<>();
  private final Set<Address> needs = new HashSet<>();
  private final List<Draft> parts = new ArrayList<>();
  private boolean separate;
  private boolean afterData;
  private @Nullable Hull hull;
  private @Nullable Shell shell;

  /**
   * What stands in for an object for a while.
   *
   * @param sql what creates it
   * @param replacement what puts the object itself in its place
   * @param body the address whose dependencies only the object itself has: a view's rule
   * @param needs which of the dependencies of the object's own address the hull has, too
   * @param lastResort whether it is used only where nothing else breaks a cycle
   */
  record Hull(
      SqlStatement sql,
      SqlStatement replacement,
      Address body,
      Predicate<Address> needs,
      boolean lastResort) {
    /** A hull of an object whose body has an address of its own. */
    Hull(SqlStatement sql, SqlStatement replacement, Address body) {
      this(sql, replacement, body, needed -> true, false);
    }
  }

  /**
   * What is there of an object before what it is made of.
   *
   * @param address the shell's own, which has a draft
   * @param enoughFor those who need no more of the object: the functions that read a type's values
   */
  record Shell(Address address, Set<Address> enoughFor) {}

  Draft(ObjectKind kind, Address address, Optional<String> schema, String name) {
    this.kind = kind;
    this.address = address;
    this.schema = schema;
    this.name = name;
  }

  /** The statement that creates it. */
  Draft sql(String statement) {
    return sql(SqlStatement.of(statement));
  }

  /** The same, for one that names roles. */
  Draft sql(SqlStatement statement) {
    List<SqlStatement> only = List.of(statement);
    definition = () -> only;
    return this;
  }

  /** The statements that create it; asked for when it is known which parts stand by themselves. */
  Draft sql(Supplier<List<SqlStatement>> statements) {
    definition = statements;
    return this;
  }

  /** A statement that follows those that create it: comments, settings. */
  Draft then(String statement) {
    description.add(SqlStatement.of(statement));
    return this;
  }

  /** The same, for one that names roles. */
  Draft then(SqlStatement statement) {
    description.add(statement);
    return this;
  }

  /** The table, view or sequence that it is or belongs to, as a collection is named. */
  Draft table(String collection) {
    table = Optional.of(collection);
    return this;
  }

  /**
   * Its owner.
   *
   * @param what how {@code ALTER} names it: {@code TABLE public.users}
   */
  Draft owner(String what, String role) {
    owner.add(SqlStatement.begin("ALTER " + what + " OWNER TO ").role(role).build());
    return this;
  }

  /** What makes its privileges what they were. */
  Draft grants(List<SqlStatement> statements) {
    grants.addAll(statements);
    return this;
  }

  /** Another address that is this object: the row type of a table, say. */
  Draft alias(Address other) {
    aliases.add(other);
    return this;
  }

  /** Something that must be there before, beyond what the catalogs say. */
  Draft needs(Address other) {
    needs.add(other);
    return this;
  }

  /**
   * A part of it, which is written within its own statement while {@link #isSeparate} is false;
   * what describes the part then follows what describes the whole.
   */
  Draft part(Draft part) {
    parts.add(part);
    return this;
  }

  /** What can stand in for it. */
  Draft hull(Hull standIn) {
    hull = standIn;
    return this;
  }

  /** Needs its shell, which for some is enough. */
  Draft shell(Address address, Set<Address> enoughFor) {
    shell = new Shell(address, Set.copyOf(enoughFor));
    return needs(address);
  }

  /** Makes a part an entry of its own behind the data: what rows do not have to meet. */
  Draft afterData() {
    afterData = true;
    separate = true;
    return this;
  }

  /**
   * For a part: whether it has become an entry of its own. For others: whether the hull is used.
   */
  boolean isSeparate() {
    return separate;
  }

  /** Makes parts entries of their own, or uses the hull. Returns whether that changed anything. */
  boolean separate() {
    boolean changed = false;
    for (Draft part : parts) {
      changed |= !part.separate;
      part.separate = true;
    }
    if (hull != null && !separate) {
      separate = true;
      changed = true;
    }
    return changed;
  }

  ObjectKind kind() {
    return kind;
  }

  Address address() {
    return address;
  }

  Optional<String> schema() {
    return schema;
  }

  String name() {
    return name;
  }

  Optional<String> table() {
    return table;
  }

  boolean isAfterData() {
    return afterData;
  }

  Optional<Shell> shell() {
    return Optional.ofNullable(shell);
  }

  Optional<Hull> hull() {
    return Optional.ofNullable(hull);
  }

  List<Draft> parts() {
    return parts;
  }

  Set<Address> aliases() {
    return aliases;
  }

  Set<Address> needs() {
    return needs;
  }

  List<SqlStatement> definition() {
    return definition.get();
  }

  List<SqlStatement> description() {
    return description;
  }

  List<SqlStatement> owner() {
    return owner;
  }

  List<SqlStatement> grants() {
    return grants;
  }
}
