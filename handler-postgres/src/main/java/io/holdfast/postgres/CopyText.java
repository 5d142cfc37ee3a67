package io.holdfast.postgres;

/** Fields in COPY's text form (PostgreSQL documentation, COPY, "Text Format"). */
final class CopyText {
  /** Any type: the server reads it from its text form. */
  static final FieldEncoder FIELD = CopyText::field;

  private CopyText() {}

  private static void field(byte[] text, int from, int to, CopyBuffer out) {
    int run = from;
    for (int at = from; at < to; at++) {
      byte b = text[at];
      if (b == '\\' || (b >= 0 && b < ' ')) {
        out.append(text, run, at - run);
        escaped(b, out);
        run = at + 1;
      }
    }
    out.append(text, run, to - run);
  }

  /**
   * A JSON string as a field, in one pass: nearly all escapes of JSON are escapes of COPY. The
   * opening quote was read.
   */
  static void string(JsonCursor in, CopyBuffer out) {
    while (in.plainRun(out)) {
      int code = in.escapedCode();
      if (code < 0x80) {
        escaped(code, out);
      } else {
        JsonCursor.appendUtf8(code, out);
      }
    }
  }

  static void nullField(CopyBuffer out) {
    escape('N', out);
  }

  private static void escaped(int b, CopyBuffer out) {
    switch (b) {
      case '\\' -> escape('\\', out);
      case '\n' -> escape('n', out);
      case '\r' -> escape('r', out);
      case '\t' -> escape('t', out);
      case 0 ->
          throw BadRecordException.mismatch("a zero byte, which PostgreSQL cannot store in text");
      default -> out.append(b);
    }
  }

  private static void escape(int letter, CopyBuffer out) {
    out.append('\\');
    out.append(letter);
  }
}
