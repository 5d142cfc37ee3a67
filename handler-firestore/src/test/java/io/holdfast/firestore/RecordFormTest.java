package io.holdfast.firestore;

import static io.holdfast.firestore.AwkwardDocuments.array;
import static io.holdfast.firestore.AwkwardDocuments.integer;
import static io.holdfast.firestore.AwkwardDocuments.map;
import static io.holdfast.firestore.AwkwardDocuments.number;
import static io.holdfast.firestore.AwkwardDocuments.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.firestore.v1.Document;
import com.google.firestore.v1.Value;
import io.holdfast.firestore.internal.names.DatabaseName;
import io.holdfast.firestore.internal.values.BadRecordException;
import io.holdfast.firestore.internal.values.DocumentRecords;
import io.holdfast.firestore.internal.values.JsonOutput;
import io.holdfast.firestore.internal.values.RecordEncoder;
import io.holdfast.firestore.internal.values.RecordParser;
import io.holdfast.firestore.internal.values.References;
import io.holdfast.firestore.internal.values.TableColumn;
import io.holdfast.firestore.internal.values.TableDocuments;
import io.holdfast.firestore.internal.values.TableRows;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How documents stand in a backup, and how records of any kind become documents. */
class RecordFormTest {
  private static final DatabaseName DATABASE = new DatabaseName("shop", DatabaseName.DEFAULT);
  private static final DatabaseName COPY = new DatabaseName("copy", "other");
  private static final References REWRITING = References.rewriting(Optional.of(DATABASE), COPY);

  private static Document document(String path, Map<String, Value> fields) {
    return Document.newBuilder().setName(DATABASE.name(path)).putAllFields(fields).build();
  }

  private static String encoded(Document document) {
    JsonOutput out = new JsonOutput();
    new RecordEncoder(DATABASE).encode(document, out);
    return new String(out.array(), 0, out.size(), StandardCharsets.UTF_8);
  }

  private static Document parsed(RecordParser parser, String record) {
    byte[] bytes = ("##" + record + "##").getBytes(StandardCharsets.UTF_8);
    return parser.parse(bytes, 2, bytes.length - 4);
  }

  private static RecordParser documents(String collection) {
    return new DocumentRecords(DATABASE, collection, References.keeping(DATABASE));
  }

  @Test
  void aDocumentIsAnObjectWithItsIdItsParentAndItsFieldsInOrder() {
    assertThat(
            encoded(
                document(
                    "users/u1/posts/p1",
                    Map.of("z", integer(1), "a", number(1), "m", text("x\n")))))
        .isEqualTo("{\"id\":\"p1\",\"$parent\":\"users/u1\",\"a\":1.0,\"m\":\"x\\n\",\"z\":1}");
    assertThat(encoded(document("users/u1", Map.of()))).isEqualTo("{\"id\":\"u1\"}");
  }

  @Test
  void fieldsThatCouldBeTakenForOthersAreEscaped() {
    assertThat(
            encoded(
                document(
                    "c/d",
                    Map.of(
                        "id",
                        integer(1),
                        "$id",
                        integer(2),
                        "$parent",
                        integer(3),
                        "m",
                        map(Map.of("$date", integer(4), "id", integer(5)))))))
        .isEqualTo(
            "{\"id\":\"d\",\"$$id\":2,\"$$parent\":3,\"$id\":1,"
                + "\"m\":{\"$$date\":4,\"id\":5}}");
  }

  @Test
  void everyValueAndEveryNameComesBackAsItWas() {
    for (Map<String, Value> fields :
        List.of(
            AwkwardDocuments.everyValue(DATABASE.resource()),
            AwkwardDocuments.everyName(),
            Map.of("v", AwkwardDocuments.vector()))) {
      Document document = document("users/u/c/d", fields);
      assertThat(parsed(documents("c"), encoded(document))).isEqualTo(document);
    }
  }

  @Test
  void everyIdComesBackAsItWas() {
    for (String id : AwkwardDocuments.ids()) {
      Document document = document("a/" + id + "/c/" + id, Map.of());
      assertThat(parsed(documents("c"), encoded(document))).isEqualTo(document);
    }
  }

