package io.holdfast.postgres;

import static io.holdfast.postgres.RestoreFixture.fingerprint;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.RestoreMode;
import io.holdfast.postgres.RestoreFixture.Backup;
import io.holdfast.postgres.TestPostgres.Database;
import io.holdfast.spi.BackupRequest;
import io.holdfast.spi.BackupSession;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.CollectionInfo;
import io.holdfast.spi.RecordBuffer;
import io.holdfast.spi.RestoreRequest;
import io.holdfast.spi.RestoreSession;
import io.holdfast.spi.Retry;
import io.holdfast.spi.Split;
import io.holdfast.spi.SplitReader;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What was read from one database and restored into another is the same there. */
class RestoreRoundTripTest {
  private static final String TYPES =
      """
      CREATE TYPE mood AS ENUM ('sad', 'o''k', 'ha"ppy', 'größe');
      CREATE DOMAIN email AS text CHECK (value ~ '@');
      CREATE DOMAIN small AS smallint CHECK (value < 100);
      CREATE TYPE pair AS (a int, b text);
      CREATE TABLE binary_types (
        id bigint PRIMARY KEY, b boolean, i2 smallint, i4 integer, i8 bigint, o oid,
        f4 real, f8 double precision, t text, v varchar(20), c character(5), n name,
        j json, jb jsonb, ba bytea, u uuid, d date, ti time, tz timetz, ts timestamp,
        tstz timestamptz, num numeric, num2 numeric(12,2), m mood, e email, s small,
        ia int[], ta text[], na numeric[], tsa timestamptz[], ja jsonb[], fa float8[], bya bytea[]);
      CREATE TABLE text_types (
        id int, iv interval, mon money, ip inet, mac macaddr, bt bit(5), vb bit varying,
        p point, bx box[], r int4range, mr nummultirange, x xml, ts tsvector, co pair, ma mood[],
        "char" "char", jp jsonpath, ts2 timestamp(2));
      """;

  private static final String VALUES =
      """
      INSERT INTO binary_types VALUES
       (1, true, -32768, -2147483648, -9223372036854775808, 0, '-0', '-0', '', '', '', '',
        'null', 'null', '', '00000000-0000-0000-0000-000000000000', '4713-01-01 BC', '00:00',
        '00:00:00+15:59:59', '4713-01-01 00:00:00 BC', '4713-01-02 00:00:00+00 BC', 0, 0, 'sad',
        '@', -5, '{}', '{}', '{}', '{}', '{}', '{}', '{}'),
       (2, false, 32767, 2147483647, 9223372036854775807, 4294967295, 'NaN', 'NaN', E'a\\tb\\nc\\rd\\\\e"f\\x01\\x1f\\x7f',
        'é漢😀', 'ab', 'Name', '{"a" :  1, "a": 2}', '{"$json": null}', '\\xdeadbeef00ff', 'ffffffff-ffff-ffff-ffff-ffffffffffff',
        '5874897-12-31', '24:00:00', '24:00:00-15:59:59', '294276-12-31 23:59:59.999999', '294276-12-31 23:59:59.999999+00',
        'NaN', 'NaN', 'o''k', 'a@b', 99, '{1,NULL,-3}', '{NULL,"NULL","",a,"b c","d\\"e","f\\\\g","{h}",ü}',
        '{1.10,NaN,-0.00001}', '{infinity,-infinity,"2020-02-29 12:00:00.5+00"}', '{"{\\"a\\": [1]}","null",NULL}', '{NaN,-0,1e300}', '{"\\\\x00ff",NULL}'),
       (3, null, null, null, null, null, 'Infinity', '-Infinity', '\\N', '\\.', E'\\t', null,
        '[1, 2.50, "x\\u00e9"]', '[1, 2.50, "xé", {"d": {"e": [[]]}}]', null, null, 'infinity', '23:59:59.999999', '12:34:56.789+05:30',
        'infinity', '-infinity', '-123456789012345678901234567890.0001000', '-9999999999.99', null, null, null,
        '[0:1][5:6]={{1,2},{3,4}}', '{{a,b},{c,NULL}}', null, null, null, null, null),
       (4, true, 1, 1, 1, 1, 3.4028235e38, 1.7976931348623157e308, repeat('x', 100000), null, null, null,
        '"text"', '"te\\\\xt"', null, null, '-infinity', null, null, '-infinity', 'infinity', 1e100, 0.01, null, null, null,
        '{{{{{{1}}}}}}', null, null, null, null, null, null),
       (5, true, 1, 1, 1, 1, 1.1754944e-38, 2.2250738585072014e-308, null, null, null, null,
        E'\\n{"x":1}', null, null, null, '0001-12-31 BC', null, null, '0001-02-29 00:00:00 BC', '0001-12-31 23:59:59.000001+00 BC',
        1e-100, null, null, null, null, null, null, null, null, null, null, null),
       (6, true, 1, 1, 1, 1, 1e-45, 4.9e-324, null, null, null, null, null, null, null, null, '2000-02-29', null, null,
        '1999-12-31 23:59:59.999999', '1883-11-18 12:03:57+00', 12345678.00009, 0.10, null, null, null, null, null, null, null, null, null, null),
       (7, true, 1, 1, 1, 1, 0.1, 0.1, null, null, null, null, null, null, null, null, '1900-02-28', null, null,
        '1582-10-15 00:00:00', null, 10000, 0.00, null, null, null, null, null, null, null, null, null, null),
       (8, true, 1, 1, 1, 1, 123456790, 9007199254740993, null, null, null, null, null, null, null, null, '10000-01-01', null, null,
        null, null, 0.0000, -0.01, null, null, null, null, null, null, null, null, null, null);
      INSERT INTO binary_types (id, num) VALUES (9, 'Infinity'), (10, '-Infinity'), (11, 100000000), (12, 9999), (13, 0.00010001);
      INSERT INTO text_types VALUES
       (1, '-1 year 2 mons -3 days 04:05:06.789', '-12.34', '10.0.0.1/8', '08:00:2b:01:02:03', B'10101', B'',
        '(1.5,-2)', '{(1,1),(0,0);(2,2),(1,1)}', '[1,5)', '{[1,2),(3,)}', '<a>&amp;é</a>', 'a:1A b', '(1,"x,""y")', '{sad,"ha\\"ppy",größe}',
        'x', '$.a[*] ? (@ > 1)', '2020-01-01 00:00:00.12'),
       (2, '178000000 years', null, '::1', null, null, null, null, null, 'empty', null, null, null, '(,)', '{}', '\\', null, null);
      """;

