package io.holdfast.postgres;

import io.holdfast.postgres.PostgresSchema.CollectionSchema;
import io.holdfast.postgres.PostgresSchema.Field;
import io.holdfast.postgres.internal.Sql;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Where the records of one collection go, and how they get there.
 *
 * @param collection the collection's name in the backup
 * @param table the table; for large objects, a description of what their records hold
 * @param fields what a record may hold, in the order in which it most likely does
 * @param stage the temporary table that takes the rows first, if they cannot go to their place at
 *     once
 * @param binary whether rows are sent in COPY's binary form
 * @param document whether a record is a document, for a table of an id and JSON
 * @param documents how documents get into a table that is made for them; empty for others
 */
record RestoreTarget(
    String collection,
    Table table,
    List<Input> fields,
    Optional<Stage> stage,
    boolean binary,
    boolean document,
    Optional<DocumentLoad> documents) {
  /** A field of a record, and the column that it goes into. */
  record Input(Column column, ValueForm form) {}

  /**
   * A temporary table on the way.
   *
   * @param name its name, quoted for a statement
   * @param create what creates it
   * @param flush what brings its rows to their place
   * @param everyBatch whether that is done after each batch and empties it, or once at the end
   */
  record Stage(String name, String create, List<String> flush, boolean everyBatch) {}

  /** Copies the list. */
  RestoreTarget {
    fields = List.copyOf(fields);
  }

  /**
   * A table as the target of records whose fields were checked.
   *
   * @param described how the backup describes the records; empty if they describe themselves
   * @param documents whether the records come from a database of documents
   * @param merge whether rows replace those with the same key
   */
  static RestoreTarget of(
      String collection,
      Table table,
      Optional<CollectionSchema> described,
      boolean documents,
      boolean merge,
      boolean allowBinary) {
    List<Input> inputs = inputs(table, described);
    return new RestoreTarget(
        collection,
        table,
        inputs,
        merge ? Optional.of(mergeStage(table, inputs)) : Optional.empty(),
        allowBinary && inputs.stream().allMatch(RestoreTarget::isBinary),
        documents && described.isEmpty() && isDocumentTable(inputs),
        Optional.empty());
  }

  /** A table that is made for documents. */
  static RestoreTarget ofDocuments(Table table, DocumentLoad load) {
    List<Input> inputs =
        DocumentToCopy.COLUMNS.stream()
            .map(table::column)
            .map(column -> new Input(column, column.form()))
            .toList();
    return new RestoreTarget(
        load.table().collection(),
        table,
        inputs,
        load.merge() && !load.spread() ? Optional.of(mergeStage(table, inputs)) : Optional.empty(),
        true,
        false,
        Optional.of(load));
  }

  private static List<Input> inputs(Table table, Optional<CollectionSchema> described) {
    if (described.isEmpty()) {
      return table.storedColumns().stream()
          .map(column -> new Input(column, ValueForm.VALUE))
          .toList();
    }
    Map<String, Column> columns =
        table.storedColumns().stream().collect(Collectors.toMap(Column::name, Function.identity()));
    List<Input> inputs = new ArrayList<>();
    for (Field field : described.get().fields()) {
      Column column = columns.get(field.name());
      if (column != null) {
        inputs.add(new Input(column, field.form()));
      }
    }
    return inputs;
  }

  /** Whether a table has an {@code id} and one column of JSON, which takes documents whole. */
  static boolean isDocumentTable(Table table) {
    return isDocumentTable(inputs(table, Optional.empty()));
  }

  private static boolean isDocumentTable(List<Input> inputs) {
    return inputs.size() == 2
        && inputs.get(0).column.name().equals("id")
        && inputs.get(1).column.form() == ValueForm.JSON;
  }

  private static boolean isBinary(Input input) {
    return input.form != ValueForm.VALUE
        && CopyBinary.encoderFor(input.column.baseType(), input.column.baseTypeKind()).isPresent();
  }

  private static Stage mergeStage(Table table, List<Input> inputs) {
    String name = "pg_temp." + Sql.quoteIdentifier("holdfast_merge_" + table.oid());
    String columns = columnList(inputs);
    List<String> key = table.primaryKey();
    String assignments =
        inputs.stream()
            .map(input -> input.column.name())
            .filter(column -> !key.contains(column))
            .map(Sql::quoteIdentifier)
            .map(column -> column + "=EXCLUDED." + column)
            .collect(Collectors.joining(","));
    return new Stage(
        name,
        "CREATE TEMP TABLE %s ON COMMIT DROP AS SELECT %s FROM ONLY %s WITH NO DATA"
            .formatted(
                Sql.quoteIdentifier("holdfast_merge_" + table.oid()), columns, table.toSql()),
        List.of(
            "INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s ON CONFLICT (%s) DO %s"
                .formatted(
                    table.toSql(),
                    columns,
                    columns,
                    name,
                    Sql.quoteIdentifiers(key),
                    assignments.isEmpty() ? "NOTHING" : "UPDATE SET " + assignments),
            "DROP TABLE " + name),
        false);
  }

  private static String columnList(List<Input> inputs) {
    return Sql.quoteIdentifiers(inputs.stream().map(input -> input.column.name()).toList());
  }

  /** The statement that takes the rows. */
  String copySql() {
    String columns = columnList(fields);
    return "COPY "
        + place()
        + (columns.isEmpty() ? "" : " (" + columns + ")")
        + " FROM STDIN"
        + (binary ? " (FORMAT binary)" : "");
  }

  private String place() {
    Optional<String> landing =
        documents.filter(DocumentLoad::spread).map(load -> load.table().landingSql());
    return landing.or(() -> stage.map(Stage::name)).orElseGet(table::toSql);
  }

  /** A converter for one thread. */
  RowConverter converter() {
    if (documents.isPresent()) {
      return new DocumentToCopy(collection);
    }
    List<JsonToCopy.Target> targets = new ArrayList<>();
    for (Input input : fields) {
      targets.add(new JsonToCopy.Target(input.column.name(), reader(input)));
    }
    return document
        ? JsonToCopy.document(collection, targets.get(0), targets.get(1))
        : JsonToCopy.columns(collection, targets, binary);
  }

  private ColumnReader reader(Input input) {
    ValueReader value = valueReader(input);
    if (!binary) {
      return ColumnReader.text(value);
    }
    FieldEncoder encoder =
        CopyBinary.encoderFor(input.column.baseType(), input.column.baseTypeKind()).orElseThrow();
    return ColumnReader.binary(value, input.column, encoder);
  }

  private static ValueReader valueReader(Input input) {
    return switch (input.form) {
      case INTEGER -> ValueReader.INTEGER;
      case DOUBLE -> ValueReader.DOUBLE;
      case BOOLEAN -> ValueReader.BOOLEAN;
      case JSON -> ValueReader.JSON;
      case TEXT -> ValueReader.TEXT;
      case VALUE -> selfDescribing(input.column);
    };
  }

  private static ValueReader selfDescribing(Column column) {
    if (column.form() == ValueForm.JSON) {
      return ValueReader.VALUE_AS_JSON;
    }
    // text, bpchar, varchar
    boolean text = List.of(25L, 1042L, 1043L).contains(column.baseType());
    return text ? ValueReader.VALUE_AS_TEXT : ValueReader.VALUE;
  }
}
