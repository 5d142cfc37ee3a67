package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.postgres.internal.Sql;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Values of every kind of type are written so that the server reads the same value again. */
class TypesTest {
  private static final Set<String> JSON_TYPES = Set.of("json", "jsonb", "public.doc");

  private static final Map<String, List<String>> VALUES = new LinkedHashMap<>();

  static {
    VALUES.put("smallint", List.of("'-32768'", "'32767'"));
    VALUES.put("integer", List.of("'-2147483648'", "'0'"));
    VALUES.put("bigint", List.of("'-9223372036854775808'", "'9223372036854775807'"));
    VALUES.put("oid", List.of("'4294967295'"));
    VALUES.put("real", List.of("'1'", "'0.1'", "'-0'", "'NaN'", "'Infinity'", "'3.4028235e+38'"));
    VALUES.put(
        "double precision",
        List.of(
            "'1'", "'0.1'", "'-0'", "'-Infinity'", "'5e-324'", "'1e22'", "'123456789012345678'"));
    VALUES.put("numeric", List.of("'0.10'", "'NaN'", "'1e100'", "'-12345678901234567890.5'"));
    VALUES.put("boolean", List.of("true", "false"));
    VALUES.put(
        "text",
        List.of("''", "E'\\\\N'", "E'\\t\\n\\r\\b\\f\\v\\x01\\x7f\"\\\\'", "'null'", "'ü🚀'"));
    VALUES.put("varchar(5)", List.of("'a b'"));
    VALUES.put("char(5)", List.of("'a'"));
    VALUES.put("\"char\"", List.of("'a'"));
    VALUES.put("name", List.of("'a\"b'"));
    VALUES.put("bytea", List.of("''", "'\\x00ff0a'"));
    VALUES.put("date", List.of("'2026-01-09'", "'infinity'", "'0044-03-15 BC'", "'5874897-12-31'"));
    VALUES.put("time", List.of("'24:00'", "'12:00:00.000001'"));
    VALUES.put("timetz", List.of("'12:00:00+05:30'"));
    VALUES.put(
        "timestamp", List.of("'2026-01-09 12:00:00.123456'", "'-infinity'", "'0001-01-01 BC'"));
    VALUES.put("timestamptz", List.of("'2026-01-09 12:00:00.1+14'", "'infinity'"));
    VALUES.put("interval", List.of("'1 year 2 mons -3 days 04:05:06.000007'", "'-1 day +1 hour'"));
    VALUES.put("uuid", List.of("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"));
    VALUES.put(
        "json",
        List.of(
            "'null'", "'1.00'", "E'{\"a\":\\n1}'", "' 1'", "'{\"$json\":\"x\"}'", "'\"\\u0000\"'"));
    VALUES.put("jsonb", List.of("'null'", "'1e400'", "'{\"$json\": 1}'", "'\"\\n\\\\\"'", "'[]'"));
    VALUES.put("xml", List.of("'<a>&lt;</a>'", "'text'"));
    VALUES.put("inet", List.of("'10.0.0.1/8'", "'::1'"));
    VALUES.put("cidr", List.of("'10.0.0.0/8'"));
    VALUES.put("macaddr", List.of("'08:00:2b:01:02:03'"));
    VALUES.put("macaddr8", List.of("'08:00:2b:01:02:03:04:05'"));
    VALUES.put("bit(3)", List.of("B'101'"));
    VALUES.put("varbit", List.of("B''", "B'10101'"));
    VALUES.put("money", List.of("'-1234567.89'", "'0'"));
    VALUES.put("point", List.of("'(1.5,-0)'", "'(NaN,Infinity)'"));
    VALUES.put("line", List.of("'{1,2,3}'"));
    VALUES.put("lseg", List.of("'[(1,2),(3,4)]'"));
    VALUES.put("box", List.of("'(3,4),(1,2)'"));
    VALUES.put("path", List.of("'[(1,2),(3,4)]'", "'((1,2),(3,4))'"));
    VALUES.put("polygon", List.of("'((1,2),(3,4),(5,6))'"));
    VALUES.put("circle", List.of("'<(1,2),3>'"));
    VALUES.put("tsvector", List.of("'a:1A b:2 ''c d'''"));
    VALUES.put("tsquery", List.of("'a & !b <-> c'"));
    VALUES.put("int4range", List.of("'[1,5)'", "'empty'", "'(,)'"));
    VALUES.put("tstzrange", List.of("'[2026-01-01,2026-02-01)'"));
    VALUES.put("integer[]", List.of("'{}'", "'{1,NULL,3}'", "'[0:1]={1,2}'", "'{{1,2},{3,4}}'"));
    VALUES.put("text[]", List.of("'{\"a,b\",NULL,\"NULL\",\"\",\"\\\\\\\"\"}'"));
    VALUES.put("jsonb[]", List.of("ARRAY['{\"a\": 1}'::jsonb]"));
    VALUES.put("regclass", List.of("'pg_catalog.pg_class'"));
    VALUES.put("regtype", List.of("'integer'", "'public.mood'"));
    VALUES.put("pg_lsn", List.of("'16/B374D848'"));
    VALUES.put("xid", List.of("'4294967295'"));
    VALUES.put("tid", List.of("'(1,2)'"));
    VALUES.put("public.mood", List.of("'so so'"));
    VALUES.put("public.pair", List.of("'(1,\"a,\"\"b\")'", "ROW(NULL, '')::public.pair"));
    VALUES.put("public.positive", List.of("5"));
    VALUES.put("public.maybe", List.of("true"));
    VALUES.put("public.doc", List.of("'null'"));
    VALUES.put("public.textrange", List.of("'[a,\"b c\")'"));
  }

