package io.holdfast.mongo;

import io.holdfast.spi.StoredObject;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** Two listings in key order as one. Used by one thread. */
final class MergedObjects implements Iterator<StoredObject> {
  private final Iterator<StoredObject> left;
  private final Iterator<StoredObject> right;
  private @Nullable StoredObject nextLeft;
  private @Nullable StoredObject nextRight;

  MergedObjects(Iterator<StoredObject> left, Iterator<StoredObject> right) {
    this.left = left;
    this.right = right;
  }

  @Override
  public boolean hasNext() {
    if (nextLeft == null && left.hasNext()) {
      nextLeft = left.next();
    }
    if (nextRight == null && right.hasNext()) {
      nextRight = right.next();
    }
    return nextLeft != null || nextRight != null;
  }

  @Override
  public StoredObject next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    StoredObject first = nextLeft;
    StoredObject second = nextRight;
    if (first != null && (second == null || first.key().compareTo(second.key()) <= 0)) {
      nextLeft = null;
      return first;
    }
    nextRight = null;
    if (second == null) {
      throw new NoSuchElementException();
    }
    return second;
  }
}