  @Test
  void doublesAreToldFromIntegersAndKeepTheirSign() {
    String record = "{\"id\":\"x\",\"a\":1,\"b\":1.0,\"c\":-0.0,\"d\":1e2,\"e\":-0}";
    Map<String, Value> fields = parsed(documents("c"), record).getFieldsMap();
    assertThat(fields.get("a")).isEqualTo(integer(1));
    assertThat(fields.get("b")).isEqualTo(number(1));
    assertThat(fields.get("c")).isEqualTo(number(-0.0));
    assertThat(fields.get("d")).isEqualTo(number(100));
    assertThat(fields.get("e")).isEqualTo(integer(0));
  }

  @Test
  void formsThatAContainerNeedsAreUnderstood() {
    String record =
        "{\"id\":\"x\",\"d\":{\"$numberDouble\":\"-0.0\"},\"t\":{\"$text\":\"YQBi\"},"
            + "\"m\":{\"$map\":[[{\"$text\":\"AA==\"},1],[\"$k\",[2]]]},"
            + "\"g\":{\"$geo\":[{\"$numberDouble\":\"-0.0\"},1]}}";
    Map<String, Value> fields = parsed(documents("c"), record).getFieldsMap();
    assertThat(fields.get("d")).isEqualTo(number(-0.0));
    assertThat(fields.get("t")).isEqualTo(text("a\0b"));
    assertThat(fields.get("m")).isEqualTo(map(Map.of("\0", integer(1), "$k", array(integer(2)))));
    assertThat(fields.get("g")).isEqualTo(AwkwardDocuments.point(-0.0, 1));
  }

  @Test
  void referencesIntoTheSourceLeadIntoTheTargetAndPathsDoToo() {
    RecordParser parser = new DocumentRecords(COPY, "c", REWRITING);
    Document document =
        parsed(
            parser,
            "{\"id\":\"x\",\"own\":{\"$ref\":\"projects/shop/databases/(default)/documents/a/b\"},"
                + "\"other\":{\"$ref\":\"projects/shop/databases/old/documents/a/b\"},"
                + "\"path\":{\"$ref\":\"projects/p1/databases/d\"}}");
    assertThat(document.getName()).isEqualTo(COPY.name("c/x"));
    assertThat(reference(document, "own")).isEqualTo(COPY.name("a/b"));
    assertThat(reference(document, "other")).isEqualTo("projects/shop/databases/old/documents/a/b");
    assertThat(reference(document, "path")).isEqualTo(COPY.name("projects/p1/databases/d"));
  }