  @Test
  void everyValueReadsBackAsTheSame() throws Exception {
    try (TestPostgres.Database database = TestPostgres.createDatabase()) {
      database.execute(
          "CREATE TYPE mood AS ENUM ('so so')",
          "CREATE TYPE pair AS (a int, b text)",
          "CREATE DOMAIN positive AS bigint CHECK (value > 0)",
          "CREATE DOMAIN maybe AS boolean",
          "CREATE DOMAIN doc AS jsonb",
          "CREATE TYPE textrange AS RANGE (subtype = text)");
      int number = 0;
      for (Map.Entry<String, List<String>> type : VALUES.entrySet()) {
        String table = "t" + number++;
        database.execute("CREATE TABLE " + table + " (n int, v " + type.getKey() + ")");
        database.execute("INSERT INTO " + table + " VALUES (-1, NULL)");
        for (int i = 0; i < type.getValue().size(); i++) {
          database.execute(
              "INSERT INTO %s VALUES (%d, %s)".formatted(table, i, type.getValue().get(i)));
        }
      }
      Map<String, List<String>> all =
          BackupReader.readAll(PostgresHandler.at(database.uri()), BackupReader.request());
      number = 0;
      for (String type : VALUES.keySet()) {
        String table = "t" + number++;
        check(database, table, type, all.get("public." + table));
      }
    }
  }

  private static void check(
      TestPostgres.Database database, String table, String type, List<String> records)
      throws Exception {
    assertThat(records).as(type).hasSize(1 + VALUES.get(type).size());
    for (String record : records) {
      int n = BackupReader.JSON.readTree(record).get("n").asInt();
      // Not through the parser: it would make its own number of -0.0 or 1.00.
      String raw = record.substring(record.indexOf(",\"v\":") + 5, record.length() - 1);
      if (n < 0) {
        assertThat(raw).as(type).isEqualTo("null");
        continue;
      }
      assertThat(raw).as(type).isNotEqualTo("null");
      // Equality of text forms, since not every type can be compared.
      String same =
          "SELECT (%s)::%s::text = v::text FROM %s WHERE n = %d"
              .formatted(
                  Sql.quoteLiteral(textForm(raw, JSON_TYPES.contains(type))), type, table, n);
      assertThat(database.query(same))
          .as(type + " " + VALUES.get(type).get(n) + " as " + raw)
          .containsExactly("t");
    }
  }

  /** The database's text of a value, whatever it was written as. */
  private static String textForm(String raw, boolean json) throws Exception {
    JsonNode value = BackupReader.JSON.readTree(raw);
    if (value.isTextual() && !json) {
      return value.textValue();
    }
    for (String wrapper : List.of("$numberDouble", "$json")) {
      if (value.size() == 1 && value.path(wrapper).isTextual()) {
        return value.get(wrapper).textValue();
      }
    }
    return raw;
  }
}
