package io.holdfast.postgres;

/**
 * Turns the value of one column, which is not {@code null}, into a field of a {@code COPY} row.
 * Chosen once per column, so that the loop over records calls small methods only: one big method
 * that knew every type made the JIT compiler unstable. Belongs to one {@link JsonToCopy}.
 */
@FunctionalInterface
interface ColumnReader {
  /** Reads the value at the cursor and appends its field. */
  void read(JsonCursor in, CopyBuffer out);

  /** The reader for COPY's text form. */
  static ColumnReader text(ValueReader value) {
    return value == ValueReader.TEXT
        ? ColumnReader::stringToText
        : new Steps(value, CopyText.FIELD);
  }

  /** The reader for COPY's binary form, of a type that {@code encoder} knows. */
  static ColumnReader binary(ValueReader value, Column column, FieldEncoder encoder) {
    if (value == ValueReader.TEXT) {
      if (CopyBinary.isTextual(column.baseType(), column.baseTypeKind())) {
        return ColumnReader::stringToBinary;
      }
      if (CopyBinary.isBytea(column.baseType())) {
        return new HexString(encoder);
      }
    }
    return new Steps(value, encoder);
  }

  private static void stringToText(JsonCursor in, CopyBuffer out) {
    if (in.peek() != '"') {
      // Throws the error that fits what is there.
      in.readString();
    }
    in.pos++;
    CopyText.string(in, out);
  }

  private static void stringToBinary(JsonCursor in, CopyBuffer out) {
    if (in.peek() != '"') {
      in.readString();
    }
    in.pos++;
    int lengthAt = out.position();
    out.int32(0);
    in.unescape(out);
    out.int32At(lengthAt, out.position() - lengthAt - 4);
  }

  /** Value to its text, text to field. */
  record Steps(ValueReader value, FieldEncoder encoder) implements ColumnReader {
    @Override
    public void read(JsonCursor in, CopyBuffer out) {
      value.read(in);
      encoder.encode(in.text, in.textFrom, in.textTo, out);
    }
  }

  /** Bytes in hexadecimal, where the backslash is the only character that JSON escapes. */
  record HexString(FieldEncoder otherwise) implements ColumnReader {
    @Override
    public void read(JsonCursor in, CopyBuffer out) {
      byte[] bytes = in.bytes;
      int at = in.pos;
      if (in.end - at > 4
          && bytes[at] == '"'
          && bytes[at + 1] == '\\'
          && bytes[at + 2] == '\\'
          && bytes[at + 3] == 'x') {
        int to = in.endOfPlain(at + 4);
        if (to < in.end && bytes[to] == '"') {
          CopyBinary.hex(bytes, at + 4, to, out);
          in.pos = to + 1;
          return;
        }
      }
      in.readString();
      otherwise.encode(in.text, in.textFrom, in.textTo, out);
    }
  }
}
