package io.holdfast.postgres;

import static io.holdfast.postgres.BadRecordException.corrupt;
import static io.holdfast.postgres.BadRecordException.mismatch;

import io.holdfast.format.FormatException;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.RecordBatch;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Turns documents into rows of a table of documents, in COPY's binary form: all fields as one
 * {@code jsonb}, the document's id, the path of its parent. Their order lets a record be written
 * while it is read. Used by one thread at a time.
 */
final class DocumentToCopy implements RowConverter {
  private static final byte[] ID = "id".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] PARENT = "$parent".getBytes(StandardCharsets.US_ASCII);

  /** The columns in the order in which they are written. */
  static final List<String> COLUMNS = List.of("data", "id", "parent");

  /** What every value of {@code jsonb} begins with (jsonb_recv). */
  private static final int JSONB_VERSION = 1;

  private final String collection;
  private final JsonCursor in = new JsonCursor();
  private final JsonbText values = new JsonbText(in);
  private final CopyBuffer id = new CopyBuffer(256);
  private final CopyBuffer parent = new CopyBuffer(256);
  private final CopyBuffer key = new CopyBuffer(64);
  private boolean hasId;
  private boolean hasParent;

  /** The part of the record at work, for error messages. */
  private String part = "";

  DocumentToCopy(String collection) {
    this.collection = collection;
  }

  @Override
  public void convert(RecordBatch batch, CopyBuffer out) {
    in.over(batch.array(), batch.start(), batch.end());
    int record = 0;
    try {
      while (record < batch.count()) {
        part = "";
        if (record > 0 && !(in.skip(',') && in.skip('\n'))) {
          throw corrupt("something other than a comma and a newline behind the record before it");
        }
        row(out);
        record++;
      }
      part = "";
      if (in.pos != in.end) {
        throw corrupt("more bytes than its records take");
      }
    } catch (BadRecordException e) {
      throw error(e, Math.min(record + 1, batch.count()), batch.count());
    }
  }

  private void row(CopyBuffer out) {
    int start = in.pos;
    int rowStart = out.position();
    values.begin(false);
    row(out, false);
    if (values.mustBeCareful()) {
      in.pos = start;
      out.position(rowStart);
      values.begin(true);
      in.skipSpace();
      row(out, values.hasZeroInKeys());
    }
  }

  /**
   * @param pairs whether the object of the fields is written as pairs of key and value
   */
  private void row(CopyBuffer out, boolean pairs) {
    out.int16(COLUMNS.size());
    int lengthAt = out.position();
    out.int32(0);
    out.append(JSONB_VERSION);
    hasId = false;
    hasParent = false;
    parent.reset();
    fields(out, pairs);
    out.int32At(lengthAt, out.position() - lengthAt - Integer.BYTES);
    if (!hasId) {
      throw mismatch("no id");
    }
    part = ", field \"id\",";
    text(id, out);
    part = ", field \"$parent\",";
    text(parent, out);
  }

  private void fields(CopyBuffer out, boolean pairs) {
    in.skipSpace();
    if (!in.skip('{')) {
      throw corrupt("no object in braces");
    }
    if (pairs) {
      JsonbText.beginMap(out);
    } else {
      out.append('{');
    }
    in.skipSpace();
    if (!in.skip('}')) {
      int first = out.position();
      do {
        in.skipSpace();
        field(out, pairs, out.position() == first);
        in.skipSpace();
      } while (in.skip(','));
      in.expect('}');
    }
    if (pairs) {
      JsonbText.endMap(out);
    } else {
      out.append('}');
    }
  }

  private void field(CopyBuffer out, boolean pairs, boolean first) {
    part = "";
    int keyStart = in.pos;
    if (in.peek() != '"') {
      throw corrupt("a key that is not a string");
    }
    boolean zero = values.passKey();
    int keyEnd = in.pos;
    values.passColon();
    int valueStart = in.pos;
    if (!zero && isKey(ID, keyStart, keyEnd)) {
      part = ", field \"id\",";
      requireFirst(hasId);
      hasId = true;
      string(id);
    } else if (!zero && isKey(PARENT, keyStart, keyEnd)) {
      part = ", field \"$parent\",";
      requireFirst(hasParent);
      hasParent = true;
      string(parent);
    } else {
      if (!first) {
        out.append(',');
      }
      if (pairs) {
        out.append('[');
        in.pos = keyStart;
        values.pairKey(true, out);
        out.append(',');
        in.pos = valueStart;
        values.value(out);
        out.append(']');
      } else {
        out.append(in.bytes, keyStart, valueStart - keyStart);
        values.value(out);
      }
    }
  }

  /** Whether that key is this one, also if it is written with escapes. */
  private boolean isKey(byte[] expected, int from, int to) {
    if (to - from - 2 == expected.length) {
      return Arrays.equals(in.bytes, from + 1, to - 1, expected, 0, expected.length);
    }
    if (!escaped(from, to)) {
      return false;
    }
    int back = in.pos;
    in.pos = from;
    key.reset();
    in.readStringWithZero(key);
    in.pos = back;
    return Arrays.equals(key.array(), 0, key.position(), expected, 0, expected.length);
  }

  /** Longer keys are not looked at: six bytes are the longest way to write one. */
  private boolean escaped(int from, int to) {
    if (to - from - 2 > 6 * PARENT.length) {
      return false;
    }
    for (int i = from + 1; i < to - 1; i++) {
      if (in.bytes[i] == '\\') {
        return true;
      }
    }
    return false;
  }

  private static void requireFirst(boolean there) {
    if (there) {
      throw corrupt("the same key twice");
    }
  }

  private void string(CopyBuffer into) {
    if (in.peek() == 'n') {
      throw mismatch("a value that is not a string");
    }
    into.reset();
    in.readStringWithZero(into);
  }

  /** A field of type text, where {@code //0} stands for U+0000, which PostgreSQL refuses. */
  private static void text(CopyBuffer text, CopyBuffer out) {
    byte[] bytes = text.array();
    int length = text.position();
    int lengthAt = out.position();
    out.int32(0);
    int copied = 0;
    for (int i = 0; i < length; i++) {
      if (bytes[i] == 0) {
        out.append(bytes, copied, i - copied);
        out.append('/');
        out.append('/');
        out.append('0');
        copied = i + 1;
      } else if (bytes[i] == '/' && i + 2 < length && bytes[i + 1] == '/' && bytes[i + 2] == '0') {
        throw mismatch("the characters //0, which stand for U+0000 there");
      }
    }
    out.append(bytes, copied, length - copied);
    out.int32At(lengthAt, out.position() - lengthAt - Integer.BYTES);
  }

  private RuntimeException error(BadRecordException e, int record, int count) {
    String where =
        "Record " + record + " of a batch of " + count + " of collection " + collection + part;
    if (e.corrupt()) {
      return new FormatException(
          FormatException.Kind.CORRUPT, where + " is not a record: it has " + e.what() + ".");
    }
    return new HandlerException(
        HandlerException.Kind.MISMATCH,
        collection,
        where
            + " is no document that a table can hold: it has "
            + e.what()
            + ". A document has a string \"id\", and a string \"$parent\" if it is nested. Take the"
            + " backup again if its source has such a one, or leave the collection out.",
        null);
  }
}