  @ParameterizedTest
  @CsvSource({"true, true", "true, false", "false, true", "false, false"})
  void everyTypeWithAwkwardValuesSurvives(boolean binary, boolean atomic) throws Exception {
    try (Database source = TestPostgres.createDatabase();
        Database target = TestPostgres.createDatabase()) {
      source.execute(TYPES, VALUES);
      target.execute(TYPES);
      Backup backup = RestoreFixture.read(source);
      Map<String, Long> rows =
          RestoreFixture.restore(
              backup,
              PostgresRestoreSession.open(
                  Connections.from(target.dataSource()),
                  RestoreFixture.request(backup, RestoreMode.INTO_EMPTY, atomic),
                  RestoreSettings.DEFAULT,
                  binary));
      assertThat(rows).isEqualTo(backup.counts());
      assertThat(fingerprint(target)).isEqualTo(fingerprint(source));
    }
  }

  @Test
  void whatIsKnownToBeBinaryIsSentInBinaryForm() throws Exception {
    try (Database target = TestPostgres.createDatabase()) {
      target.execute(TYPES);
      Backup backup = RestoreFixture.read(target);
      try (var session =
          RestoreFixture.open(
              target, RestoreFixture.request(backup, RestoreMode.INTO_EMPTY, true))) {
        assertThat(session.prepare().steps())
            .anyMatch(step -> step.contains("2 collections by COPY, 1 of them"));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void identifiersNeedNotBeSimple(boolean atomic) throws Exception {
    String ddl =
        """
        CREATE SCHEMA "we.ird ""s";
        CREATE TABLE "we.ird ""s"."Order Items" ("select" int, "A b" text, "q""q" text, "$d" int, "$$" int, "id" int, "back\\slash" text, "ümlaut" text, "\t" text);
        CREATE TABLE public."user" ("from" serial PRIMARY KEY);
        CREATE TABLE public.no_columns ();
        """;
    try (Database source = TestPostgres.createDatabase();
        Database target = TestPostgres.createDatabase()) {
      source.execute(
          ddl,
          "INSERT INTO \"we.ird \"\"s\".\"Order Items\" SELECT i, 'x', 'y', i, i, i, 'z', 'ü', 'tab' FROM generate_series(1, 20) i",
          "INSERT INTO \"user\" DEFAULT VALUES",
          "INSERT INTO no_columns SELECT FROM generate_series(1, 5)");
      target.execute(ddl);
      Backup backup = RestoreFixture.read(source);
      RestoreFixture.restore(backup, target, RestoreMode.INTO_EMPTY, atomic);
      assertThat(fingerprint(target)).isEqualTo(fingerprint(source));
    }
  }

  /** The handler's own reader and writer, face to face. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatTheHandlerReadsItWritesBack(boolean atomic) throws Exception {
    try (Database source = TestPostgres.createDatabase();
        Database target = TestPostgres.createDatabase();
        PostgresHandler from = PostgresHandler.of(source.dataSource());
        PostgresHandler to = PostgresHandler.of(target.dataSource())) {
      source.execute(
          TYPES,
          VALUES,
          "SELECT lo_from_bytea(4711, '\\x00ff'), lo_create(4712), lo_put(4712, 3000000, 'end')");
      BackupRequest asked =
          new BackupRequest(CollectionFilter.ALL, false, 1, 64 << 20, Retry.none());
      try (BackupSession backup = from.openBackup(asked);
          SplitReader reader = from.openReader(asked)) {
        Map<String, Long> expected =
            backup.collections().stream()
                .collect(Collectors.toMap(CollectionInfo::name, collection -> 0L));
        try (RestoreSession restore =
            to.openRestore(
                new RestoreRequest(
                    RestoreFixture.header("postgres", backup.schema()),
                    Optional.of(expected),
                    CollectionFilter.ALL,
                    RestoreMode.INTO_EMPTY,
                    RestoreFixture.strategy(atomic),
                    false,
                    2,
                    Retry.none()))) {
          restore.prepare();
          restore.begin();
          for (CollectionInfo collection : backup.collections()) {
            backup.splits(collection).forEach(split -> copy(reader, split, restore));
          }
          assertThat(restore.recordsWritten()).containsEntry("public.binary_types", 13L);
          restore.finish();
        }
        backup.finish();
      }
      assertThat(fingerprint(target)).isEqualTo(fingerprint(source));
    }
  }

  private static void copy(SplitReader reader, Split split, RestoreSession restore) {
    RecordBuffer buffer = new RecordBuffer(1000, 64 << 20);
    reader.open(split);
    boolean more;
    do {
      buffer.reset(split.collection(), split.ordinal(), 0);
      more = reader.read(buffer);
      if (buffer.count() > 0) {
        restore.write(split.collection(), buffer.batch());
      }
    } while (more);
  }

  @Test
  void textAndBinaryLoadsOfRandomValuesAreTheSame() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    try (Database text = TestPostgres.createDatabase();
        Database binary = TestPostgres.createDatabase()) {
      String ddl =
          "CREATE TABLE r (i8 int8, f4 float4, f8 float8, t text, num numeric, num2 numeric(20,7), d date,"
              + " ts timestamp, tstz timestamptz, ti time, tz timetz, ba bytea, u uuid, ia int[], ta text[], na numeric[])";
      text.execute(ddl);
      binary.execute(ddl);
      Backup empty = RestoreFixture.read(text);
      List<String> records =
          IntStream.range(0, 20_000)
              .mapToObj(i -> randomRecord(random))
              .collect(Collectors.toList());
      Backup backup = empty.with("public.r", records);
      for (Database target : List.of(text, binary)) {
        RestoreFixture.restore(
            backup,
            PostgresRestoreSession.open(
                Connections.from(target.dataSource()),
                RestoreFixture.request(backup, RestoreMode.INTO_EMPTY, true),
                RestoreSettings.DEFAULT,
                target == binary));
      }
      assertThat(fingerprint(binary)).as("seed %d", seed).isEqualTo(fingerprint(text));
    }
  }

  private static String randomRecord(Random random) {
    return String.join(
        ",",
        "{\"i8\":" + (random.nextLong() >> random.nextInt(64)),
        "\"f4\":" + randomFloat(random),
        "\"f8\":" + randomDouble(random),
        "\"t\":" + RestoreFixture.quote(randomText(random)),
        "\"num\":\"" + randomNumeric(random, 60, 40) + "\"",
        "\"num2\":\"" + randomNumeric(random, 13, 12) + "\"",
        "\"d\":\"" + randomDate(random, "") + "\"",
        "\"ts\":\"" + randomDate(random, " " + randomTime(random)) + "\"",
        "\"tstz\":\"" + randomDate(random, " " + randomTime(random) + "+00") + "\"",
        "\"ti\":\"" + randomTime(random) + "\"",
        "\"tz\":\"" + randomTime(random) + randomZone(random) + "\"",
        "\"ba\":\"\\\\x" + randomHex(random) + "\"",
        "\"u\":\"" + new java.util.UUID(random.nextLong(), random.nextLong()) + "\"",
        "\"ia\":\"{" + random.nextInt() + ",NULL," + random.nextInt(10) + "}\"",
        "\"ta\":"
            + RestoreFixture.quote("{" + arrayText(random) + ",NULL," + arrayText(random) + "}"),
        "\"na\":\"{" + randomNumeric(random, 9, 9) + "," + randomNumeric(random, 9, 9) + "}\"}");
  }

  private static String arrayText(Random random) {
    return '"' + randomText(random).replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  private static String randomFloat(Random random) {
    float value = Float.intBitsToFloat(random.nextInt());
    return Float.isNaN(value) || Float.isInfinite(value)
        ? "{\"$numberDouble\":\"" + value + "\"}"
        : String.valueOf(value);
  }

  private static String randomDouble(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> (random.nextInt(2_000_000) - 1_000_000) / 100.0 + "";
      case 1 -> random.nextDouble() + "";
      case 2 -> random.nextLong() + "." + random.nextInt(1000);
      default -> {
        double value = Double.longBitsToDouble(random.nextLong());
        yield Double.isNaN(value) || Double.isInfinite(value)
            ? "{\"$numberDouble\":\"" + value + "\"}"
            : String.valueOf(value);
      }
    };
  }

  private static String randomNumeric(Random random, int before, int after) {
    StringBuilder text = new StringBuilder(random.nextBoolean() ? "-" : "");
    random.ints(1 + random.nextInt(before), 0, 10).forEach(text::append);
    int scale = random.nextInt(after);
    if (scale > 0) {
      text.append('.');
      random.ints(scale, 0, 4).forEach(digit -> text.append(digit == 3 ? 7 : 0));
    }
    return text.toString();
  }

  private static String randomDate(Random random, String time) {
    boolean before = random.nextInt(5) == 0;
    int year =
        before
            ? 1 + random.nextInt(4700)
            : 1 + random.nextInt(random.nextBoolean() ? 3000 : 290_000);
    int month = 1 + random.nextInt(12);
    int astronomical = before ? 1 - year : year;
    int day = 1 + random.nextInt(java.time.YearMonth.of(astronomical, month).lengthOfMonth());
    return "%04d-%02d-%02d%s%s".formatted(year, month, day, time, before ? " BC" : "");
  }

  private static String randomTime(Random random) {
    String time =
        "%02d:%02d:%02d".formatted(random.nextInt(24), random.nextInt(60), random.nextInt(60));
    int digits = random.nextInt(7);
    return digits == 0
        ? time
        : time + "." + "%06d".formatted(random.nextInt(1_000_000)).substring(0, digits);
  }

  private static String randomZone(Random random) {
    String zone = (random.nextBoolean() ? "+" : "-") + "%02d".formatted(random.nextInt(15));
    return switch (random.nextInt(3)) {
      case 0 -> zone;
      case 1 -> zone + ":30";
      default -> zone + ":05:07";
    };
  }

  private static String randomHex(Random random) {
    byte[] bytes = new byte[random.nextInt(40)];
    random.nextBytes(bytes);
    return java.util.HexFormat.of().formatHex(bytes);
  }

  private static String randomText(Random random) {
    StringBuilder text = new StringBuilder();
    int length = random.nextInt(30);
    for (int i = 0; i < length; i++) {
      int code =
          switch (random.nextInt(5)) {
            case 0 -> 1 + random.nextInt(0x7F);
            case 1 -> 0xA0 + random.nextInt(0x2000);
            case 2 -> 0x10000 + random.nextInt(0xFFFF);
            case 3 -> "\\\"\n\t\r/{},' ".charAt(random.nextInt(10));
            default -> 'a' + random.nextInt(26);
          };
      text.appendCodePoint(code);
    }
    return text.toString();
  }
}
