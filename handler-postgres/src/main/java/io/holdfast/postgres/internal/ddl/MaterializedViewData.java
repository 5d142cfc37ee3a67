package io.holdfast.postgres.internal.ddl;

import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Fills the materialised views that are filled in the source, each after those that it reads:
 * directly, through views, or through functions and operators.
 *
 * <p>What the text of a function seems to name counts as being read, unless that would contradict
 * what is known. So a wrong guess costs nothing, and a right one makes the order work.
 */
final class MaterializedViewData {
  private static final String MATERIALIZED_VIEWS =
      """
      SELECT c.oid::bigint, n.nspname, c.relname,
             quote_ident(n.nspname) || '.' || quote_ident(c.relname), c.relispopulated
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind = 'm' AND %s
       ORDER BY c.oid
      """;

  private static final class View {
    final Address address;
    final String schema;
    final String name;
    final String quoted;
    boolean fillable;

    /** What has to be filled before. */
    final Set<View> after = new LinkedHashSet<>();

    View(Address address, String schema, String name, String quoted, boolean populated) {
      this.address = address;
      this.schema = schema;
      this.name = name;
      this.quoted = quoted;
      this.fillable = populated;
    }

    /** Rows are no object of the catalogs; this is the address by which an order is made. */
    Address rows() {
      return new Address("rows of pg_class", address.oid());
    }

    boolean isAfter(View other) {
      Set<View> seen = new HashSet<>(Set.of(this));
      Deque<View> open = new ArrayDeque<>(seen);
      while (!open.isEmpty()) {
        View next = open.pop();
        if (next == other) {
          return true;
        }
        next.after.stream().filter(seen::add).forEach(open::push);
      }
      return false;
    }
  }

  private final CaptureContext context;
  private final Map<Address, View> views = new LinkedHashMap<>();

  private MaterializedViewData(CaptureContext context) {
    this.context = context;
  }

  static void read(CaptureContext context) throws SQLException {
    MaterializedViewData data = new MaterializedViewData(context);
    context.query(
        MATERIALIZED_VIEWS.formatted(CaptureContext.userSchema("n.nspname")),
        row -> {
          Address address = Address.relation(row.getLong(1));
          if (!context.belongsToExtension(address)) {
            data.views.put(
                address,
                new View(
                    address,
                    row.getString(2),
                    row.getString(3),
                    row.getString(4),
                    row.getBoolean(5)));
          }
        });
    if (data.views.values().stream().anyMatch(view -> view.fillable)) {
      if (data.views.size() > 1) {
        data.order(Uses.read(context));
      }
      data.views.values().stream().filter(view -> view.fillable).forEach(data::add);
    }
  }

  private void order(Uses uses) {
    for (View view : views.values()) {
      view.after.addAll(used(uses, view, false));
    }
    dropWhatCannotBeFilled();
    for (View view : views.values()) {
      for (View guessed : used(uses, view, true)) {
        if (!guessed.isAfter(view)) {
          view.after.add(guessed);
        }
      }
    }
  }

  private Set<View> used(Uses uses, View view, boolean guessing) {
    Set<View> used = new LinkedHashSet<>();
    for (Address address : uses.from(view.address, views.keySet(), guessing)) {
      used.add(Objects.requireNonNull(views.get(address)));
    }
    return used;
  }

  /** What reads a view that is not filled cannot be refreshed. */
  private void dropWhatCannotBeFilled() {
    boolean changed;
    do {
      changed = false;
      for (View view : views.values()) {
        if (view.fillable && view.after.stream().anyMatch(read -> !read.fillable)) {
          view.fillable = false;
          changed = true;
          context.cannotCarry(
              "rows of materialized view " + view.quoted,
              "it reads a materialized view that is not populated, so it cannot be refreshed");
        }
      }
    } while (changed);
  }

  private void add(View view) {
    Draft draft =
        context
            .add(ObjectKind.MATERIALIZED_VIEW_DATA, view.rows(), view.schema, view.name)
            .table(view.quoted)
            .sql("REFRESH MATERIALIZED VIEW " + view.quoted)
            .needs(view.address);
    view.after.stream().filter(read -> read.fillable).forEach(read -> draft.needs(read.rows()));
  }
}