  private static String reference(Document document, String field) {
    return document.getFieldsOrThrow(field).getReferenceValue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"name\":\"x\"}",
        "{\"id\":1}",
        "{\"id\":\"\"}",
        "{\"id\":\"..\"}",
        "{\"id\":\"a/b\"}",
        "{\"id\":\"__x__\"}",
        "{\"id\":\"x\",\"id\":\"y\"}",
        "{\"id\":\"x\",\"a\":1,\"a\":2}",
        "{\"id\":\"x\",\"$parent\":\"users\"}",
        "{\"id\":\"x\",\"$parent\":\"/users/u\"}",
        "{\"id\":\"x\",\"a\":9223372036854775808}",
        "{\"id\":\"x\",\"a\":1e400}",
        "{\"id\":\"x\",\"a\":[[1]]}",
        "{\"id\":\"x\",\"$a\":1}",
        "{\"id\":\"x\",\"a\":{\"$unknown\":1}}",
        "{\"id\":\"x\",\"a\":{\"$date\":\"2026-01-09T00:00:00Z\",\"b\":1}}",
        "{\"id\":\"x\",\"a\":{\"$date\":\"yesterday\"}}",
        "{\"id\":\"x\",\"a\":{\"$date\":\"2026-01-09T00:00:00.123456789Z\"}}",
        "{\"id\":\"x\",\"a\":{\"$date\":\"2026-02-30T00:00:00Z\"}}",
        "{\"id\":\"x\",\"a\":{\"$geo\":[91,0]}}",
        "{\"id\":\"x\",\"a\":{\"$geo\":[1]}}",
        "{\"id\":\"x\",\"a\":{\"$binary\":{\"base64\":\"?\",\"subType\":\"00\"}}}",
        "{\"id\":\"x\",\"a\":{\"$vector\":[\"1\"]}}",
        "{\"id\":\"x\",\"a\":\"\\ud800\"}",
        "{\"id\":\"x\"",
        "{\"id\":\"x\"} {}",
        "[1]",
      })
  void whatCannotBeADocumentIsRefused(String record) {
    assertThatThrownBy(() -> parsed(documents("c"), record))
        .isInstanceOf(BadRecordException.class)
        .message()
        .isNotBlank();
  }

  @Test
  void nestingThatWouldBreakTheStackIsRefused() {
    String record = "{\"id\":\"x\",\"a\":" + "{\"b\":".repeat(50_000) + "1" + "}".repeat(50_001);
    assertThatThrownBy(() -> parsed(documents("c"), record)).isInstanceOf(BadRecordException.class);
  }

  // ---------------------------------------------------------------------------------------------
  // Rows of tables

  private static RecordParser rows(List<TableColumn> columns, String... key) {
    return new TableRows(DATABASE, "orders", columns, List.of(key), References.keeping(DATABASE));
  }

  @Test
  void columnsBecomeFieldsOfTheirTypes() {
    RecordParser parser =
        rows(
            List.of(
                new TableColumn("no", "bigint", "integer"),
                new TableColumn("price", "double precision", "double"),
                new TableColumn("paid", "boolean", "boolean"),
                new TableColumn("at", "timestamp with time zone", "text"),
                new TableColumn("raw", "bytea", "text"),
                new TableColumn("total", "numeric(10,2)", "text"),
                new TableColumn("doc", "jsonb", "json"),
                new TableColumn("$odd", "text", "text"),
                new TableColumn("none", "text", "text")),
            "no");
    Document document =
        parsed(
            parser,
            "{\"no\":7,\"price\":1.0,\"paid\":true,\"at\":\"2026-01-09 01:02:03.5+00\","
                + "\"raw\":\"\\\\x00ff\",\"total\":\"12.50\","
                + "\"doc\":{\"$ref\":\"just text\",\"n\":[1,2.5,null]},"
                + "\"$$odd\":\"o\",\"none\":null}");
    assertThat(document.getName()).isEqualTo(DATABASE.name("orders/7"));
    assertThat(document.getFieldsMap())
        .isEqualTo(
            Map.of(
                "no", integer(7),
                "price", number(1),
                "paid", AwkwardDocuments.bool(true),
                "at", AwkwardDocuments.instant(1767920523L, 500_000_000),
                "raw", AwkwardDocuments.bytes(0, 255),
                "total", text("12.50"),
                "doc",
                    map(
                        Map.of(
                            "$ref", text("just text"),
                            "n", array(integer(1), number(2.5), AwkwardDocuments.nothing()))),
                "$odd", text("o"),
                "none", AwkwardDocuments.nothing()));
  }

  @Test
  void jsonThatFirestoreCannotHoldStaysText() {
    RecordParser parser =
        rows(
            List.of(
                new TableColumn("no", "bigint", "integer"),
                new TableColumn("doc", "jsonb", "json")),
            "no");
    for (String json :
        List.of(
            "[[1]]",
            "{\"a\":12345678901234567890}",
            "{\"__x__\":1}",
            "{\"\":1}",
            "[0.12345678901234567890]")) {
      assertThat(parsed(parser, "{\"no\":1,\"doc\":" + json + "}").getFieldsOrThrow("doc"))
          .isEqualTo(text(json));
    }
    assertThat(parsed(parser, "{\"no\":1,\"doc\":{\"$json\":\"null\"}}").getFieldsOrThrow("doc"))
        .isEqualTo(AwkwardDocuments.nothing());
  }

  @Test
  void whatATimestampOfFirestoreCannotBeStaysText() {
    RecordParser parser =
        rows(
            List.of(
                new TableColumn("no", "bigint", "integer"),
                new TableColumn("at", "timestamp with time zone", "text")),
            "no");
    for (String at : List.of("infinity", "0044-03-15 00:00:00+00 BC", "12026-01-09 00:00:00+00")) {
      assertThat(parsed(parser, "{\"no\":1,\"at\":\"" + at + "\"}").getFieldsOrThrow("at"))
          .isEqualTo(text(at));
    }
  }

  @Test
  void differentKeysAreDifferentIds() {
    List<TableColumn> columns =
        List.of(new TableColumn("a", "text", "text"), new TableColumn("b", "text", "text"));
    assertThat(id(rows(columns, "a", "b"), "x", "y")).isEqualTo("x:y");
    assertThat(id(rows(columns, "a", "b"), "x:y", "z")).isEqualTo("x%3Ay:z");
    assertThat(id(rows(columns, "a", "b"), "x", "y:z")).isEqualTo("x:y%3Az");
    assertThat(id(rows(columns, "a"), "x:y/z%", "")).isEqualTo("x:y%2Fz%25");
    assertThat(id(rows(columns, "a"), "", "")).isEqualTo("%");
    assertThat(id(rows(columns, "a"), "..", "")).isEqualTo("%..");
    assertThat(id(rows(columns, "a"), "__all__", "")).isEqualTo("%__all__");
  }

  private static String id(RecordParser parser, String a, String b) {
    Document document = parsed(parser, "{\"a\":\"" + a + "\",\"b\":\"" + b + "\"}");
    return document.getName().substring(DATABASE.name("orders/").length());
  }

  // ---------------------------------------------------------------------------------------------
  // Tables that documents became

  @Test
  void whatATableRefusesInItsTextsIsUnwrapped() {
    RecordParser parser =
        new TableDocuments(
            DATABASE,
            "posts",
            List.of(
                new TableColumn("id", "text", "text"),
                new TableColumn("parent", "text", "text"),
                new TableColumn("data", "jsonb", "json"),
                new TableColumn("n", "jsonb", "json")),
            References.keeping(DATABASE));
    Document wrapped =
        parsed(
            parser,
            "{\"id\":\"p\",\"parent\":\"\",\"data\":{\"$map\":[[{\"$text\":\"AA==\"},1]]},"
                + "\"n\":{\"$json\":\"{\\\"a\\\":1.0}\"}}");
    assertThat(wrapped.getFieldsMap())
        .isEqualTo(Map.of("\0", integer(1), "n", map(Map.of("a", number(1)))));
    Document asText =
        parsed(
            parser,
            "{\"id\":\"p\",\"parent\":\"\",\"data\":{\"$json\":\"{\\\"$$json\\\":2}\"},\"n\":null}");
    assertThat(asText.getFieldsMap()).isEqualTo(Map.of("$json", integer(2)));
    Document reference =
        parsed(
            parser,
            "{\"id\":\"p\",\"parent\":\"\",\"data\":{\"r\":{\"$ref\":{\"$text\":\"YS8A\"}}},\"n\":null}");
    assertThat(reference(reference, "r")).isEqualTo(DATABASE.name("a/\0"));
  }

  @Test
  void aTableOfDocumentsGivesTheDocumentsBack() {
    RecordParser parser =
        new TableDocuments(
            DATABASE,
            "posts",
            List.of(
                new TableColumn("id", "text", "text"),
                new TableColumn("parent", "text", "text"),
                new TableColumn("data", "jsonb", "json"),
                new TableColumn("title", "text", "text"),
                new TableColumn("tags", "jsonb", "json"),
                new TableColumn("at", "timestamp with time zone", "text")),
            References.keeping(DATABASE));
    Document document =
        parsed(
            parser,
            "{\"id\":\"p//01\",\"parent\":\"users/u\",\"data\":{\"n\":null,\"$id\":1,\"$$x\":2.0},"
                + "\"title\":\"t\",\"tags\":[{\"$numberDouble\":\"-0.0\"}],\"at\":null}");
    assertThat(document.getName()).isEqualTo(DATABASE.name("users/u/posts/p\u00001"));
    assertThat(document.getFieldsMap())
        .isEqualTo(
            Map.of(
                "n", AwkwardDocuments.nothing(),
                "id", integer(1),
                "$x", number(2),
                "title", text("t"),
                "tags", array(number(-0.0))));
  }
}
