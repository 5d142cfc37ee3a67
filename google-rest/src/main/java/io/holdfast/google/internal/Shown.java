package io.holdfast.google.internal;

/** Text from elsewhere as it may stand in a message: on one line, and not without end. */
public final class Shown {
  private static final int LONGEST = 300;

  private Shown() {}

  /** The text, shortened and on one line. */
  public static String text(String raw) {
    String line = raw.replaceAll("[\\p{Cntrl}\\u2028\\u2029]+", " ").strip();
    return line.length() <= LONGEST ? line : line.substring(0, LONGEST) + "…";
  }
}
