package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.RestoreMode;
import io.holdfast.RestoreStrategy;
import io.holdfast.postgres.TestPostgres.Database;
import io.holdfast.spi.HandlerException;
import io.holdfast.testkit.MemoryBackup;
import io.holdfast.testkit.Pump;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Fields of documents that have one type get columns of their own. */
class DocumentColumnsTest {
  private Database target;

  @BeforeEach
  void createTarget() throws Exception {
    target = TestPostgres.createDatabase();
  }

  @AfterEach
  void dropTarget() throws Exception {
    target.close();
  }

  private void restore(String... records) {
    Pump.create().write(DocumentBackups.of("c", records), DocumentBackups.withColumns(target));
  }

  /** All columns but the three that are always there. */
  private Map<String, String> columns() throws Exception {
    Map<String, String> columns = new TreeMap<>();
    for (String line :
        target.query(
            "SELECT format_type(atttypid, atttypmod) || '|' || attname FROM pg_attribute"
                + " WHERE attrelid = 'c'::regclass AND attnum > 3 AND NOT attisdropped"
                + " ORDER BY attnum")) {
      int bar = line.indexOf('|');
      columns.put(line.substring(bar + 1), line.substring(0, bar));
    }
    return columns;
  }

  private void requireRoundTrip(String... records) throws Exception {
    assertThat(DocumentBackups.documents(target, "c"))
        .isEqualTo(DocumentDecoder.documents(List.of(records)));
  }

  @ParameterizedTest
  @EnumSource(names = {"TRANSACTION", "IN_PLACE"})
  void eachTypeHasItsColumn(RestoreStrategy strategy) throws Exception {
    String record =
        "{\"id\":\"a\",\"s\":\"x\",\"i\":-9223372036854775808,\"d\":1.5,\"b\":true,"
            + "\"at\":{\"$date\":\"2026-01-09T00:00:00.123456Z\"},"
            + "\"raw\":{\"$binary\":{\"base64\":\"AAEC/w==\",\"subType\":\"00\"}},"
            + "\"list\":[1,1.0],\"map\":{\"$$x\":1},\"ref\":{\"$ref\":\"a/b\"},"
            + "\"geo\":{\"$geo\":[1.0,2.0]},\"vector\":{\"$vector\":[1.0]},"
            + "\"dec\":{\"$numberDecimal\":\"1.50\"}}";
    Pump.create()
        .strategy(strategy)
        .write(DocumentBackups.of("c", record), DocumentBackups.withColumns(target));
    Map<String, String> expected = new LinkedHashMap<>();
    expected.put("s", "text");
    expected.put("i", "bigint");
    expected.put("d", "double precision");
    expected.put("b", "boolean");
    expected.put("at", "timestamp with time zone");
    expected.put("raw", "bytea");
    for (String json : List.of("list", "map", "ref", "geo", "vector", "dec")) {
      expected.put(json, "jsonb");
    }
    assertThat(columns()).isEqualTo(expected);
    assertThat(
            target.query(
                "SELECT concat_ws('|', id, parent, data, s, i, d, b, at AT TIME ZONE 'UTC', raw,"
                    + " list, map, ref, geo, vector, dec) FROM c"))
        .containsExactly(
            "a||{}|x|-9223372036854775808|1.5|t|2026-01-09 00:00:00.123456|\\x000102ff|[1, 1.0]|"
                + "{\"$$x\": 1}|{\"$ref\": \"a/b\"}|{\"$geo\": [1.0, 2.0]}|{\"$vector\": [1.0]}|"
                + "{\"$numberDecimal\": \"1.50\"}");
    assertThat(
            target.query(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'p'"
                    + " AND conrelid = 'c'::regclass"))
        .containsExactly("PRIMARY KEY (parent, id)");
    assertThat(target.query("SELECT obj_description('c'::regclass, 'pg_class')").get(0))
        .endsWith("holdfast:documents {\"collection\":\"c\"}");
    assertThat(target.query("SELECT relname FROM pg_class WHERE relname ~ 'holdfast'")).isEmpty();
    requireRoundTrip(record);
  }

