package io.holdfast.postgres;

/**
 * Turns the value of one column, which is not {@code null}, into a field of a {@code COPY} row.
 * Chosen once per column, so that the loop over records calls small methods only: one big method
 * that knew every type made the JIT compiler unstable. A class and no interface, since a call
 * through one of many interfaces' tables is what a field costs most. Belongs to one {@link
 * JsonToCopy}.
 */
abstract class ColumnReader {
  /** Reads the value at the cursor and appends its field. */
  abstract void read(JsonCursor in, CopyBuffer out);

  /** The reader for COPY's text form. */
  static ColumnReader text(ValueReader value) {
    return value == ValueReader.TEXT ? new StringAsText() : new Steps(value, CopyText.FIELD);
  }

  /** The reader for COPY's binary form, of a type that {@code encoder} knows. */
  static ColumnReader binary(ValueReader value, Column column, FieldEncoder encoder) {
    ColumnReader steps = new Steps(value, encoder);
    if (value == ValueReader.TEXT) {
      return CopyBinary.isTextual(column.baseType(), column.baseTypeKind())
          ? new StringAsBinary()
          : ofString((int) column.baseType(), steps);
    }
    if (value == ValueReader.INTEGER) {
      return ofInteger((int) column.baseType(), steps);
    }
    if (value == ValueReader.DOUBLE && column.baseType() == 701) {
      return new BinaryDouble(steps);
    }
    if (value == ValueReader.BOOLEAN && column.baseType() == 16) {
      return new BinaryBoolean();
    }
    return value == ValueReader.JSON && column.baseType() == 3802 ? new Jsonb() : steps;
  }

  private static ColumnReader ofInteger(int oid, ColumnReader steps) {
    return switch (oid) {
      case 20 -> new BinaryInteger(steps, 8, Long.MIN_VALUE, Long.MAX_VALUE);
      case 21 -> new BinaryInteger(steps, 2, Short.MIN_VALUE, Short.MAX_VALUE);
      case 23 -> new BinaryInteger(steps, 4, Integer.MIN_VALUE, Integer.MAX_VALUE);
      case 26 -> new BinaryInteger(steps, 4, 0, 0xFFFF_FFFFL);
      default -> steps;
    };
  }

  private static ColumnReader ofString(int oid, ColumnReader steps) {
    return switch (oid) {
      case 17 -> new HexString(steps);
      case 1114 -> new Timestamp(false);
      case 1184 -> new Timestamp(true);
      case 1700 -> new Numeric();
      case 2950 -> new Uuid();
      default -> steps;
    };
  }

  /** Value to its text, text to field: works for everything. */
  private static final class Steps extends ColumnReader {
    private final ValueReader value;
    private final FieldEncoder encoder;

    Steps(ValueReader value, FieldEncoder encoder) {
      this.value = value;
      this.encoder = encoder;
    }

    @Override
    void read(JsonCursor in, CopyBuffer out) {
      value.read(in);
      encoder.encode(in.text, in.textFrom, in.textTo, out);
    }
  }

  // The same two steps for the commonest types. That each has a method of its own, which calls
  // what it always calls, is what makes it fast: where many columns share one call, the JIT
  // compiler inlines the types of the first table, and has to start again at the next.

  private static final class Timestamp extends ColumnReader {
    private final boolean zone;

    Timestamp(boolean zone) {
      this.zone = zone;
    }

    @Override
    void read(JsonCursor in, CopyBuffer out) {
      in.readString();
      CopyBinary.timestamp(in.text, in.textFrom, in.textTo, zone, out);
    }
  }

  private static final class Numeric extends ColumnReader {
    @Override
    void read(JsonCursor in, CopyBuffer out) {
      in.readString();
      CopyBinaryNumeric.numeric(in.text, in.textFrom, in.textTo, out);
    }
  }

  private static final class Uuid extends ColumnReader {
    @Override
    void read(JsonCursor in, CopyBuffer out) {
      in.readString();
      CopyBinary.uuid(in.text, in.textFrom, in.textTo, out);
    }
  }

  private static final class Jsonb extends ColumnReader {
    @Override
    void read(JsonCursor in, CopyBuffer out) {
      ValueReader.JSON.read(in);
      CopyBinary.jsonb(in.text, in.textFrom, in.textTo, out);
    }
  }

  private static final class BinaryBoolean extends ColumnReader {
    @Override
    void read(JsonCursor in, CopyBuffer out) {
      in.readBoolean();
      CopyBinary.bool(in.text, in.textFrom, in.textTo, out);
    }
  }

  private static final class StringAsText extends ColumnReader {
    @Override
    void read(JsonCursor in, CopyBuffer out) {
      in.beginString();
      CopyText.string(in, out);
    }
  }

  /** A string whose bytes are the field. */
  private static final class StringAsBinary extends ColumnReader {
    @Override
    void read(JsonCursor in, CopyBuffer out) {
      in.beginString();
      int lengthAt = out.position();
      out.int32(0);
      in.unescape(out);
      out.int32At(lengthAt, out.position() - lengthAt - 4);
    }
  }

  /** Bytes in hexadecimal, where the backslash is the only character that JSON escapes. */
  private static final class HexString extends ColumnReader {
    private final ColumnReader otherwise;

    HexString(ColumnReader otherwise) {
      this.otherwise = otherwise;
    }

    @Override
    void read(JsonCursor in, CopyBuffer out) {
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
      otherwise.read(in, out);
    }
  }

  /** An integer of a fixed size, in one pass. What is not one goes the other way. */
  private static final class BinaryInteger extends ColumnReader {
    /** Can be counted without a look at overflow. */
    private static final int MAX_DIGITS = 18;

    private final ColumnReader otherwise;
    private final int size;
    private final long min;
    private final long max;

    BinaryInteger(ColumnReader otherwise, int size, long min, long max) {
      this.otherwise = otherwise;
      this.size = size;
      this.min = min;
      this.max = max;
    }

    @Override
    void read(JsonCursor in, CopyBuffer out) {
      byte[] bytes = in.bytes;
      int end = in.end;
      int at = in.pos;
      boolean negative = at < end && bytes[at] == '-';
      int first = negative ? at + 1 : at;
      long value = 0;
      for (at = first; at < end && bytes[at] >= '0' && bytes[at] <= '9'; at++) {
        value = value * 10 + bytes[at] - '0';
      }
      value = negative ? -value : value;
      if (at == first
          || at - first > MAX_DIGITS
          || !in.isEndOfValue(at)
          || value < min
          || value > max) {
        otherwise.read(in, out);
        return;
      }
      in.pos = at;
      append(value, out);
    }

    private void append(long value, CopyBuffer out) {
      out.int32(size);
      switch (size) {
        case 2 -> out.int16((int) value);
        case 4 -> out.int32((int) value);
        default -> out.int64(value);
      }
    }
  }

  /** A number of double precision, in one pass. Rare ones, and those in words, go the other way. */
  private static final class BinaryDouble extends ColumnReader {
    private final ColumnReader otherwise;
    private final DecimalToDouble number = new DecimalToDouble();

    BinaryDouble(ColumnReader otherwise) {
      this.otherwise = otherwise;
    }

    @Override
    void read(JsonCursor in, CopyBuffer out) {
      if (number.read(in.bytes, in.pos, in.end) && in.isEndOfValue(number.end())) {
        in.pos = number.end();
        CopyBinaryFloat.float8(number.value(), out);
      } else {
        otherwise.read(in, out);
      }
    }
  }
}
