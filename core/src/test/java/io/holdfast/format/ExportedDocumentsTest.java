package io.holdfast.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.spi.Consistency;
import io.holdfast.spi.SourceInfo;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Exports of Firestore by other people's tools: FORMAT.md, section 8. */
class ExportedDocumentsTest {
  private static final List<String> BOTH =
      List.of("node-firestore-import-export.json", "firestore-export-import.json");

  @Test
  void anExportOfNodeFirestoreImportExportBecomesDocumentsWithIds() throws IOException {
    Map<String, List<String>> records = read(sample(BOTH.get(0))).records();
    assertThat(records)
        .containsOnlyKeys("users", "posts", "comments", "likes", "silence", "nothing");
    assertThat(records.get("users"))
        .containsExactlyInAnyOrder(
            "{\"id\":\"u1\",\"name\":\"Ada \\\"😀\\\"\\n\",\"age\":36,\"height\":1.68,"
                + "\"large\":9007199254740993,\"larger\":100000000000000000000.0,\"tiny\":1e-7,"
                + "\"none\":null,\"yes\":true,\"$id\":\"a field of that name\","
                + "\"$$parent\":\"another\",\"$$$x\":1,\"\":\"no name\",\"a.b/c\":\"`\","
                + "\"value\":{\"value\":1},"
                + "\"born\":{\"$date\":\"1816-07-22T00:00:00.123456789Z\"},"
                + "\"since\":{\"$date\":\"2026-01-09T00:00:00Z\"},"
                + "\"home\":{\"$geo\":[51.0,-0.125]},\"pole\":{\"$geo\":[-90.0,1.0E-5]},"
                + "\"best\":{\"$ref\":\"projects/p1\"},"
                + "\"map\":{\"id\":1,\"$$date\":\"is none\",\"__collections__\":{\"kept\":{}},"
                + "\"deep\":[{\"when\":{\"$date\":\"1970-01-01T00:00:00.005Z\"}},[],{}]},"
                + "\"ownMaps\":[{\"_seconds\":1,\"_nanoseconds\":2},"
                + "{\"__datatype__\":\"mine\",\"value\":1},{\"__datatype__\":\"timestamp\"}]}",
            "{\"id\":\"u 2\"}");
    assertThat(records.get("posts"))
        .containsExactlyInAnyOrder(
            "{\"id\":\"p1\",\"$parent\":\"users/u1\",\"title\":\"On engines\"}",
            "{\"id\":\"ü\",\"$parent\":\"users/u 2\"}",
            "{\"id\":\"p1\",\"title\":\"At the root\"}");
    assertThat(records.get("comments"))
        .containsExactly(
            "{\"id\":\"c1\",\"$parent\":\"users/u1/posts/p1\","
                + "\"by\":{\"$ref\":\"users/u 2/posts/ü\"}}");
    assertThat(records.get("likes"))
        .containsExactly(
            "{\"id\":\"l1\",\"$parent\":\"users/u1/posts/p1/comments/c1\","
                + "\"written\":\"after its collections\"}");
    assertThat(records.get("silence")).isEmpty();
    assertThat(records.get("nothing")).isEmpty();
  }

  @Test
  void anExportOfFirestoreExportImportBecomesDocumentsWithIds() throws IOException {
    Map<String, List<String>> records = read(sample(BOTH.get(1))).records();
    assertThat(records).containsOnlyKeys("none", "users", "posts", "comments", "likes", "silence");
    assertThat(records.get("users"))
        .containsExactlyInAnyOrder(
            "{\"id\":\"u1\",\"name\":\"Ada\",\"$id\":1,\"$$ref\":\"x\","
                + "\"born\":{\"$date\":\"1816-07-22T00:00:00.123456789Z\"},"
                + "\"home\":{\"$geo\":[51.0,-0.125]},"
                + "\"all\":[{\"$date\":\"1970-01-01T00:00:00.000000001Z\"},[{\"$geo\":[1.5,2.0]}]],"
                + "\"best\":{\"$ref\":\"users/u2\"},\"path\":\"users/u2\","
                + "\"ownMaps\":[{\"_seconds\":1,\"_nanoseconds\":2,\"zone\":\"UTC\"},"
                + "{\"_seconds\":\"1\",\"_nanoseconds\":2},{\"_seconds\":1,\"_nanoseconds\":-2},"
                + "{\"_latitude\":91,\"_longitude\":0},"
                + "{\"_firestore\":{},\"_path\":{\"segments\":[\"users\"]},\"_converter\":{}},"
                + "{\"type\":\"Buffer\",\"data\":[1,2]}]}",
            "{\"id\":\"u2\",\"subCollection\":\"a field\",\"m\":{\"subCollection\":{\"a\":1}}}",
            "{\"id\":\"u3\",\"subCollection\":{}}");
    assertThat(records.get("posts"))
        .containsExactlyInAnyOrder(
            "{\"id\":\"p1\",\"$parent\":\"users/u1\",\"title\":\"On engines\"}",
            "{\"id\":\"p9\",\"$parent\":\"teams/t0\","
                + "\"title\":\"Of a document that is not there\"}");
    assertThat(records.get("comments"))
        .containsExactly("{\"id\":\"c1\",\"$parent\":\"users/u1/posts/p1\",\"text\":\"\"}");
    assertThat(records.get("likes"))
        .containsExactly(
            "{\"id\":\"l1\",\"$parent\":\"users/u1/posts/p1/comments/c1\","
                + "\"at\":{\"$date\":\"1970-01-01T00:00:01Z\"}}");
    assertThat(records.get("silence")).isEmpty();
    assertThat(records.get("none")).isEmpty();
  }