  @Test
  void missingAndNullStayDifferent() throws Exception {
    String[] records = {
      "{\"id\":\"a\",\"x\":1,\"y\":[1],\"z\":{\"$date\":\"2026-01-09T00:00:00Z\"}}",
      "{\"id\":\"b\",\"x\":null,\"y\":null,\"z\":null,\"only\":null}",
      "{\"id\":\"c\"}"
    };
    restore(records);
    assertThat(columns().keySet()).containsExactly("x", "y", "z");
    assertThat(target.query("SELECT concat_ws('|', id, data, x, y) FROM c ORDER BY id"))
        .containsExactly(
            "a|{}|1|[1]", "b|{\"x\": null, \"y\": null, \"z\": null, \"only\": null}", "c|{}");
    requireRoundTrip(records);
  }

  @Test
  void doublesOfEveryFormShareAColumn() throws Exception {
    String[] records = {
      "{\"id\":\"a\",\"d\":1.0}",
      "{\"id\":\"b\",\"d\":-0.0}",
      "{\"id\":\"c\",\"d\":{\"$numberDouble\":\"NaN\"}}",
      "{\"id\":\"d\",\"d\":{\"$numberDouble\":\"-Infinity\"}}",
      "{\"id\":\"e\",\"d\":5e-324}",
      "{\"id\":\"f\",\"d\":1.7976931348623157E308}",
      "{\"id\":\"g\",\"d\":1e20}",
      "{\"id\":\"h\",\"d\":null}"
    };
    restore(records);
    assertThat(columns()).isEqualTo(Map.of("d", "double precision"));
    assertThat(target.query("SELECT d FROM c ORDER BY id"))
        .containsExactly(
            "1", "-0", "NaN", "-Infinity", "5e-324", "1.7976931348623157e+308", "1e+20", null);
    requireRoundTrip(records);
  }

  private static String date(String text) {
    return "{\"$date\":\"" + text + "\"}";
  }

  @Test
  void whatAColumnCouldNotHoldStaysInData() throws Exception {
    Map<String, List<String>> values = new LinkedHashMap<>();
    values.put("int and double", List.of("1", "1.0"));
    values.put("int and text", List.of("1", "\"1\""));
    values.put("array and map", List.of("[]", "{}"));
    values.put("map and ref", List.of("{}", "{\"$ref\":\"x\"}"));
    values.put(
        "nanoseconds",
        List.of(date("2026-01-09T00:00:00.123456789Z"), date("2026-01-09T00:00:00Z")));
    values.put("year 0", List.of(date("0000-01-09T00:00:00Z"), "null"));
    values.put(
        "subtype", List.of("{\"$binary\":{\"base64\":\"AA==\",\"subType\":\"05\"}}", "null"));
    values.put("zero", List.of("\"a\\u0000\"", "\"b\""));
    values.put("big", List.of("9223372036854775808", "1"));
    values.put("nothing", List.of("null", "null"));
    values.put("too big", List.of("{\"$numberDouble\":\"1e999\"}", "1.0"));
    for (String name : List.of("id", "parent", "data", "ctid", "tableoid", "", "é".repeat(32))) {
      values.put(name, List.of("1", "2"));
    }
    List<String> first = new ArrayList<>();
    List<String> second = new ArrayList<>();
    values.forEach(
        (name, pair) -> {
          String key = "\"" + (name.equals("id") ? "$id" : name) + "\":";
          first.add(key + pair.get(0));
          second.add(key + pair.get(1));
        });
    String[] records = {
      "{\"id\":\"a\"," + String.join(",", first) + ",\"fine\":1}",
      "{\"id\":\"b\","
          + String.join(",", second)
          + ",\"fine\":2,\"nano\":"
          + date("2026-01-09T00:00:00.123456000Z")
          + "}",
      "{\"id\":\"z\",\"fine\":\"not the same type\",\"in pairs\\u0000\":1}"
    };
    restore(records);
    assertThat(columns()).isEqualTo(Map.of("fine", "bigint", "nano", "timestamp with time zone"));
    requireRoundTrip(records);
  }

