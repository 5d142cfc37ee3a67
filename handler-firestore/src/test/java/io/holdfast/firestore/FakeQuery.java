package io.holdfast.firestore;

import com.google.firestore.v1.Cursor;
import com.google.firestore.v1.Document;
import com.google.firestore.v1.StructuredQuery;
import com.google.firestore.v1.StructuredQuery.CompositeFilter;
import com.google.firestore.v1.StructuredQuery.Direction;
import com.google.firestore.v1.StructuredQuery.FieldFilter;
import com.google.firestore.v1.StructuredQuery.Filter;
import com.google.firestore.v1.Value;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;

/**
 * A query of the shapes that backups need: a collection, a collection group or everything below a
 * parent, in the order of the names, between names, whole documents or names only. Any other shape
 * is refused with INTERNAL, rather than answered wrongly. Immutable.
 *
 * <p>What the official emulator answers to these shapes is what this answers; {@code
 * FakeFirestoreTest} has the cases.
 */
final class FakeQuery {

  private record Bound(FakeName name, boolean inclusive) {}

  private static final String NAME_FIELD = "__name__";

  private final FakeDatabase database;
  private final StructuredQuery query;
  private final FakeName parent;
  private final String collection;
  private final boolean descendants;
  private final boolean namesOnly;
  private final List<Bound> lower = new ArrayList<>();
  private final List<Bound> upper = new ArrayList<>();

  FakeQuery(FakeDatabase database, String parentName, StructuredQuery query) {
    this.database = database;
    this.query = query;
    this.parent = FakeName.parent(database.name(), parentName);
    if (query.getFromCount() > 1) {
      throw invalid("StructuredQuery.from cannot have more than one collection selector.");
    }
    StructuredQuery.CollectionSelector from =
        query.getFromCount() == 1
            ? query.getFrom(0)
            : StructuredQuery.CollectionSelector.getDefaultInstance();
    this.collection = from.getCollectionId();
    this.descendants = from.getAllDescendants();
    if (!collection.isEmpty()) {
      FakeName.check(collection, true);
    }
    this.namesOnly = readSelect();
    readOrder();
    if (query.hasWhere()) {
      readFilter(query.getWhere());
    }
    if (query.hasStartAt()) {
      lower.add(bound(query.getStartAt(), query.getStartAt().getBefore()));
    }
    if (query.hasEndAt()) {
      upper.add(bound(query.getEndAt(), !query.getEndAt().getBefore()));
    }
    if (query.hasFindNearest()) {
      throw FakeFirestore.unsupported("find_nearest");
    }
    if (query.getLimit().getValue() < 0) {
      throw invalid("limit is negative");
    }
    if (query.getOffset() < 0) {
      throw invalid("offset is negative");
    }
  }

  /** Whether it is what PartitionQuery takes, by its comment in firestore.proto. */
  boolean canBePartitioned() {
    return parent.segments().isEmpty()
        && descendants
        && !collection.isEmpty()
        && query.getOrderByCount() == 1
        && lower.isEmpty()
        && upper.isEmpty()
        && !query.hasLimit()
        && query.getOffset() == 0;
  }

  /** All documents between the bounds at a time, those that an offset skips among them. */
  List<Document> documents(long micros) {
    FakeName prefix = collection.isEmpty() || descendants ? parent : parent.child(collection);
    FakeName start = prefix;
    for (Bound bound : lower) {
      start = bound.name().compareTo(start) > 0 ? bound.name() : start;
    }
    long wanted =
        query.hasLimit() ? (long) query.getOffset() + query.getLimit().getValue() : Long.MAX_VALUE;
    List<Document> found = new ArrayList<>();
    if (wanted == 0) {
      return found;
    }
    database.scan(
        start,
        micros,
        (name, document) -> {
          if (!name.startsWith(prefix) || upper.stream().anyMatch(bound -> isBeyond(name, bound))) {
            return false;
          }
          if (isOfCollection(name) && lower.stream().allMatch(bound -> isFrom(name, bound))) {
            found.add(namesOnly ? document.toBuilder().clearFields().build() : document);
          }
          return found.size() < wanted;
        });
    return found;
  }

  int offset() {
    return query.getOffset();
  }

  private boolean isOfCollection(FakeName name) {
    if (name.equals(parent)) {
      return false;
    }
    boolean depth = descendants || name.segments().size() == parent.segments().size() + 2;
    return depth && (collection.isEmpty() || name.collectionId().equals(collection));
  }

  private static boolean isFrom(FakeName name, Bound bound) {
    int order = name.compareTo(bound.name());
    return order > 0 || (order == 0 && bound.inclusive());
  }

  private static boolean isBeyond(FakeName name, Bound bound) {
    int order = name.compareTo(bound.name());
    return order > 0 || (order == 0 && !bound.inclusive());
  }

  private boolean readSelect() {
    if (!query.hasSelect()) {
      return false;
    }
    // An empty one gives names in the emulator, and whole documents in the documentation.
    if (query.getSelect().getFieldsCount() != 1
        || !query.getSelect().getFields(0).getFieldPath().equals(NAME_FIELD)) {
      throw FakeFirestore.unsupported("select " + query.getSelect());
    }
    return true;
  }

  private void readOrder() {
    for (StructuredQuery.Order order : query.getOrderByList()) {
      boolean ascending =
          order.getDirection() == Direction.ASCENDING
              || order.getDirection() == Direction.DIRECTION_UNSPECIFIED;
      if (!ascending
          || !order.getField().getFieldPath().equals(NAME_FIELD)
          || query.getOrderByCount() > 1) {
        throw FakeFirestore.unsupported("order_by " + query.getOrderByList());
      }
    }
  }

  private void readFilter(Filter filter) {
    if (filter.hasCompositeFilter()
        && filter.getCompositeFilter().getOp() == CompositeFilter.Operator.AND) {
      filter.getCompositeFilter().getFiltersList().forEach(this::readFilter);
      return;
    }
    FieldFilter field = filter.getFieldFilter();
    if (!filter.hasFieldFilter() || !field.getField().getFieldPath().equals(NAME_FIELD)) {
      throw FakeFirestore.unsupported("where " + filter);
    }
    FakeName name = reference(field.getValue());
    switch (field.getOp()) {
      case LESS_THAN -> upper.add(new Bound(name, false));
      case LESS_THAN_OR_EQUAL -> upper.add(new Bound(name, true));
      case GREATER_THAN -> lower.add(new Bound(name, false));
      case GREATER_THAN_OR_EQUAL -> lower.add(new Bound(name, true));
      case EQUAL -> {
        lower.add(new Bound(name, true));
        upper.add(new Bound(name, true));
      }
      default -> throw FakeFirestore.unsupported("where " + filter);
    }
  }

  private Bound bound(Cursor cursor, boolean inclusive) {
    if (cursor.getValuesCount() > query.getOrderByCount()) {
      throw invalid("Cursor has too many values.");
    }
    if (cursor.getValuesCount() == 0) {
      throw FakeFirestore.unsupported("a cursor without values");
    }
    return new Bound(reference(cursor.getValues(0)), inclusive);
  }

  private FakeName reference(Value value) {
    if (!value.hasReferenceValue()) {
      throw invalid("Cursor __key__ value is not a document reference.");
    }
    if (!value.getReferenceValue().startsWith(database.name() + "/")) {
      throw invalid("The cursor key is in a different database than the query");
    }
    return FakeName.document(database.name(), value.getReferenceValue());
  }

  private static RuntimeException invalid(String message) {
    return Status.INVALID_ARGUMENT.withDescription(message).asRuntimeException();
  }
}