  @Test
  void theHeaderSaysThatRecordsAreDocuments() throws IOException {
    for (String name : BOTH) {
      var header = read(sample(name)).header();
      assertThat(header.source())
          .isEqualTo(new SourceInfo("plain", "", "", Instant.EPOCH, Consistency.FUZZY));
      assertThat(header.schema().toString()).isEqualTo("{\"documents\":true}");
      assertThat(header.backupId()).isEmpty();
      assertThat(header.version()).isZero();
    }
  }

  @Test
  void oneCollectionComesAfterAnotherHoweverTheyAreNested() throws IOException {
    for (String name : BOTH) {
      List<String> order = new ArrayList<>();
      try (DocumentReader reader = open(sample(name), Samples.MAX_RECORD)) {
        for (Optional<Frame> f = reader.next(); f.isPresent(); f = reader.next()) {
          if (order.isEmpty() || !order.get(order.size() - 1).equals(f.get().collection())) {
            order.add(f.get().collection());
          }
        }
      }
      assertThat(order).doesNotHaveDuplicates().contains("users", "posts", "comments", "likes");
    }
  }

  @Test
  void compressionAByteOrderMarkAndOtherWhiteSpaceChangeNothing() throws IOException {
    for (String name : BOTH) {
      byte[] sample = sample(name);
      Samples.Content content = read(sample);
      ByteArrayOutputStream gzip = new ByteArrayOutputStream();
      try (GZIPOutputStream out = new GZIPOutputStream(gzip)) {
        out.write(sample);
      }
      assertThat(read(gzip.toByteArray())).isEqualTo(content);
      byte[] marked =
          ("\ufeff \r\n" + new String(sample, StandardCharsets.UTF_8))
              .getBytes(StandardCharsets.UTF_8);
      assertThat(read(marked)).isEqualTo(content);
      try (FrameCompressor zstd = Codec.ZSTD.compressor(1)) {
        assertThat(read(zstd.compress(marked, 0, marked.length))).isEqualTo(content);
      }
    }
  }

