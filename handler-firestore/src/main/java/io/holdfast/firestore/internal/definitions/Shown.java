package io.holdfast.firestore.internal.definitions;

/** Text from elsewhere as it may stand in a message: on one line, and not without end. */
final class Shown {
  private static final int LONGEST = 300;

  private Shown() {}

  static String text(String raw) {
    String line = raw.replaceAll("[\\p{Cntrl}\\u2028\\u2029]+", " ").strip();
    return line.length() <= LONGEST ? line : line.substring(0, LONGEST) + "…";
  }
}