  @Test
  void namesNeedNotBeSimple() throws Exception {
    String[] records = {
      "{\"id\":\"a\",\"Select\":1,\"q\\\"uote\":2,\"back\\\\slash\":3,\"new\\nline\":4,\"'\":5,"
          + "\"%s %1$s\":6,\"$$dollar\":7,\"é 漢 😀\":8,\"user\":9,\"a?b\":10,\"{fn x}\":11,"
          + "\""
          + "n".repeat(63)
          + "\":12,\"oid\":13,\"ID\":14}"
    };
    restore(records);
    assertThat(columns().keySet())
        .containsExactlyInAnyOrder(
            "Select",
            "q\"uote",
            "back\\slash",
            "new\nline",
            "'",
            "%s %1$s",
            "$dollar",
            "é 漢 😀",
            "user",
            "a?b",
            "{fn x}",
            "n".repeat(63),
            "oid",
            "ID");
    requireRoundTrip(records);
  }

  @Test
  void ofVeryManyFieldsTheCommonestGetColumns() throws Exception {
    List<String> records = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      StringBuilder record = new StringBuilder("{\"id\":\"" + i + "\"");
      for (int field = 0; field < 1_200; field++) {
        if (i == 0 || field >= 1_000) {
          // Long enough to fill the page, and short enough to stay in it.
          record.append(",\"f%d\":\"%s%d\"".formatted(field, "x".repeat(19), field));
        }
      }
      records.add(record.append('}').toString());
    }
    restore(records.toArray(String[]::new));
    assertThat(columns()).hasSize(DocumentColumns.MAX_COLUMNS).containsKeys("f1000", "f1199");
    requireRoundTrip(records.toArray(String[]::new));
  }

  @Test
  void aTableThatIsReplacedKeepsItsColumnsAndGetsMore() throws Exception {
    restore("{\"id\":\"a\",\"x\":1,\"gone\":1,\"changed\":1}");
    target.execute("CREATE VIEW v AS SELECT x FROM c", "CREATE INDEX ON c (x)");
    String[] records = {"{\"id\":\"a\",\"x\":2,\"more\":true,\"changed\":\"text\"}"};
    Pump.create()
        .mode(RestoreMode.REPLACE)
        .write(DocumentBackups.of("c", records), DocumentBackups.withColumns(target));
    assertThat(columns())
        .isEqualTo(Map.of("x", "bigint", "gone", "bigint", "changed", "bigint", "more", "boolean"));
    assertThat(target.query("SELECT x FROM v")).containsExactly("2");
    assertThat(target.query("SELECT data FROM c")).containsExactly("{\"changed\": \"text\"}");
    requireRoundTrip(records);
    // Without the option no more columns are added, and those that are there are filled.
    String[] later = {"{\"id\":\"b\",\"x\":3,\"other\":1}"};
    Pump.create()
        .mode(RestoreMode.REPLACE)
        .write(DocumentBackups.of("c", later), DocumentBackups.handler(target));
    assertThat(target.query("SELECT concat_ws('|', id, x, data) FROM c"))
        .containsExactly("b|3|{\"other\": 1}");
    requireRoundTrip(later);
  }

  @Test
  void aMergeFillsTheColumnsThatAreThere() throws Exception {
    restore("{\"id\":\"a\",\"x\":1,\"y\":1}", "{\"id\":\"b\",\"x\":2,\"y\":2}");
    String[] later = {"{\"id\":\"b\",\"x\":3,\"new\":1}", "{\"id\":\"c\",\"x\":4}"};
    Pump.create()
        .mode(RestoreMode.MERGE)
        .write(DocumentBackups.of("c", later), DocumentBackups.withColumns(target));
    assertThat(target.query("SELECT concat_ws('|', id, x, y, data) FROM c ORDER BY id"))
        .containsExactly("a|1|1|{}", "b|3|{\"new\": 1}", "c|4|{}");
    requireRoundTrip("{\"id\":\"a\",\"x\":1,\"y\":1}", later[0], later[1]);
  }

  @Test
  void theServersOwnErrorNamesTheCollectionAndUndoesEverything() throws Exception {
    MemoryBackup wrong =
        DocumentBackups.of("c", "{\"id\":\"a\",\"at\":{\"$date\":\"2026-02-31T00:00:00Z\"}}");
    assertThatThrownBy(() -> Pump.create().write(wrong, DocumentBackups.withColumns(target)))
        .isInstanceOf(HandlerException.class)
        .hasMessageContaining("spread the documents of c over columns")
        .hasMessageNotContaining("2026-02-31")
        .hasMessageContaining("The target is left as it was");
    assertThat(target.query("SELECT count(*) FROM pg_class WHERE relname IN ('c')"))
        .containsExactly("0");
  }
}