  /** A plain form may have anything in front of its collections, an export that nothing marks. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"meta\":{\"a\":{\"b\":1}},\"collections\":{\"c\":[{\"id\":\"x\"}]}}",
        "{\"stats\":{\"c\":{}},\"tables\":{\"c\":[{\"id\":\"x\"}]},\"users\":{\"u1\":{}}}",
      })
  void whatWasAPlainFormStaysOne(String text) throws IOException {
    Samples.Content content = read(utf8(text));
    assertThat(content.records()).isEqualTo(Map.of("c", List.of("{\"id\":\"x\"}")));
    assertThat(content.header().schema().isEmpty()).isTrue();
  }

  @Test
  void documentsInThePlainFormKeepIdsAndParents() throws IOException {
    String record = "{\"id\":\"p1\",\"$parent\":\"users/u1\",\"$id\":7}";
    Samples.Content content =
        read(
            utf8(
                "{\"timestamp\":1,\"schema\":{\"documents\":true},\"collections\":{\"posts\":["
                    + record
                    + "]}}"));
    assertThat(content.records()).isEqualTo(Map.of("posts", List.of(record)));
    assertThat(content.header().schema().path("documents").asBoolean()).isTrue();
  }

  @Test
  void collectionsMayHaveTheNamesOfKeysOfOtherForms() throws IOException {
    String doc = "{\"x\":{\"n\":1}}";
    String text =
        "{\"stats\":%s,\"counts\":%s,\"version\":%s,\"timestamp\":%s,\"source\":%s,\"schema\":%s}"
            .replace("%s", doc);
    assertThat(read(utf8(text)).records())
        .containsOnlyKeys("stats", "counts", "version", "timestamp", "source", "schema");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"users\":{}}",
        "{\"users\":{},\"posts\":{}}",
        "{\"users\":{\"u1\":1}}",
        "{\"users\":[{\"name\":\"no id\"}]}",
        "{\"name\":\"package\",\"dependencies\":{\"a\":{}}}",
        "{\"users\":{\"u1\":\"",
      })
  void whatIsNoObjectOfObjectsOfObjectsIsRefused(String text) {
    assertThatThrownBy(() -> read(utf8(text)))
        .isInstanceOfSatisfying(
            FormatException.class,
            e -> assertThat(e.kind()).isEqualTo(FormatException.Kind.NOT_A_BACKUP));
  }

  @Test
  void aRefusalNamesTheFormsThereAre() {
    assertThatThrownBy(() -> read(utf8("{\"u1\":{\"name\":\"Ada\",\"__collections__\":{}}}")))
        .hasMessageContaining("\"collections\"")
        .hasMessageContaining("node-firestore-import-export")
        .hasMessageContaining("firestore-export-import")
        .hasMessageContaining("jq")
        .hasMessageNotContaining("Ada");
  }

  /** Where they belong stands nowhere in them. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"__collections__\":{\"posts\":{\"p1\":{}}},\"name\":\"secret\"} | one document",
        "{\"u1\":{\"map\":{\"a\":\"secret\"},\"__collections__\":{}}} | one collection",
        "{\"__collections__\":{\"a\":{\"__collections__\":{}}}} | one collection",
      })
  void exportsOfAPartAreRefusedWithWhatToDo(String text, String what) {
    assertThatThrownBy(() -> read(utf8(text)))
        .isInstanceOfSatisfying(
            FormatException.class,
            e -> assertThat(e.kind()).isEqualTo(FormatException.Kind.NOT_A_BACKUP))
        .hasMessageContaining(what)
        .hasMessageContaining("jq '{\"__collections__\":")
        .hasMessageNotContaining("secret");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"__collections__\":[]} | something else than an object",
        "{\"__collections__\":{\"a\":[]}} | not an object of documents by id, a",
        "{\"__collections__\":{\"a\":{\"x\":[]}}} | document a/x",
        "{\"__collections__\":{\"a\":{\"x\":null}}} | document a/x",
        "{\"__collections__\":{\"a\":{},\"a\":{}}} | two collections of one name",
        "{\"__collections__\":{\"a\":{\"x\":{\"k\":1,\"k\":2}}}} | document a/x",
        "{\"__collections__\":{\"a\":{\"x\":{\"k\":{\"l\":1,\"l\":2}}}}} | same key twice",
        "{\"__collections__\":{\"a\":{\"x\":{\"__collections__\":{},\"__collections__\":{}}}}} | same key twice",
        "{\"__collections__\":{\"a\":{\"x\":{\"__collections__\":null}}}} | document a/x",
        "{\"__collections__\":{\"a/b\":{}}} | name can be none",
        "{\"__collections__\":{\"\":{}}} | name can be none",
        "{\"__collections__\":{\"a\":{\"\":{}}}} | id can be none",
        "{\"__collections__\":{\"a\":{\"x/y\":{}}}} | id can be none",
        "{\"__collections__\":{\"a\":{\"x\":{\"__collections__\":{\"b/c\":{}}}}}} | a/x",
        "{\"__collections__\":{}} {} | goes on after its end",
        "{\"__collections__\":{\"a\":{\"x\":{\"k\":secret}}}} | not valid JSON",
        "{\"__collections__\":{\"a\":{\"x\":{\"k\":\"secret | is cut",
        "{\"a\":{\"x\":{\"subCollection\":{\"b\":{}}}}} | a/x",
        "{\"a\":{\"x\":{\"subCollection\":{\"a/y/b\":{}}}}} | a/x",
        "{\"a\":{\"x\":{\"subCollection\":{\"a/x/\":{}}}}} | a/x",
        "{\"a\":{\"x\":{\"subCollection\":{\"a/x/b/c\":{}}}}} | a/x",
        "{\"a\":{\"x\":{\"subCollection\":{\"a/x/b\":[]}}}} | by id, b",
        "{\"a\":{\"x\":{}},\"a/x\":{}} | name can be none",
        "{\"a\":{\"x\":{}},\"a//b\":{}} | name can be none",
        "{\"a\":{\"x\":{}},\"version\":\"secret\"} | by id, version",
        "{\"a\":{\"x\":{},\"y\":\"secret\"}} | document a/y",
      })
  void damageIsNamedWithItsPlace(String text, String expected) {
    assertThatThrownBy(() -> read(utf8(text)))
        .isInstanceOfSatisfying(
            FormatException.class,
            e -> assertThat(e.kind()).isEqualTo(FormatException.Kind.CORRUPT))
        .hasMessageContaining(expected)
        .hasMessageContaining("line 1, column")
        .hasMessageNotContaining("secret")
        .hasNoCause();
  }

  /** The tool marks what it has typed, so what is marked and none is damage. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"timestamp\",\"value\":{\"_seconds\":1}",
        "\"timestamp\",\"value\":{\"_seconds\":1.5,\"_nanoseconds\":0}",
        "\"timestamp\",\"value\":{\"_seconds\":1,\"_nanoseconds\":1000000000}",
        "\"timestamp\",\"value\":{\"_seconds\":1,\"_nanoseconds\":-1}",
        "\"timestamp\",\"value\":{\"_seconds\":253402300800,\"_nanoseconds\":0}",
        "\"timestamp\",\"value\":{\"_seconds\":-62135596801,\"_nanoseconds\":0}",
        "\"timestamp\",\"value\":{\"_seconds\":1,\"_nanoseconds\":0,\"secret\":1}",
        "\"timestamp\",\"value\":{\"_seconds\":1,\"_nanoseconds\":0},\"secret\":1",
        "\"timestamp\",\"value\":\"secret\"",
        "\"geopoint\",\"value\":{\"_latitude\":90.1,\"_longitude\":0}",
        "\"geopoint\",\"value\":{\"_latitude\":0,\"_longitude\":-181}",
        "\"geopoint\",\"value\":{\"_latitude\":\"0\",\"_longitude\":0}",
        "\"documentReference\",\"value\":\"secret\"",
        "\"documentReference\",\"value\":\"secret//\"",
        "\"documentReference\",\"value\":\"/secret\"",
        "\"documentReference\",\"value\":null",
      })
  void aMarkedValueThatMakesNoSenseIsAnError(String typed) {
    assertThatThrownBy(() -> read(inMarked("{\"v\":[{\"__datatype__\":" + typed + "}]}")))
        .isInstanceOfSatisfying(
            FormatException.class,
            e -> assertThat(e.kind()).isEqualTo(FormatException.Kind.CORRUPT))
        .hasMessageContaining("document a/x")
        .hasMessageContaining("__datatype__")
        .hasMessageNotContaining("secret");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "-62135596800 | 0 | 0001-01-01T00:00:00Z",
        "253402300799 | 999999999 | 9999-12-31T23:59:59.999999999Z",
        "-1 | 1 | 1969-12-31T23:59:59.000000001Z",
      })
  void instantsKeepTheirNanoseconds(String seconds, String nanos, String expected)
      throws IOException {
    String time = "{\"_seconds\":" + seconds + ",\"_nanoseconds\":" + nanos + "}";
    String record = "{\"id\":\"x\",\"v\":{\"$date\":\"" + expected + "\"}}";
    assertThat(read(utf8("{\"a\":{\"x\":{\"v\":" + time + "}}}")).records().get("a"))
        .containsExactly(record);
    assertThat(
            read(inMarked("{\"v\":{\"__datatype__\":\"timestamp\",\"value\":" + time + "}}"))
                .records()
                .get("a"))
        .containsExactly(record);
  }

  @Test
  void anInstantAsOldExportsHaveItIsUnderstood() throws IOException {
    String old = "{\"v\":{\"__datatype__\":\"timestamp\",\"value\":\"2018-01-02T03:04:05.678Z\"}}";
    assertThat(read(inMarked(old)).records().get("a"))
        .containsExactly("{\"id\":\"x\",\"v\":{\"$date\":\"2018-01-02T03:04:05.678Z\"}}");
  }

  @ParameterizedTest
  @CsvSource({
    "0,0",
    "-0,-0.0",
    "9223372036854775807,9223372036854775807",
    "-9223372036854775808,-9223372036854775808",
    "9223372036854775808,9223372036854775808.0",
    "1.50,1.50",
    "1e+21,1e+21"
  })
  void wholeNumbersAreIntegersAsLongAsTheyFit(String number, String expected) throws IOException {
    assertThat(read(inMarked("{\"v\":" + number + "}")).records().get("a"))
        .containsExactly("{\"id\":\"x\",\"v\":" + expected + "}");
  }

  @Test
  void everyCutIsFound() throws IOException {
    for (String name : BOTH) {
      String text =
          Json.MAPPER.readTree(sample(name)).toString().replaceAll("\"name\":\"[^,]*,", "");
      byte[] bytes = utf8(text);
      read(bytes);
      for (int length = 0; length < bytes.length; length++) {
        byte[] cut = Samples.cut(bytes, length);
        assertThatThrownBy(() -> read(cut))
            .as("%s cut to %d bytes", name, length)
            .isInstanceOf(FormatException.class);
      }
    }
  }

  @Test
  void randomChangesGiveNothingButFormatErrors() throws IOException {
    long seed = System.nanoTime();
    System.err.println("ExportedDocumentsTest.randomChanges: seed " + seed);
    Random random = new Random(seed);
    for (String name : BOTH) {
      byte[] document = utf8(Json.MAPPER.readTree(sample(name)).toString());
      for (int i = 0; i < 2_000; i++) {
        byte[] bytes = document.clone();
        for (int n = random.nextInt(3); n >= 0; n--) {
          bytes[random.nextInt(bytes.length)] =
              (byte)
                  (random.nextBoolean()
                      ? random.nextInt(256)
                      : "{}[],:\"\\ 0e.-/$_".charAt(random.nextInt(16)));
        }
        try {
          read(bytes);
        } catch (FormatException e) {
          assertThat(e.getMessage()).isNotEmpty();
        } catch (RuntimeException e) {
          throw new AssertionError("seed " + seed + ", step " + i, e);
        }
      }
    }
  }

  @Test
  void aDocumentMayBeAsLargeAsARecordTogetherWithThoseAroundIt() throws IOException {
    String half = "{\"t\":\"" + "x".repeat(29_000) + "\",\"__collections__\":{\"b\":{\"y\":%s}}}";
    String nested = half.formatted("{\"t\":\"" + "x".repeat(20_000) + "\"}");
    try (DocumentReader reader = open(inMarked(nested), 50_000)) {
      assertThat(Samples.drain(reader).records()).containsOnlyKeys("a", "b");
    }
    String tooMuch = half.formatted("{\"t\":\"" + "x".repeat(21_000) + "\"}");
    assertTooLarge(inMarked(tooMuch), 50_000, "document a/x/b/y");
    assertTooLarge(inMarked("{\"t\":[" + "1,".repeat(40_000) + "1]}"), 50_000, "document a/x");
    assertTooLarge(inMarked("{\"t\":\"" + "x".repeat(70_000) + "\"}"), 50_000, "document a/x");
  }

  @Test
  void nestingIsBounded() throws IOException {
    String maps = "[".repeat(999) + "]".repeat(999);
    assertThat(read(inMarked("{\"v\":" + maps + "}")).records().get("a")).hasSize(1);
    assertTooLarge(inMarked("{\"v\":[" + maps + "]}"), 1 << 20, "document a/x");
    assertTooLarge(inMarked("{\"v\":" + "{\"a\":".repeat(90_000)), 1 << 20, "document a/x");

    String level = "{\"__collections__\":{\"a\":{\"x\":";
    String levels = level.repeat(99) + "{}" + "}}}".repeat(99);
    assertThat(read(inMarked(levels)).records().get("a")).hasSize(100);
    assertTooLarge(inMarked(level + levels + "}}}"), 1 << 20, "100 levels");
  }

  @Test
  void namesAndPathsAreBounded() throws IOException {
    String longest = "x".repeat(DocumentPaths.MAX_BYTES - 2);
    assertThat(read(utf8("{\"a\":{\"" + longest + "\":{}}}")).records().get("a")).hasSize(1);
    assertTooLarge(utf8("{\"a\":{\"" + longest + "y\":{}}}"), 1 << 20, "collection a");
    String name = "x".repeat(Limits.NAME_BYTES + 1);
    assertTooLarge(utf8("{\"__collections__\":{\"" + name + "\":{}}}"), 1 << 20, "too long a name");
  }

  private static void assertTooLarge(byte[] document, int maxRecordBytes, String where) {
    assertThatThrownBy(
            () -> {
              try (DocumentReader reader = open(document, maxRecordBytes)) {
                Samples.drain(reader);
              }
            })
        .isInstanceOfSatisfying(
            FormatException.class,
            e -> assertThat(e.kind()).isEqualTo(FormatException.Kind.TOO_LARGE))
        .hasMessageContaining(where);
  }

  @Test
  void anInterruptionEndsReadingBeforeTheFirstFrame() throws IOException {
    try (InputStream in = new GeneratedExport(1 << 20);
        DocumentReader reader = PlainDocuments.open(in, Samples.MAX_RECORD)) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(reader::next).isInstanceOf(InterruptedIOException.class);
      assertThat(Thread.interrupted()).as("the flag stays").isTrue();
    }
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> open(sample(BOTH.get(1)), Samples.MAX_RECORD))
        .isInstanceOf(InterruptedIOException.class);
    assertThat(Thread.interrupted()).isTrue();
  }

  /** Many times what is kept in memory, of which nothing is lost and nothing is mixed up. */
  @Test
  void whatDoesNotFitIntoMemoryComesBackInFramesOfTheUsualSize() throws IOException {
    long users = 5L * CollectionSpool.MEMORY_BYTES / GeneratedExport.USER_BYTES;
    Map<String, Integer> frames = new HashMap<>();
    HashSet<String> left = new HashSet<>();
    String current = "";
    try (InputStream in = new GeneratedExport(users);
        DocumentReader reader = PlainDocuments.open(in, Samples.MAX_RECORD);
        FrameDecoder decoder = new FrameDecoder(reader.codec())) {
      for (Optional<Frame> f = reader.next(); f.isPresent(); f = reader.next()) {
        String name = f.get().collection();
        assertThat(f.get().rawLength()).isLessThanOrEqualTo(Limits.FRAME_TARGET_BYTES);
        assertThat(decoder.decode(f.get()).toStrings())
            .allMatch(record -> record.contains("\"of\":\"" + name + "\""));
        if (!current.equals(name)) {
          assertThat(left.add(name)).as("%s comes once", name).isTrue();
          current = name;
        }
        frames.merge(name, 1, Integer::sum);
      }
      assertThat(reader.counts()).isEqualTo(Map.of("users", users, "posts", users, "likes", users));
    }
    assertThat(frames.values()).allMatch(count -> count > 1);
  }

