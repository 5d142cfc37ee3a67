package io.holdfast.mongo;

import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Sorts;
import io.holdfast.spi.StoredObject;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.Function;
import org.bson.BsonDocument;
import org.bson.conversions.Bson;

/**
 * The objects of one collection in key order, a page at a time: no cursor stays open on the server,
 * so nothing expires while the caller takes his time. Used by one thread.
 */
final class KeyListing implements Iterator<StoredObject> {
  private static final int PAGE = 500;

  /** Sorts behind every character of a key. */
  private static final String END = "\uffff";

  private final MongoStore store;
  private final Step step;
  private final String keyField;
  private final Bson fields;
  private final Function<BsonDocument, Optional<StoredObject>> object;
  private final String end;
  private final Deque<StoredObject> page = new ArrayDeque<>();
  private Bson from;
  private boolean exhausted;

  /**
   * @param keyField the field that holds the key; it has an index
   * @param fields what of a document {@code object} needs
   * @param object the object of a document; empty for what is none
   */
  KeyListing(
      MongoStore store,
      Step step,
      String keyField,
      String prefix,
      Bson fields,
      Function<BsonDocument, Optional<StoredObject>> object) {
    this.store = store;
    this.step = step;
    this.keyField = keyField;
    this.fields = fields;
    this.object = object;
    this.from = Filters.gte(keyField, prefix);
    this.end = prefix + END;
  }

  @Override
  public boolean hasNext() {
    while (page.isEmpty() && !exhausted) {
      nextPage();
    }
    return !page.isEmpty();
  }

  @Override
  public StoredObject next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return page.remove();
  }

  private void nextPage() {
    Bson filter = Filters.and(from, Filters.lt(keyField, end));
    List<BsonDocument> found =
        store.call(
            step,
            () ->
                store
                    .collection(step.collection())
                    .find(filter)
                    .projection(fields)
                    .sort(Sorts.ascending(keyField))
                    .limit(PAGE)
                    .batchSize(PAGE)
                    .into(new ArrayList<>()));
    exhausted = found.size() < PAGE;
    for (BsonDocument document : found) {
      object.apply(document).ifPresent(page::add);
    }
    if (!found.isEmpty()) {
      from = Filters.gt(keyField, found.get(found.size() - 1).getString(keyField).getValue());
    }
  }
}
