package io.holdfast.firestore.internal.names;

import java.util.Comparator;
import java.util.OptionalLong;

/**
 * The order in which the service sorts documents by {@code __name__}: segment by segment, numeric
 * ids before others and by number, others by the bytes of their UTF-8; a document before those
 * below it. Source: https://firebase.google.com/docs/firestore/manage-data/data-types, "Value type
 * ordering", and how numeric ids of Datastore show there, {@code __id7__}.
 */
public final class NameOrder implements Comparator<String> {
  /** The order. */
  public static final NameOrder INSTANCE = new NameOrder();

  private static final String PREFIX = "__id";
  private static final String SUFFIX = "__";

  private NameOrder() {}

  @Override
  public int compare(String a, String b) {
    String[] left = a.split("/", -1);
    String[] right = b.split("/", -1);
    for (int i = 0; i < left.length && i < right.length; i++) {
      int order = compareIds(left[i], right[i]);
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(left.length, right.length);
  }

  private static int compareIds(String a, String b) {
    OptionalLong left = number(a);
    OptionalLong right = number(b);
    if (left.isPresent() != right.isPresent()) {
      return left.isPresent() ? -1 : 1;
    }
    return left.isPresent()
        ? Long.compare(left.getAsLong(), right.getAsLong())
        : compareCodePoints(a, b);
  }

  /** The order of UTF-8 bytes is that of code points, which is not that of UTF-16. */
  private static int compareCodePoints(String a, String b) {
    for (int i = 0; i < a.length() && i < b.length(); ) {
      int left = a.codePointAt(i);
      int right = b.codePointAt(i);
      if (left != right) {
        return Integer.compare(left, right);
      }
      i += Character.charCount(left);
    }
    return Integer.compare(a.length(), b.length());
  }

  /** The number in a numeric id; empty for others. */
  public static OptionalLong number(String id) {
    if (id.length() <= PREFIX.length() + SUFFIX.length()
        || !id.startsWith(PREFIX)
        || !id.endsWith(SUFFIX)) {
      return OptionalLong.empty();
    }
    String digits = id.substring(PREFIX.length(), id.length() - SUFFIX.length());
    boolean canonical = digits.matches("-?[1-9][0-9]{0,18}|0");
    if (!canonical) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(Long.parseLong(digits));
    } catch (NumberFormatException tooLarge) {
      return OptionalLong.empty();
    }
  }
}
