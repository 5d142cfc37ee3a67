package io.holdfast.firestore;

import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The path of a document or a collection within a database, ordered as the service orders {@code
 * __name__}: segment by segment, {@code __id<number>__} by their number and before all other ids,
 * those by their UTF-8 bytes, and a document before what is below it.
 *
 * <p>Immutable. The root of a database is the path without segments; a path with an even number of
 * segments is a document.
 */
record FakeName(List<String> segments) implements Comparable<FakeName> {

  static final FakeName ROOT = new FakeName(List.of());

  /** Ids that older Datastore clients gave as numbers; the service shows them so. */
  private static final Pattern NUMERIC = Pattern.compile("__id(-?[1-9][0-9]*)__");

  private static final Pattern RESERVED = Pattern.compile("__.*__", Pattern.DOTALL);
  private static final int MAXIMUM_ID_BYTES = 1500;
  private static final int MAXIMUM_NAME_BYTES = 6 << 10;
  private static final int MAXIMUM_DEPTH = 100;

  FakeName {
    segments = List.copyOf(segments);
  }

  /** A path as a test writes it: {@code users/7/posts/1}. */
  static FakeName ofPath(String path) {
    return path.isEmpty() ? ROOT : new FakeName(List.of(path.split("/", -1)));
  }

  /**
   * Reads the full name of a document of {@code database}.
   *
   * @throws io.grpc.StatusRuntimeException INVALID_ARGUMENT if the name is not one, or of another
   *     database
   */
  static FakeName document(String database, String name) {
    FakeName parsed = parent(database, name);
    if (parsed.segments.isEmpty() || parsed.segments.size() % 2 != 0) {
      throw invalid("Document name \"" + name + "\" lacks \"/\" at index " + name.length() + ".");
    }
    return parsed;
  }

  /**
   * Reads the name of what queries may have as their parent: the root of the documents, or a
   * document.
   */
  static FakeName parent(String database, String name) {
    String root = database + "/documents";
    if (name.equals(root)) {
      return ROOT;
    }
    if (!name.startsWith(root + "/")) {
      throw invalid("Document name \"" + name + "\" is not in the database \"" + database + "\".");
    }
    FakeName parsed = new FakeName(List.of(name.substring(root.length() + 1).split("/", -1)));
    if (parsed.segments.size() % 2 != 0) {
      throw invalid("Document name \"" + name + "\" lacks \"/\" at index " + name.length() + ".");
    }
    if (parsed.segments.size() / 2 > MAXIMUM_DEPTH) {
      throw invalid("Key path is too long. Cannot exceed 100 elements.");
    }
    if (parsed.storageBytes() > MAXIMUM_NAME_BYTES) {
      throw invalid("Document name is longer than " + MAXIMUM_NAME_BYTES + " bytes.");
    }
    for (int i = 0; i < parsed.segments.size(); i++) {
      check(parsed.segments.get(i), i % 2 == 0);
    }
    return parsed;
  }

  /**
   * The constraints on ids:
   * https://cloud.google.com/firestore/quotas#collections_documents_and_fields. The wording is the
   * emulator's.
   */
  static void check(String id, boolean collection) {
    String kind = collection ? "Collection id" : "Resource id";
    if (id.isEmpty()) {
      throw invalid(kind + " is empty.");
    }
    if (id.contains("/")) {
      throw invalid(kind + " \"" + id + "\" is invalid because it contains \"/\".");
    }
    if (id.equals(".") || id.equals("..")) {
      throw invalid(kind + " \"" + id + "\" is invalid.");
    }
    if (RESERVED.matcher(id).matches() && (collection || number(id) == null)) {
      throw invalid(kind + " \"" + id + "\" is invalid because it is reserved.");
    }
    if (utf8Length(id) > MAXIMUM_ID_BYTES) {
      throw invalid("The key path element name is longer than 1500 bytes.");
    }
  }

  /** The collection id of a document. */
  String collectionId() {
    return segments.get(segments.size() - 2);
  }

  FakeName child(String id) {
    List<String> longer = new ArrayList<>(segments);
    longer.add(id);
    return new FakeName(longer);
  }

  FakeName prefix(int length) {
    return new FakeName(segments.subList(0, length));
  }

  boolean startsWith(FakeName prefix) {
    return segments.size() >= prefix.segments.size()
        && segments.subList(0, prefix.segments.size()).equals(prefix.segments);
  }

  String in(String database) {
    return segments.isEmpty() ? database + "/documents" : database + "/documents/" + this;
  }

  /**
   * What the name counts for in the size of a document:
   * https://cloud.google.com/firestore/docs/storage-size#document-name-size.
   */
  int storageBytes() {
    int bytes = 16;
    for (int i = 0; i < segments.size(); i++) {
      bytes += i % 2 == 1 && number(segments.get(i)) != null ? 8 : utf8Length(segments.get(i)) + 1;
    }
    return bytes;
  }

  @Override
  public int compareTo(FakeName other) {
    int common = Math.min(segments.size(), other.segments.size());
    for (int i = 0; i < common; i++) {
      int order = compareIds(segments.get(i), other.segments.get(i));
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(segments.size(), other.segments.size());
  }

  @Override
  public String toString() {
    return String.join("/", segments);
  }

  static int compareIds(String left, String right) {
    Long leftNumber = number(left);
    Long rightNumber = number(right);
    if (leftNumber != null && rightNumber != null) {
      return leftNumber.compareTo(rightNumber);
    }
    if (leftNumber != null || rightNumber != null) {
      return leftNumber != null ? -1 : 1;
    }
    int common = Math.min(left.length(), right.length());
    for (int i = 0; i < common; i++) {
      char a = left.charAt(i);
      char b = right.charAt(i);
      if (a != b) {
        // UTF-8 sorts as code points do. UTF-16 does not: what needs two chars is above U+FFFF, yet
        // its chars are below U+E000.
        boolean aboveA = Character.isSurrogate(a);
        boolean aboveB = Character.isSurrogate(b);
        return aboveA == aboveB ? Character.compare(a, b) : aboveA ? 1 : -1;
      }
    }
    return Integer.compare(left.length(), right.length());
  }

  static int utf8Length(String text) {
    int bytes = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      // Each half of a pair stands for two of the pair's four bytes.
      bytes += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
    }
    return bytes;
  }

  private static Long number(String id) {
    if (!id.startsWith("__id") || !NUMERIC.matcher(id).matches()) {
      return null;
    }
    try {
      return Long.valueOf(id.substring(4, id.length() - 2));
    } catch (NumberFormatException e) {
      throw Status.INVALID_ARGUMENT
          .withDescription(
              "Resource id \"" + id + "\" is invalid because it is not a 64 bit integer.")
          .withCause(e)
          .asRuntimeException();
    }
  }

  private static RuntimeException invalid(String message) {
    return Status.INVALID_ARGUMENT.withDescription(message).asRuntimeException();
  }
}