  @Test
  void manySmallCollectionsAreSortedToo() throws IOException {
    StringBuilder text = new StringBuilder("{\"__collections__\":{");
    String value = "v".repeat(400);
    for (int round = 0; round < 30; round++) {
      text.append(round == 0 ? "" : ",")
          .append("\"r\":{\"d\":{\"__collections__\":{".replace("r", "r" + round));
      for (int c = 0; c < 1_000; c++) {
        text.append(c == 0 ? "" : ",")
            .append("\"c" + c + "\":{\"x" + round + "\":{\"v\":\"" + value + "\"}}");
      }
      text.append("}}}");
    }
    Map<String, List<String>> records = read(utf8(text.append("}}").toString())).records();
    assertThat(records).hasSize(1_030);
    for (int c = 0; c < 1_000; c++) {
      List<String> of = records.get("c" + c);
      assertThat(of).hasSize(30).doesNotHaveDuplicates();
      assertThat(of.get(0)).startsWith("{\"id\":\"x0\",\"$parent\":\"r0/d\"");
    }
  }

  private static byte[] inMarked(String document) {
    return utf8("{\"__collections__\":{\"a\":{\"x\":" + document + "}}}");
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] sample(String name) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(
            ExportedDocumentsTest.class.getResourceAsStream("/exports/" + name), name)) {
      return in.readAllBytes();
    }
  }

  private static Samples.Content read(byte[] document) throws IOException {
    try (DocumentReader reader = open(document, Samples.MAX_RECORD)) {
      return Samples.drain(reader);
    }
  }

  /** As a restore opens documents without a manifest. */
  private static DocumentReader open(byte[] document, int maxRecordBytes) throws IOException {
    try {
      return PlainDocuments.open(new ByteArrayInputStream(document), maxRecordBytes);
    } catch (FormatException e) {
      if (e.kind() != FormatException.Kind.NOT_A_BACKUP) {
        throw e;
      }
      try {
        return PlainDocuments.openUnmarked(new ByteArrayInputStream(document), maxRecordBytes);
      } catch (FormatException again) {
        throw again.kind() == FormatException.Kind.NOT_A_BACKUP ? e : again;
      }
    }
  }
}
