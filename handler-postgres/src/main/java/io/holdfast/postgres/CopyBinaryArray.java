package io.holdfast.postgres;

import static io.holdfast.postgres.BadRecordException.mismatch;

import java.util.Arrays;

/**
 * Arrays of a built-in type as COPY's binary form has them ({@code array_recv}), from the text that
 * {@code array_out} writes: {@code {1,NULL,"a,b"}}, {@code [0:1]={{1,2},{3,4}}}. Any other notation
 * of an array is refused. Belongs to one thread.
 */
final class CopyBinaryArray implements FieldEncoder {
  /** PostgreSQL's own limit. */
  private static final int MAX_DIMENSIONS = 6;

  private static final int DIMENSION_BYTES = 8;

  private final int elementType;
  private final FieldEncoder element;
  private final CopyBuffer unescaped = new CopyBuffer(64);
  private final int[] lowerBounds = new int[MAX_DIMENSIONS];
  private final int[] upperBounds = new int[MAX_DIMENSIONS];
  private final int[] sizes = new int[MAX_DIMENSIONS];
  private final int[] counts = new int[MAX_DIMENSIONS];

  private byte[] text = new byte[0];
  private int at;
  private int to;

  CopyBinaryArray(int elementType, FieldEncoder element) {
    this.elementType = elementType;
    this.element = element;
  }

  @Override
  public void encode(byte[] newText, int from, int newTo, CopyBuffer out) {
    text = newText;
    at = from;
    to = newTo;
    int bounds = readBounds();
    int dimensions = countOpening();
    if (bounds >= 0 && bounds != dimensions) {
      throw notAnArray();
    }
    if (to - at == 2 && text[at] == '{' && text[at + 1] == '}') {
      header(0, 0, out);
      return;
    }
    int lengthAt = out.position();
    header(dimensions, 0, out);
    boolean nulls = readElements(dimensions, out);
    out.int32At(lengthAt, out.position() - lengthAt - 4);
    out.int32At(lengthAt + 8, nulls ? 1 : 0);
    for (int i = 0; i < dimensions; i++) {
      if (bounds > 0 && (long) upperBounds[i] - lowerBounds[i] + 1 != sizes[i]) {
        throw notAnArray();
      }
      out.int32At(lengthAt + 16 + DIMENSION_BYTES * i, sizes[i]);
    }
  }

  private void header(int dimensions, int flags, CopyBuffer out) {
    out.int32(12 + DIMENSION_BYTES * dimensions);
    out.int32(dimensions);
    out.int32(flags);
    out.int32(elementType);
    for (int i = 0; i < dimensions; i++) {
      out.int32(0);
      out.int32(lowerBounds[i]);
    }
  }

  /** Reads {@code [2:4][1:2]=} if it is there. Returns how many dimensions it names, or -1. */
  private int readBounds() {
    Arrays.fill(lowerBounds, 1);
    if (peek() != '[') {
      return -1;
    }
    int dimension = 0;
    while (skip('[')) {
      if (dimension == MAX_DIMENSIONS) {
        throw notAnArray();
      }
      lowerBounds[dimension] = integer();
      expect(':');
      upperBounds[dimension++] = integer();
      expect(']');
    }
    expect('=');
    return dimension;
  }

  private int countOpening() {
    int dimensions = 0;
    while (at + dimensions < to && text[at + dimensions] == '{') {
      dimensions++;
    }
    if (dimensions == 0 || dimensions > MAX_DIMENSIONS) {
      throw notAnArray();
    }
    return dimensions;
  }

  /** Reads all elements; checks that the array is rectangular. Returns whether any is NULL. */
  private boolean readElements(int dimensions, CopyBuffer out) {
    Arrays.fill(sizes, -1);
    Arrays.fill(counts, 0);
    boolean nulls = false;
    int depth = 0;
    do {
      while (depth < dimensions) {
        expect('{');
        counts[depth++] = 0;
      }
      nulls |= readElement(out);
      counts[depth - 1]++;
      while (depth > 0 && skip('}')) {
        closed(--depth);
      }
    } while (depth > 0 && skip(','));
    if (depth != 0 || at != to) {
      throw notAnArray();
    }
    return nulls;
  }

  private void closed(int depth) {
    if (sizes[depth] >= 0 && sizes[depth] != counts[depth]) {
      throw notAnArray();
    }
    sizes[depth] = counts[depth];
    if (depth > 0) {
      counts[depth - 1]++;
    }
  }

  private boolean readElement(CopyBuffer out) {
    if (peek() == '"') {
      readQuoted(out);
      return false;
    }
    int from = at;
    while (at < to && text[at] != ',' && text[at] != '}') {
      byte b = text[at++];
      if (b == '"' || b == '\\' || b == '{' || (b >= 0 && b <= ' ')) {
        throw notAnArray();
      }
    }
    if (at == from) {
      throw notAnArray();
    }
    if (at - from == 4 && (text[from] | 0x20) == 'n' && isNull(from)) {
      out.int32(CopyBinary.NULL);
      return true;
    }
    element.encode(text, from, at, out);
    return false;
  }

  private boolean isNull(int from) {
    return CopyBinary.ascii(text, from, from + 4).equalsIgnoreCase("NULL");
  }

  private void readQuoted(CopyBuffer out) {
    at++;
    unescaped.reset();
    int run = at;
    while (at < to && text[at] != '"') {
      if (text[at] == '\\') {
        unescaped.append(text, run, at - run);
        // The escaped character is taken as it is, and does not end the element.
        run = ++at;
      }
      at++;
    }
    if (at >= to) {
      throw notAnArray();
    }
    if (unescaped.position() == 0 && run == at) {
      element.encode(text, at, at, out);
    } else {
      unescaped.append(text, run, at - run);
      element.encode(unescaped.array(), 0, unescaped.position(), out);
    }
    at++;
  }

  private int integer() {
    int start = at;
    skip('-');
    while (at < to && text[at] >= '0' && text[at] <= '9') {
      at++;
    }
    try {
      return Integer.parseInt(CopyBinary.ascii(text, start, at));
    } catch (NumberFormatException e) {
      throw notAnArray();
    }
  }

  private int peek() {
    return at < to ? text[at] : 0;
  }

  private boolean skip(int expected) {
    if (peek() == expected) {
      at++;
      return true;
    }
    return false;
  }

  private void expect(int expected) {
    if (!skip(expected)) {
      throw notAnArray();
    }
  }

  private static BadRecordException notAnArray() {
    return mismatch("a text that is not an array as PostgreSQL writes it");
  }
}
