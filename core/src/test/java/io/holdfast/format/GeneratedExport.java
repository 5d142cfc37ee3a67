package io.holdfast.format;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/**
 * An export by node-firestore-import-export of any size, made while it is read: users with a post
 * each, which has a like.
 */
final class GeneratedExport extends InputStream {
  /** About how many bytes one user takes, with what is below. */
  static final int USER_BYTES = 3 * 700;

  private final long users;
  private long next = -1;
  private byte[] piece = new byte[0];
  private int position;

  GeneratedExport(long users) {
    this.users = users;
  }

  @Override
  public int read() {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int offset, int length) {
    if (position == piece.length) {
      String text = text();
      if (text.isEmpty()) {
        return -1;
      }
      piece = text.getBytes(StandardCharsets.UTF_8);
      position = 0;
    }
    int count = Math.min(length, piece.length - position);
    System.arraycopy(piece, position, into, offset, count);
    position += count;
    return count;
  }

  private String text() {
    long n = next++;
    if (n < 0) {
      return "{\"__collections__\":{\"users\":{";
    }
    if (n > users) {
      return "";
    }
    return n == users ? "}}}" : (n == 0 ? "" : ",") + user(n);
  }

  private static String user(long n) {
    String like = document("likes", n, "");
    String post = document("posts", n, "\"likes\":{\"l\":" + like + "}");
    return "\"u" + n + "\":" + document("users", n, "\"posts\":{\"p\":" + post + "}");
  }

  private static String document(String collection, long n, String collections) {
    StringBuilder noise = new StringBuilder(640);
    long state = n * 0x9e3779b97f4a7c15L + collection.hashCode();
    while (noise.length() < 620) {
      state = state * 6364136223846793005L + 1442695040888963407L;
      noise.append(Long.toString(state >>> 1, 36));
    }
    return "{\"of\":\""
        + collection
        + "\",\"noise\":\""
        + noise
        + "\",\"__collections__\":{"
        + collections
        + "}}";
  }
}
