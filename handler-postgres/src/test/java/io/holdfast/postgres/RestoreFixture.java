package io.holdfast.postgres;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreStrategy;
import io.holdfast.postgres.PostgresSchema.SequenceState;
import io.holdfast.postgres.internal.Sql;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.Consistency;
import io.holdfast.spi.DocumentHeader;
import io.holdfast.spi.RecordBatch;
import io.holdfast.spi.RestoreRequest;
import io.holdfast.spi.RestoreSession;
import io.holdfast.spi.Retry;
import io.holdfast.spi.SourceInfo;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A backup in memory, read from a database in a plain way that shares no code with the handler's
 * reader, and the steps of a restore.
 */
final class RestoreFixture {
  private RestoreFixture() {}

  /** Header and records by collection. */
  record Backup(DocumentHeader header, Map<String, List<String>> records) {
    Map<String, Long> counts() {
      Map<String, Long> counts = new LinkedHashMap<>();
      records.forEach((name, list) -> counts.put(name, (long) list.size()));
      return counts;
    }

    Backup with(String collection, List<String> other) {
      Map<String, List<String>> changed = new LinkedHashMap<>(records);
      changed.put(collection, other);
      return new Backup(header, changed);
    }
  }

  static DocumentHeader header(String handler, ObjectNode schema) {
    return new DocumentHeader(
        "test", 1, new SourceInfo(handler, "db", "", Instant.EPOCH, Consistency.SNAPSHOT), schema);
  }

  /** Self-describing records of another handler. */
  static Backup foreign(String handler, Map<String, List<String>> records) {
    return new Backup(header(handler, JsonNodeFactory.instance.objectNode()), records);
  }

  static Backup read(TestPostgres.Database database) throws SQLException {
    try (PinnedConnection connection = Connections.from(database.dataSource()).open()) {
      connection.beginLoading();
      Catalog catalog = Catalog.read(connection.jdbc(), CollectionFilter.ALL);
      Map<String, PostgresSchema.CollectionSchema> described = new LinkedHashMap<>();
      Map<String, List<String>> records = new LinkedHashMap<>();
      for (Table table : catalog.tables()) {
        described.put(table.collection(), PostgresSchema.of(table));
        records.put(table.collection(), records(connection, table));
      }
      ObjectNode schema =
          new PostgresSchema(
                  false,
                  "UTF8",
                  described,
                  sequences(connection),
                  List.of(),
                  Optional.empty(),
                  Optional.empty())
              .toJson();
      return new Backup(header("postgres", schema), records);
    }
  }

  private static List<SequenceState> sequences(PinnedConnection connection) throws SQLException {
    List<SequenceState> found = new ArrayList<>();
    List<String[]> names = new ArrayList<>();
    try (Statement statement = connection.jdbc().createStatement()) {
      try (ResultSet row =
          statement.executeQuery("SELECT schemaname, sequencename FROM pg_catalog.pg_sequences")) {
        while (row.next()) {
          names.add(new String[] {row.getString(1), row.getString(2)});
        }
      }
      for (String[] name : names) {
        try (ResultSet row =
            statement.executeQuery(
                "SELECT last_value, is_called FROM " + Sql.qualified(name[0], name[1]))) {
          row.next();
          found.add(new SequenceState(name[0], name[1], row.getLong(1), row.getBoolean(2)));
        }
      }
    }
    return found;
  }

