package io.holdfast.firestore.internal.read;

import com.google.firestore.v1.Cursor;
import com.google.firestore.v1.StructuredQuery;
import com.google.firestore.v1.Value;
import com.google.protobuf.Int32Value;
import io.holdfast.firestore.internal.names.DatabaseName;
import java.util.Optional;

/** The queries that are asked: by name only, so that no index but the built-in one is needed. */
public final class Queries {
  /** In place of the id of a collection: documents of all collections. */
  public static final String EVERY_COLLECTION = "";

  private static final StructuredQuery.FieldReference NAME =
      StructuredQuery.FieldReference.newBuilder().setFieldPath("__name__").build();
  private static final StructuredQuery.Projection NAMES_ONLY =
      StructuredQuery.Projection.newBuilder().addFields(NAME).build();
  private static final StructuredQuery.Order BY_NAME =
      StructuredQuery.Order.newBuilder()
          .setField(NAME)
          .setDirection(StructuredQuery.Direction.ASCENDING)
          .build();

  private Queries() {}

  /**
   * Documents by name.
   *
   * @param collection the id of their collections, or {@link #EVERY_COLLECTION}
   */
  public static StructuredQuery.Builder documents(
      DatabaseName database, String collection, NameRange range) {
    StructuredQuery.Builder query =
        StructuredQuery.newBuilder()
            .addFrom(
                StructuredQuery.CollectionSelector.newBuilder()
                    .setCollectionId(collection)
                    .setAllDescendants(true))
            .addOrderBy(BY_NAME);
    range.from().ifPresent(path -> query.setStartAt(at(database.name(path), true)));
    range.to().ifPresent(path -> query.setEndAt(at(database.name(path), true)));
    return query;
  }

  /** One page of documents by name. */
  static StructuredQuery page(
      DatabaseName database,
      String collection,
      NameRange range,
      Optional<String> afterName,
      int limit,
      boolean namesOnly) {
    StructuredQuery.Builder query = documents(database, collection, range);
    afterName.ifPresent(name -> query.setStartAt(at(name, false)));
    if (namesOnly) {
      query.setSelect(NAMES_ONLY);
    }
    return query.setLimit(Int32Value.of(limit)).build();
  }

  private static Cursor at(String name, boolean before) {
    return Cursor.newBuilder()
        .addValues(Value.newBuilder().setReferenceValue(name))
        .setBefore(before)
        .build();
  }
}
