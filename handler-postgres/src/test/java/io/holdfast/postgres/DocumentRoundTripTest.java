package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.RestoreMode;
import io.holdfast.RestoreStrategy;
import io.holdfast.postgres.TestPostgres.Database;
import io.holdfast.testkit.MemoryBackup;
import io.holdfast.testkit.Pump;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Documents that went into PostgreSQL come out of it the same, value for value. */
class DocumentRoundTripTest {
  /** Every type, and the values of it that something is likely to change. */
  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "false",
          "\"\"",
          "\"text \\u00e9 漢 😀 \\ud83d\\ude00 \\\" \\\\ \\/ \\n\\t\\r\\b\\f\\u0001\"",
          "\"a\\u0000b\"",
          "\"\\u0000\"",
          "\"\\\\u0000\"",
          "\"//0\"",
          "0",
          "1",
          "-1",
          "9223372036854775807",
          "-9223372036854775808",
          "1.0",
          "0.0",
          "-0.0",
          "-0.00",
          "1.50",
          "-12345.678",
          "1e20",
          "1E7",
          "1.0E-5",
          "-1.25e-10",
          "0e0",
          "-0e5",
          "100000000000000000000.0",
          "5e-324",
          "4.9E-324",
          "2.2250738585072014E-308",
          "1.7976931348623157E308",
          "-1.7976931348623157e+308",
          "0.1",
          "9007199254740993.0",
          "{\"$numberDouble\":\"NaN\"}",
          "{\"$numberDouble\":\"Infinity\"}",
          "{\"$numberDouble\":\"-Infinity\"}",
          "{\"$numberDouble\":\"-0.0\"}",
          "{\"$numberDecimal\":\"12.50\"}",
          "{\"$date\":\"2026-01-09T00:00:00Z\"}",
          "{\"$date\":\"0001-01-01T00:00:00Z\"}",
          "{\"$date\":\"9999-12-31T23:59:59.999999999Z\"}",
          "{\"$date\":\"2026-01-09T00:00:00.123456Z\"}",
          "{\"$date\":\"2026-01-09T00:00:00.100Z\"}",
          "{\"$binary\":{\"base64\":\"\",\"subType\":\"00\"}}",
          "{\"$binary\":{\"base64\":\"AAEC/w==\",\"subType\":\"00\"}}",
          "{\"$binary\":{\"base64\":\"AAEC/w==\",\"subType\":\"04\"}}",
          "{\"$ref\":\"projects/p/databases/d/documents/users/u1\"}",
          "{\"$ref\":\"projects/p/databases/d/documents/users/u\\u00001\"}",
          "{\"$geo\":[-0.0,1e-7]}",
          "{\"$geo\":[90.0,-180.0]}",
          "{\"$vector\":[1.0,-0.0,1e300,{\"$numberDouble\":\"NaN\"}]}",
          "{\"$vector\":[]}",
          "[]",
          "[1,1.0,\"x\",null,[true],{\"a\":[]}]",
          "[\"a\\u0000\",{\"k\\u0000\":-0.0}]",
          "{}",
          "{\"a\":{\"b\":{\"c\":{}}}}",
          "{\"$$ref\":1}",
          "{\"$$\":1,\"$$$x\":2,\"\":3}",
          "{\"id\":1,\"$$parent\":2,\"data\":3}",
          "{\"a\\u0000\":{\"$$b\\u0000\":{\"$$c\":1e300}},\"q\\\"\\\\\\n\\u0001\":\"\\u0000\"}",
          "{\"$$ref\\u0000\":{\"$ref\":\"x\"}}",
          "{\"\\u0000\":[{\"\\u0000\":[{\"x\":1}]}]}",
          "{\"$$map\":[[\"a\",1]]}",
          "{\"$$text\":\"AA==\"}");

  private static final List<String> NAMES =
      List.of(
          "name",
          "",
          "parent",
          "data",
          "Data",
          "$id",
          "$$id",
          "$$parent",
          "$$$x",
          "$$map",
          "with space",
          "q\\\"uote",
          "new\\nline",
          "back\\\\slash",
          "percent%s %1$s",
          "'apostrophe'",
          "dot.ted",
          "ünïcode 漢 😀",
          "ctid",
          "xmin",
          "oid",
          "user",
          "zero\\u0000",
          "$$zero\\u0000",
          "x".repeat(63),
          "x".repeat(64),
          "é".repeat(32),
          "n".repeat(1500));

  private static final List<String> IDS =
      List.of(
          "plain",
          "ünïcode 漢 😀",
          "zero\\u0000zero",
          "\\u0000",
          "new\\nline",
          "q\\\"uote ' back\\\\slash",
          "$dollar",
          "__id123__",
          "0",
          "i".repeat(1500));

  private static final List<String> PARENTS =
      List.of("users/u0", "users/\\u0000/posts/p\\u0000", "a/" + "b".repeat(1500), "ü/漢/\\\"/\\n");

  private static MemoryBackup everything() {
    Map<String, List<String>> collections = new LinkedHashMap<>();
    List<String> values = new ArrayList<>();
    for (String value : VALUES) {
      // The same field has a value of each type; another one of its own only one.
      int n = values.size();
      values.add("{\"id\":\"v%d\",\"mixed\":%s,\"only%d\":%s}".formatted(n, value, n, value));
    }
    collections.put("values", values);
    for (int i = 0; i < VALUES.size(); i++) {
      collections.put(
          "one" + i,
          List.of(
              "{\"id\":\"a\",\"v\":%s,\"w\":%s}".formatted(VALUES.get(i), VALUES.get(i)),
              "{\"id\":\"b\"}",
              "{\"id\":\"c\",\"w\":null}"));
    }
    List<String> names = new ArrayList<>();
    for (String name : NAMES) {
      names.add("{\"id\":\"n%d\",\"%s\":%d}".formatted(names.size(), name, names.size()));
    }
    names.add(
        "{\"id\":\"all\","
            + String.join(",", NAMES.stream().map(name -> "\"" + name + "\":1").toList())
            + "}");
    collections.put("names", names);
    List<String> places = new ArrayList<>();
    for (String id : IDS) {
      places.add("{\"id\":\"" + id + "\"}");
      places.add("{\"$parent\":\"users/u0\",\"x\":1,\"id\":\"" + id + "\"}");
    }
    for (String parent : PARENTS) {
      places.add(
          "{\"id\":\"p\",\"$parent\":\"" + parent + "\",\"x\":1}".replace("users/u0", "u/v"));
    }
    collections.put("places", places);
    return DocumentBackups.of(collections);
  }

  @ParameterizedTest
  @CsvSource({
    "false, TRANSACTION, 1",
    "false, IN_PLACE, 3",
    "true, TRANSACTION, 1",
    "true, IN_PLACE, 3"
  })
  void everyValueComesBackTheSame(boolean columns, RestoreStrategy strategy, int threads)
      throws Exception {
    MemoryBackup backup = everything();
    try (Database target = TestPostgres.createDatabase();
        Database copy = TestPostgres.createDatabase()) {
      PostgresHandler into =
          columns ? DocumentBackups.withColumns(target) : DocumentBackups.handler(target);
      assertThat(
              Pump.create().strategy(strategy).threads(threads).batchRecords(5).write(backup, into))
          .isEqualTo(backup.counts());
      MemoryBackup first = Pump.create().read(DocumentBackups.handler(target));
      requireSame(backup, first);
      // From PostgreSQL to PostgreSQL it stays what it is.
      Pump.create().write(first, DocumentBackups.handler(copy));
      MemoryBackup second = Pump.create().read(DocumentBackups.handler(copy));
      requireSame(backup, second);
      assertThat(second.header().schema().path("collections"))
          .isEqualTo(first.header().schema().path("collections"));
    }
  }

  private static void requireSame(MemoryBackup expected, MemoryBackup found) throws Exception {
    for (Map.Entry<String, List<String>> each : expected.records().entrySet()) {
      assertThat(DocumentBackups.documents(found, each.getKey()))
          .as(each.getKey())
          .isEqualTo(DocumentDecoder.documents(each.getValue()));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void documentsMadeByChanceComeBackTheSame(boolean columns) throws Exception {
    Random random = new Random(7);
    List<String> records = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      StringBuilder record = new StringBuilder("{\"id\":\"r" + i + "\"");
      for (int field = 0; field < 12; field++) {
        if (random.nextInt(3) > 0) {
          record.append(",\"f").append(field).append("\":");
          boolean sameType = field < 6;
          record.append(sameType ? ofType(field, random) : any(random, 3));
        }
      }
      records.add(record.append('}').toString());
    }
    try (Database target = TestPostgres.createDatabase()) {
      PostgresHandler into =
          columns ? DocumentBackups.withColumns(target) : DocumentBackups.handler(target);
      Pump.create().write(DocumentBackups.of(Map.of("made", records)), into);
      assertThat(DocumentBackups.documents(target, "made"))
          .isEqualTo(DocumentDecoder.documents(records));
    }
  }

  private static String ofType(int type, Random random) {
    return switch (type) {
      case 0 -> Long.toString(random.nextLong());
      case 1 -> Double.toString(Double.longBitsToDouble(random.nextLong())).replace("NaN", "1.5");
      case 2 -> "\"" + Long.toString(random.nextLong(), 36) + "\"";
      case 3 -> random.nextInt(4) == 0 ? "null" : Boolean.toString(random.nextBoolean());
      case 4 ->
          "{\"$date\":\""
              + java.time.Instant.ofEpochSecond(
                  random.nextLong(-62_135_596_800L, 253_402_300_800L),
                  1_000L * random.nextInt(1_000_000))
              + "\"}";
      default ->
          "{\"$binary\":{\"base64\":\""
              + java.util.Base64.getEncoder()
                  .encodeToString(Long.toString(random.nextLong()).getBytes(StandardCharsets.UTF_8))
              + "\",\"subType\":\"00\"}}";
    };
  }

  private static String any(Random random, int depth) {
    int choice = random.nextInt(depth > 0 ? 4 : 2);
    if (choice < 2) {
      return VALUES.get(random.nextInt(VALUES.size()));
    }
    List<String> parts = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      String key =
          random.nextInt(9) == 0 ? "\\u0000" + i : random.nextInt(9) == 0 ? "$$" + i : "k" + i;
      parts.add((choice == 2 ? "" : "\"" + key + "\":") + any(random, depth - 1));
    }
    return (choice == 2 ? "[" : "{") + String.join(",", parts) + (choice == 2 ? "]" : "}");
  }

  @Test
  void aMergedDocumentHasNothingLeftOfBefore() throws Exception {
    MemoryBackup first =
        DocumentBackups.of(
            "c",
            "{\"id\":\"a\",\"n\":1,\"s\":\"x\"}",
            "{\"id\":\"b\",\"n\":2,\"s\":\"y\"}",
            "{\"id\":\"a\",\"$parent\":\"p/q\",\"n\":3}");
    List<String> later =
        List.of("{\"id\":\"b\",\"n\":\"text\",\"more\":1.0}", "{\"id\":\"c\",\"n\":4}");
    for (boolean columns : new boolean[] {true, false}) {
      for (boolean laterColumns : new boolean[] {true, false}) {
        try (Database target = TestPostgres.createDatabase()) {
          Pump.create()
              .write(
                  first,
                  columns ? DocumentBackups.withColumns(target) : DocumentBackups.handler(target));
          Pump.create()
              .mode(RestoreMode.MERGE)
              .strategy(laterColumns ? RestoreStrategy.IN_PLACE : RestoreStrategy.TRANSACTION)
              .write(
                  DocumentBackups.of(Map.of("c", later)),
                  laterColumns
                      ? DocumentBackups.withColumns(target)
                      : DocumentBackups.handler(target));
          List<String> expected = new ArrayList<>(first.records().get("c"));
          expected.remove(1);
          expected.addAll(later);
          assertThat(DocumentBackups.documents(target, "c"))
              .isEqualTo(DocumentDecoder.documents(expected));
        }
      }
    }
  }
}