  private static List<String> records(PinnedConnection connection, Table table)
      throws SQLException {
    List<String> records = new ArrayList<>();
    List<Column> columns = table.storedColumns();
    List<String> texts =
        columns.stream()
            .map(
                column ->
                    column.form() == ValueForm.BOOLEAN
                        ? Sql.quoteIdentifier(column.name())
                        // A cast to text drops the padding of character(n); concat does not.
                        : "CASE WHEN "
                            + Sql.quoteIdentifier(column.name())
                            + " IS DISTINCT FROM NULL THEN concat("
                            + Sql.quoteIdentifier(column.name())
                            + ") END")
            .toList();
    try (Statement statement = connection.jdbc().createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT " + String.join(",", texts) + " FROM ONLY " + table.toSql())) {
      while (row.next()) {
        List<String> fields = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
          String name = columns.get(i).name();
          fields.add(
              quote(name.startsWith("$") ? "$" + name : name)
                  + ":"
                  + value(columns.get(i).form(), row.getString(i + 1)));
        }
        records.add("{" + String.join(",", fields) + "}");
      }
    }
    return records;
  }

  private static String value(ValueForm form, String text) {
    if (text == null) {
      return "null";
    }
    return switch (form) {
      case INTEGER -> text;
      case BOOLEAN -> text.equals("t") ? "true" : "false";
      case DOUBLE ->
          text.matches("-?(NaN|Infinity)")
              ? "{\"$numberDouble\":\"" + text + "\"}"
              : text.matches("-?\\d+") ? text + ".0" : text;
      case JSON ->
          text.equals("null")
                  || text.startsWith("{\"$json\"")
                  || !text.equals(text.strip())
                  || text.chars().anyMatch(c -> c < ' ')
              ? "{\"$json\":" + quote(text) + "}"
              : text;
      default -> quote(text);
    };
  }

  static String quote(String text) {
    return JsonNodeFactory.instance.textNode(text).toString();
  }

  static RestoreStrategy strategy(boolean atomic) {
    return atomic ? RestoreStrategy.TRANSACTION : RestoreStrategy.IN_PLACE;
  }

  static RestoreRequest request(Backup backup, RestoreMode mode, boolean atomic) {
    return request(backup, mode, atomic, CollectionFilter.ALL);
  }

  static RestoreRequest request(
      Backup backup, RestoreMode mode, boolean atomic, CollectionFilter filter) {
    return new RestoreRequest(
        backup.header(),
        Optional.of(backup.counts()),
        filter,
        mode,
        strategy(atomic),
        false,
        3,
        Retry.none());
  }

  static RestoreSession open(TestPostgres.Database target, RestoreRequest request) {
    return PostgresRestoreSession.open(
        Connections.from(target.dataSource()), request, RestoreSettings.DEFAULT);
  }

  /** Restores all of it, in batches of a few records. */
  static Map<String, Long> restore(
      Backup backup, TestPostgres.Database target, RestoreMode mode, boolean atomic) {
    return restore(
        backup,
        PostgresRestoreSession.open(
            Connections.from(target.dataSource()),
            request(backup, mode, atomic),
            RestoreSettings.DEFAULT));
  }

  static Map<String, Long> restore(Backup backup, RestoreSession opened) {
    try (RestoreSession session = opened) {
      session.prepare();
      session.begin();
      writeAll(backup, session);
      Map<String, Long> rows = session.recordsWritten();
      session.finish();
      return rows;
    }
  }

  static void writeAll(Backup backup, RestoreSession session) {
    backup.records().forEach((name, records) -> write(session, name, records));
  }

  static void write(RestoreSession session, String collection, List<String> records) {
    for (int from = 0; from < records.size(); from += 7) {
      session.write(
          collection, RecordBatch.of(records.subList(from, Math.min(records.size(), from + 7))));
    }
  }

  /** Counts and hashes of all tables, states of sequences, constraints and triggers. */
  static Map<String, String> fingerprint(TestPostgres.Database database) throws SQLException {
    Map<String, String> print = new TreeMap<>();
    for (String table :
        database.query(
            "SELECT quote_ident(schemaname)||'.'||quote_ident(tablename) FROM pg_tables"
                + " WHERE schemaname !~ '^pg_' AND schemaname <> 'information_schema'")) {
      print.put(
          table,
          database
              .query(
                  "SELECT count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)"
                      + " || CASE WHEN count(*) < 20 THEN left(string_agg(t::text, ' ' ORDER BY t::text), 900) ELSE '' END"
                      + " FROM ONLY "
                      + table
                      + " t")
              .get(0));
    }
    for (String sequence :
        database.query(
            "SELECT quote_ident(schemaname)||'.'||quote_ident(sequencename) FROM pg_sequences")) {
      print.put(
          sequence,
          database.query("SELECT last_value || ' ' || is_called FROM " + sequence).get(0));
    }
    print.put(
        "constraints",
        String.join(
            "\n",
            database.query(
                "SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) || ' '"
                    + " || convalidated || ' ' || coalesce(obj_description(oid, 'pg_constraint'), '')"
                    + " FROM pg_constraint WHERE conrelid >= 16384 ORDER BY 1")));
    print.put(
        "triggers",
        String.join(
            "\n",
            database.query(
                "SELECT tgrelid::regclass || ' ' || tgname || ' ' || tgenabled::text FROM pg_trigger"
                    + " WHERE NOT tgisinternal ORDER BY 1")));
    print.put(
        "large objects",
        String.join(
            "\n",
            database.query(
                "SELECT oid || ' ' || pg_get_userbyid(lomowner) || ' ' || md5(lo_get(oid))"
                    + " FROM pg_largeobject_metadata ORDER BY oid")));
    return print;
  }
}
