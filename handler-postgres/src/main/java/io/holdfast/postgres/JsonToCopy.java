package io.holdfast.postgres;

import static io.holdfast.postgres.BadRecordException.corrupt;
import static io.holdfast.postgres.BadRecordException.mismatch;

import io.holdfast.format.FormatException;
import io.holdfast.postgres.internal.Sql;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.RecordBatch;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Turns records of one collection into rows of one {@code COPY}: the hot path of a restore. Records
 * whose keys stand in column order, without white space, are read by comparing bytes; any other
 * record by looking its keys up. A key that is missing is NULL, one that is unknown or occurs twice
 * is an error. Used by one thread at a time.
 */
final class JsonToCopy implements RowConverter {
  /**
   * A column that records may hold a value for.
   *
   * @param name its name, unquoted
   * @param reader what turns its value into a field
   */
  record Target(String name, ColumnReader reader) {}

  private static final int ABSENT = -1;

  private final String collection;
  private final boolean binary;
  private final boolean document;
  private final String[] names;
  private final ColumnReader[] readers;
  private final RecordKey[] keys;
  private final Map<String, Integer> columnsByKey = new HashMap<>();
  private final int[] valueStarts;
  private final JsonCursor in = new JsonCursor();
  private final JsonCursor restCursor = new JsonCursor();
  private final CopyBuffer rest = new CopyBuffer(256);

  /** The column at work, for error messages; -1 between columns. */
  private int column;

  private JsonToCopy(String collection, List<Target> columns, boolean binary, boolean document) {
    this.collection = collection;
    this.binary = binary;
    this.document = document;
    int count = columns.size();
    names = new String[count];
    readers = new ColumnReader[count];
    keys = new RecordKey[count];
    valueStarts = new int[count];
    for (int i = 0; i < count; i++) {
      String name = columns.get(i).name();
      String key = name.startsWith("$") ? "$" + name : name;
      names[i] = name;
      readers[i] = columns.get(i).reader();
      keys[i] = new RecordKey((i == 0 ? "{\"" : ",\"") + key + "\":");
      columnsByKey.put(key, i);
    }
  }

  /** For records with a key per column. */
  static JsonToCopy columns(String collection, List<Target> columns, boolean binary) {
    return new JsonToCopy(collection, columns, binary, false);
  }

  /**
   * For documents: the key {@code id} goes into the first column, everything else, as one JSON
   * object, into the second.
   */
  static JsonToCopy document(String collection, Target id, Target data) {
    return new JsonToCopy(collection, List.of(id, data), false, true);
  }

  @Override
  public void convert(RecordBatch batch, CopyBuffer out) {
    in.over(batch.array(), batch.start(), batch.end());
    int record = 0;
    try {
      while (record < batch.count()) {
        if (record > 0 && !(in.skip(',') && in.skip('\n'))) {
          throw corrupt("something other than a comma and a newline behind the record before it");
        }
        column = ABSENT;
        row(out);
        record++;
      }
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
    if (binary) {
      out.int16(readers.length);
    }
    if (document || !rowInOrder(out)) {
      in.pos = start;
      out.position(binary ? rowStart + 2 : rowStart);
      rowByKeys(out);
    }
    if (!binary) {
      out.append('\n');
    }
  }

  /** Returns false, with a part of the row written, if the keys are not the expected ones. */
  private boolean rowInOrder(CopyBuffer out) {
    int count = readers.length;
    if (count == 0) {
      return in.skip('{') && in.skip('}');
    }
    for (int i = 0; i < count; i++) {
      if (!in.skip(keys[i])) {
        return false;
      }
      field(i, out);
    }
    return in.skip('}');
  }

  private void field(int i, CopyBuffer out) {
    column = i;
    if (!binary && i > 0) {
      out.append('\t');
    }
    if (in.skipNull()) {
      nullField(out);
    } else {
      readers[i].read(in, out);
    }
  }

  private void nullField(CopyBuffer out) {
    if (binary) {
      out.int32(CopyBinary.NULL);
    } else {
      CopyText.nullField(out);
    }
  }

  private void rowByKeys(CopyBuffer out) {
    column = ABSENT;
    if (document) {
      rest.reset();
      rest.append('{');
    }
    locateValues();
    int recordEnd = in.pos;
    for (int i = 0; i < readers.length; i++) {
      if (document && i == 1) {
        documentField(out);
      } else if (valueStarts[i] == ABSENT) {
        absentField(i, out);
      } else {
        in.pos = valueStarts[i];
        field(i, out);
      }
    }
    in.pos = recordEnd;
  }

  private void absentField(int i, CopyBuffer out) {
    if (!binary && i > 0) {
      out.append('\t');
    }
    nullField(out);
  }

  private void documentField(CopyBuffer out) {
    column = 1;
    rest.append('}');
    out.append('\t');
    restCursor.over(rest.array(), 0, rest.position());
    readers[1].read(restCursor, out);
  }

  /** Passes over the record once and notes where the value of each column begins. */
  private void locateValues() {
    Arrays.fill(valueStarts, ABSENT);
    in.skipSpace();
    if (!in.skip('{')) {
      throw corrupt("no object in braces");
    }
    in.skipSpace();
    if (in.skip('}')) {
      return;
    }
    do {
      in.skipSpace();
      int keyStart = in.pos;
      if (in.peek() != '"') {
        throw corrupt("a key that is not a string");
      }
      in.readString();
      String key = in.textAsString();
      in.skipSpace();
      in.expect(':');
      in.skipSpace();
      int valueStart = in.pos;
      in.skipValue();
      note(key, keyStart, valueStart);
      in.skipSpace();
    } while (in.skip(','));
    in.expect('}');
  }

  private void note(String key, int keyStart, int valueStart) {
    Integer found = columnsByKey.get(key);
    if (document && (found == null || found == 1)) {
      if (rest.position() > 1) {
        rest.append(',');
      }
      rest.append(in.bytes, keyStart, in.pos - keyStart);
      return;
    }
    if (found == null) {
      throw mismatch("a key that is no column of the table");
    }
    if (valueStarts[found] != ABSENT) {
      throw corrupt("the same key twice");
    }
    valueStarts[found] = valueStart;
  }

  private RuntimeException error(BadRecordException e, int record, int count) {
    String where =
        "Record "
            + record
            + " of a batch of "
            + count
            + " of collection "
            + collection
            + (column == ABSENT ? "" : ", column " + Sql.quoteIdentifier(names[column]) + ",");
    if (e.corrupt()) {
      return new FormatException(
          FormatException.Kind.CORRUPT, where + " is not a record: it has " + e.what() + ".");
    }
    return new HandlerException(
        HandlerException.Kind.MISMATCH,
        collection,
        where
            + " does not fit the table: it has "
            + e.what()
            + ". Restore into a table like the one that was backed up, or leave the collection"
            + " out.",
        null);
  }
}
