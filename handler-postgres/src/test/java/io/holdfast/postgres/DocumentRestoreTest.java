package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreStrategy;
import io.holdfast.format.FormatException;
import io.holdfast.postgres.TestPostgres.Database;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.RecordBatch;
import io.holdfast.spi.RestoreSession;
import io.holdfast.testkit.MemoryBackup;
import io.holdfast.testkit.Pump;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Documents get tables that are made for them, in every mode and by every strategy. */
class DocumentRestoreTest {
  private static final MemoryBackup USERS =
      DocumentBackups.of(
          "users",
          "{\"id\":\"u1\",\"name\":\"Ada\"}",
          "{\"id\":\"u2\",\"name\":\"Lin\",\"n\":1.0}");

  private static final String COMMENT =
      "SELECT obj_description('public.users'::regclass, 'pg_class')";

  private Database target;

  @BeforeEach
  void createTarget() throws Exception {
    target = TestPostgres.createDatabase();
  }

  @AfterEach
  void dropTarget() throws Exception {
    target.close();
  }

  private PostgresHandler handler() {
    return DocumentBackups.handler(target);
  }

  private List<String> tables() throws Exception {
    return target.query(
        "SELECT schemaname || '.' || tablename FROM pg_tables"
            + " WHERE schemaname !~ '^pg_' AND schemaname <> 'information_schema' ORDER BY 1");
  }

  private List<String> users() throws Exception {
    return target.query("SELECT id || '|' || parent || '|' || data FROM users ORDER BY parent, id");
  }

  private void assertFails(Kind kind, Runnable restore, String... words) {
    assertThatThrownBy(restore::run)
        .isInstanceOfSatisfying(
            HandlerException.class, error -> assertThat(error.kind()).isEqualTo(kind))
        .hasMessageContainingAll(words);
  }

  @ParameterizedTest
  @EnumSource(names = {"TRANSACTION", "IN_PLACE"})
  void aMissingTableIsCreatedWithKeyAndMark(RestoreStrategy strategy) throws Exception {
    assertThat(Pump.create().strategy(strategy).write(USERS, handler())).isEqualTo(USERS.counts());
    assertThat(users())
        .containsExactly("u1||{\"name\": \"Ada\"}", "u2||{\"n\": 1.0, \"name\": \"Lin\"}");
    assertThat(
            target.query(
                "SELECT attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull"
                    + " FROM pg_attribute WHERE attrelid = 'users'::regclass AND attnum > 0"
                    + " ORDER BY attnum"))
        .containsExactly("id text true", "parent text true", "data jsonb true");
    assertThat(
            target.query(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'p'"
                    + " AND conrelid = 'users'::regclass"))
        .containsExactly("PRIMARY KEY (parent, id)");
    assertThat(target.query(COMMENT).get(0))
        .startsWith("Documents, kept by Holdfast: ")
        .endsWith(" holdfast:documents {\"collection\":\"users\"}");
    assertThat(target.query("SELECT relpersistence FROM pg_class WHERE relname = 'users'"))
        .containsExactly("p");
  }

  @Test
  void aPlanNamesTheTablesAndCreatesNone() throws Exception {
    try (RestoreSession session =
        PostgresHandler.builder(target.dataSource())
            .documentSchema("fs")
            .documentColumns()
            .build()
            .openRestore(Pump.create().restoreRequest(USERS))) {
      assertThat(session.prepare().steps())
          .contains(
              "Create the schema fs.",
              "Create 1 tables for documents: fs.users.",
              "Load 1 collections by COPY, 1 of them in binary form, in one transaction.",
              "Spread the documents of 1 collections over columns.");
    }
    assertThat(tables()).isEmpty();
  }

  @Test
  void theSchemaCanBeChosenAndIsCreated() throws Exception {
    PostgresHandler into =
        PostgresHandler.builder(target.dataSource()).documentSchema("fire \"store").build();
    Pump.create().write(USERS, into);
    assertThat(tables()).containsExactly("fire \"store.users");
    // There already, the second time.
    Pump.create().write(DocumentBackups.of("more", "{\"id\":\"x\"}"), into);
    assertThat(tables()).containsExactly("fire \"store.more", "fire \"store.users");
    assertThatThrownBy(
            () -> PostgresHandler.builder(target.dataSource()).documentSchema("pg_catalog"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @EnumSource(names = {"TRANSACTION", "IN_PLACE"})
  void collectionsThatNobodyAnnouncedGetTablesToo(RestoreStrategy strategy) throws Exception {
    MemoryBackup two = USERS.with("posts", List.of("{\"id\":\"p\",\"$parent\":\"users/u1\"}"));
    assertThat(Pump.create().strategy(strategy).threads(2).withoutManifest().write(two, handler()))
        .isEqualTo(two.counts());
    assertThat(tables()).containsExactly("public.posts", "public.users");
    assertThat(target.query("SELECT parent FROM posts")).containsExactly("users/u1");
    assertThat(
            target.query(
                "SELECT indrelid::regclass::text FROM pg_index WHERE indisprimary"
                    + " AND indrelid::regclass::text !~ 'pg_' ORDER BY 1"))
        .containsExactly("posts", "users");
  }

  @Test
  void aFilterChoosesCollections() throws Exception {
    MemoryBackup two = USERS.with("posts", List.of("{\"id\":\"p\"}"));
    Pump.create().filter(new CollectionFilter(List.of("posts"), List.of())).write(two, handler());
    assertThat(tables()).containsExactly("public.posts");
  }

  @Test
  void aCollectionWithoutDocumentsGetsAnEmptyTable() throws Exception {
    Pump.create().write(DocumentBackups.of("empty"), handler());
    assertThat(tables()).containsExactly("public.empty");
    assertThat(DocumentBackups.documents(target, "empty")).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(names = {"TRANSACTION", "IN_PLACE"})
  void aMarkedTableMustBeEmptyUnlessItIsReplaced(RestoreStrategy strategy) throws Exception {
    Pump pump = Pump.create().strategy(strategy);
    pump.write(USERS, handler());
    MemoryBackup other = USERS.with("users", List.of("{\"id\":\"u3\"}"));
    assertFails(
        Kind.NOT_EMPTY, () -> pump.write(other, handler()), "public.users", "REPLACE or MERGE");
    target.execute("CREATE VIEW names AS SELECT data ->> 'name' AS name FROM users");
    pump.mode(RestoreMode.REPLACE).write(other, handler());
    assertThat(users()).containsExactly("u3||{}");
    // Whoever reads the table goes on reading it.
    assertThat(target.query("SELECT count(*) FROM names")).containsExactly("1");
    target.execute("TRUNCATE users");
    pump.write(USERS, handler());
    assertThat(users()).hasSize(2);
    assertThat(target.query(COMMENT).get(0)).contains("holdfast:documents");
  }

  @ParameterizedTest
  @EnumSource(names = {"TRANSACTION", "IN_PLACE"})
  void aMergeOverwritesDocumentsByTheirPathAndAddsOthers(RestoreStrategy strategy)
      throws Exception {
    Pump merge = Pump.create().strategy(strategy).mode(RestoreMode.MERGE);
    merge.write(USERS, handler());
    merge.write(
        DocumentBackups.of(
            "users",
            "{\"id\":\"u2\",\"new\":true}",
            "{\"id\":\"u2\",\"$parent\":\"teams/t\"}",
            "{\"id\":\"u3\"}"),
        handler());
    assertThat(users())
        .containsExactly(
            "u1||{\"name\": \"Ada\"}", "u2||{\"new\": true}", "u3||{}", "u2|teams/t|{}");
  }

  @Test
  void withDataOnlyTheTableMustBeThere() throws Exception {
    Pump dataOnly = Pump.create().dataOnly();
    assertFails(Kind.MISMATCH, () -> dataOnly.write(USERS, handler()), "Table users is missing");
    Pump.create().write(DocumentBackups.of("users"), handler());
    dataOnly.write(USERS, DocumentBackups.withColumns(target));
    assertThat(users()).hasSize(2);
    target.execute("DROP TABLE users", "CREATE TABLE users (name text, n float8, id text)");
    dataOnly.write(USERS, handler());
    assertThat(target.query("SELECT concat_ws('|', id, name, n) FROM users ORDER BY id"))
        .containsExactly("u1|Ada", "u2|Lin|1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CREATE TABLE users (id text, parent text, data jsonb, PRIMARY KEY (parent, id))",
        "CREATE TABLE users (id int)",
        "CREATE VIEW users AS SELECT 1 AS id",
        "CREATE SEQUENCE users",
        "CREATE TYPE users AS ENUM ('a')",
        "CREATE TABLE users (id text, parent int, data jsonb); COMMENT ON TABLE users IS"
            + " 'holdfast:documents {\"collection\":\"users\"}'",
        "CREATE TABLE users (id text PRIMARY KEY, parent text, data jsonb); COMMENT ON TABLE users IS"
            + " 'holdfast:documents {\"collection\":\"users\"}'",
        "CREATE TABLE users (id text, parent text, data jsonb, PRIMARY KEY (parent, id));"
            + " COMMENT ON TABLE users IS 'holdfast:documents {\"collection\":\"others\"}'"
      })
  void somethingElseOfThatNameIsLeftAlone(String other) throws Exception {
    target.execute(other);
    List<String> before = tables();
    for (RestoreMode mode : RestoreMode.values()) {
      for (RestoreStrategy strategy :
          List.of(RestoreStrategy.TRANSACTION, RestoreStrategy.IN_PLACE)) {
        MemoryBackup two = USERS.with("posts", List.of("{\"id\":\"p\"}"));
        assertFails(
            Kind.MISMATCH,
            () -> Pump.create().mode(mode).strategy(strategy).write(two, handler()),
            "public.users is to hold the documents of collection users",
            "documentSchema");
        assertThat(tables()).isEqualTo(before);
      }
    }
  }

  @Test
  void aTableOfAnIdAndJsonTakesDocumentsAsBefore() throws Exception {
    target.execute("CREATE TABLE users (id text PRIMARY KEY, doc jsonb)");
    Pump.create()
        .write(
            DocumentBackups.of("users", "{\"id\":\"a\",\"$parent\":\"b/c\",\"n\":1}"), handler());
    assertThat(target.query("SELECT id || doc FROM users"))
        .containsExactly("a{\"n\": 1, \"$parent\": \"b/c\"}");
  }

  @Test
  void swapRefusesWhatDefinesNoTables() {
    assertFails(
        Kind.UNSUPPORTED,
        () ->
            Pump.create()
                .strategy(RestoreStrategy.SWAP)
                .write(USERS, PostgresHandler.at(target.uri())),
        "holds no definitions of tables");
  }

  @Test
  void longNamesAreCutAndStayDifferent() throws Exception {
    Map<String, List<String>> collections = new LinkedHashMap<>();
    List<String> names =
        List.of(
            "n".repeat(63),
            "n".repeat(64),
            "n".repeat(65),
            "é".repeat(40),
            "é".repeat(41),
            "😀".repeat(20),
            "q\"uote 'n back\\slash",
            "Users",
            "users",
            "public.users",
            "zero\0",
            "zero");
    names.forEach(
        name -> collections.put(name, List.of("{\"id\":\"" + names.indexOf(name) + "\"}")));
    MemoryBackup backup = DocumentBackups.of(collections);
    Pump.create().write(backup, handler());
    assertThat(tables()).hasSize(names.size()).contains("public." + "n".repeat(63));
    MemoryBackup read = Pump.create().read(handler());
    for (String name : names) {
      assertThat(DocumentBackups.documents(read, name))
          .isEqualTo(DocumentDecoder.documents(collections.get(name)));
    }
    // The same tables again.
    Pump.create().mode(RestoreMode.REPLACE).write(backup, handler());
    assertThat(tables()).hasSize(names.size());
  }

  @Test
  void pathsThatNoIndexTakesAreRestoredAllTheSame() throws Exception {
    Random random = new Random(1);
    String id =
        random.ints(1500, 'a', 'z' + 1).mapToObj(Character::toString).reduce("", String::concat);
    String parent = "a/" + new StringBuilder(id).reverse() + "/b/" + id;
    MemoryBackup backup =
        DocumentBackups.of(
            "deep", "{\"id\":\"%s\",\"$parent\":\"%s\"}".formatted(id, parent), "{\"id\":\"x\"}");
    Pump.create().write(backup, handler());
    assertThat(DocumentBackups.documents(target, "deep"))
        .isEqualTo(DocumentDecoder.documents(backup.records().get("deep")));
    Pump.create().mode(RestoreMode.REPLACE).write(backup, DocumentBackups.withColumns(target));
    assertThat(target.query("SELECT count(*) FROM pg_index WHERE indrelid = 'deep'::regclass"))
        .containsExactly("1");
    MemoryBackup twice =
        backup.with(
            "deep2",
            List.of(
                "{\"id\":\"%s\",\"$parent\":\"%s\"}".formatted(id, parent),
                "{\"id\":\"%s\",\"$parent\":\"%s\"}".formatted(id, parent)));
    assertFails(
        Kind.CONSTRAINT,
        () ->
            Pump.create()
                .filter(new CollectionFilter(List.of("deep2"), List.of()))
                .write(twice, handler()),
        "deep2");
  }

  @ParameterizedTest
  @EnumSource(names = {"TRANSACTION", "IN_PLACE"})
  void theSameDocumentTwiceIsAnError(RestoreStrategy strategy) throws Exception {
    MemoryBackup twice =
        DocumentBackups.of("users", "{\"id\":\"secret\",\"n\":1}", "{\"id\":\"secret\",\"n\":2}");
    for (PostgresHandler into : List.of(handler(), DocumentBackups.withColumns(target))) {
      assertThatThrownBy(
              () -> Pump.create().mode(RestoreMode.REPLACE).strategy(strategy).write(twice, into))
          .isInstanceOfSatisfying(
              HandlerException.class,
              error -> {
                assertThat(error.kind()).isEqualTo(Kind.CONSTRAINT);
                assertThat(error.collection()).contains("users");
              })
          .hasMessageContaining("primary key of the table for users")
          .hasMessageNotContaining("secret");
    }
  }

  @Test
  void aFailureLeavesNoTablesInATransaction() throws Exception {
    MemoryBackup bad = USERS.with("posts", List.of("{\"id\":\"a\"}", "{\"no\":\"id\"}"));
    for (PostgresHandler into :
        List.of(
            handler(),
            DocumentBackups.withColumns(target),
            PostgresHandler.builder(target.dataSource()).documentSchema("fs").build())) {
      assertFails(Kind.MISMATCH, () -> Pump.create().write(bad, into), "collection posts");
      assertThat(tables()).isEmpty();
      assertThat(target.query("SELECT 1 FROM pg_namespace WHERE nspname = 'fs'")).isEmpty();
    }
  }

  @Test
  void aFailureInPlaceLeavesNothingToStumbleOver() throws Exception {
    MemoryBackup bad = USERS.with("posts", List.of("{\"id\":\"a\"}", "{\"no\":\"id\"}"));
    Pump inPlace = Pump.create().strategy(RestoreStrategy.IN_PLACE).threads(2);
    assertThatThrownBy(() -> inPlace.write(bad, DocumentBackups.withColumns(target)))
        .isInstanceOf(HandlerException.class);
    assertThat(tables()).containsExactly("public.posts", "public.users");
    inPlace.mode(RestoreMode.REPLACE).write(USERS, DocumentBackups.withColumns(target));
    assertThat(DocumentBackups.documents(target, "users"))
        .isEqualTo(DocumentDecoder.documents(USERS.records().get("users")));
    assertThat(target.query("SELECT count(*) FROM pg_index WHERE indrelid = 'users'::regclass"))
        .containsExactly("1");
  }

  @Test
  void whatIsNoDocumentIsAnErrorThatNamesTheCollection() throws Exception {
    Map<String, String> mismatches = new LinkedHashMap<>();
    mismatches.put("{\"name\":\"secret\"}", "no id");
    mismatches.put("{}", "no id");
    mismatches.put("{\"id\":5}", "field \"id\"");
    mismatches.put("{\"id\":null}", "field \"id\"");
    mismatches.put("{\"id\":{\"secret\":1}}", "field \"id\"");
    mismatches.put("{\"id\":\"secret//0\"}", "//0");
    mismatches.put("{\"id\":\"a\",\"$parent\":1}", "field \"$parent\"");
    mismatches.put("{\"id\":\"a\",\"$parent\":null}", "field \"$parent\"");
    mismatches.put("{\"id\":\"a\",\"$parent\":[\"secret\"]}", "field \"$parent\"");
    mismatches.put("{\"id\":\"a\",\"$parent\":\"x//0/secret\"}", "//0");
    mismatches.put("{\"id\":\"a\",\"x\":\"secret\\ud800\"}", "surrogate");
    mismatches.put("{\"id\":\"a\",\"x\":\"secret\\udc00\\ud800\"}", "surrogate");
    mismatches.put("{\"id\":\"a\",\"x\":" + "[".repeat(1_001) + "]".repeat(1_001) + "}", "1000");
    mismatches.put(
        "{\"id\":\"a\",\"x\":{\"$ref\":1,\"secret\\u0000\":2}}",
        "a typed value that has other keys");
    for (Map.Entry<String, String> each : mismatches.entrySet()) {
      assertThatThrownBy(
              () -> Pump.create().write(DocumentBackups.of("posts", each.getKey()), handler()))
          .as(each.getKey())
          .isInstanceOfSatisfying(
              HandlerException.class,
              error -> {
                assertThat(error.kind()).isEqualTo(Kind.MISMATCH);
                assertThat(error.collection()).contains("posts");
              })
          .hasMessageContaining("collection posts")
          .hasMessageContaining(each.getValue())
          .hasMessageNotContaining("secret");
    }
    for (String corrupt :
        List.of(
            "[]",
            "{\"id\":\"a\"",
            "{\"id\":\"a\",}",
            "{\"id\":\"a\",\"id\":\"secret\"}",
            "{\"id\":\"a\",\"\\u0069d\":\"secret\"}",
            "{\"id\":\"a\",\"$parent\":\"b\",\"$parent\":\"secret\"}",
            "{\"id\":\"a\",\"x\":[1,}",
            "{\"id\":\"a\",\"x\":{1:2}}",
            "{\"id\":\"a\",\"x\":{\"y\" 2}}",
            "{\"id\":\"a\",\"x\":\"\\q\"}",
            "{\"id\":\"a\",\"x\":\"\\u00g0\"}",
            "{\"id\":\"a\",\"x\":1e+-3}",
            "{\"id\":\"a\",\"x\":-.0}",
            "{\"id\":\"a\",\"x\":nul}",
            "{\"id\":\"a\",\"x\":tru}",
            "{\"id\":\"a\",\"x\":}",
            "{\"id\":\"a\"}}")) {
      assertThatThrownBy(() -> Pump.create().write(DocumentBackups.of("posts", corrupt), handler()))
          .as(corrupt)
          .isInstanceOfAny(FormatException.class, HandlerException.class)
          .hasMessageContaining("collection posts")
          .hasMessageNotContaining("secret");
    }
    // The server looks at the rest.
    for (String wrong : List.of("1.2.3", "01", "-", "1.")) {
      assertThatThrownBy(
              () ->
                  Pump.create()
                      .write(
                          DocumentBackups.of("posts", "{\"id\":\"a\",\"x\":" + wrong + "}"),
                          handler()))
          .as(wrong)
          .isInstanceOf(Exception.class)
          .hasMessageContaining("posts");
    }
    assertThat(tables()).isEmpty();
  }

  @Test
  void nestingToTheLimitIsRestored() throws Exception {
    MemoryBackup deep =
        DocumentBackups.of(
            "deep",
            "{\"id\":\"a\",\"x\":" + "[".repeat(1_000) + "]".repeat(1_000) + "}",
            "{\"id\":\"b\",\"x\":" + "{\"\\u0000\":".repeat(400) + "1" + "}".repeat(400) + "}");
    Pump.create().write(deep, handler());
    assertThat(target.query("SELECT count(*) FROM deep")).containsExactly("2");
  }

  @Test
  void escapedKeysAndSpaceMakeNoDifference() throws Exception {
    Pump.create()
        .write(
            DocumentBackups.of(
                "users",
                " { \"x\" : 1 ,\t\"\\u0069d\" : \"a\" , \"\\u0024parent\":\"b/c\", \"y\":[ 1 , { \"z\" : 1e1 } ] } "
                    .strip()),
            handler());
    assertThat(users()).containsExactly("a|b/c|{\"x\": 1, \"y\": [1, {\"z\": 10.0}]}");
  }

  @Test
  void whatTheRoleMayNotDoIsToldBeforehand() throws Exception {
    String role = "reader_" + target.name();
    TestPostgres.maintenance("CREATE ROLE " + role + " LOGIN");
    try {
      target.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
      PostgresHandler asRole = PostgresHandler.of(target.dataSource(role, ""));
      assertFails(
          Kind.PERMISSION_DENIED,
          () -> Pump.create().write(USERS, asRole),
          "lacks CREATE on schema public");
      assertFails(
          Kind.PERMISSION_DENIED,
          () ->
              Pump.create()
                  .write(
                      USERS,
                      PostgresHandler.builder(target.dataSource(role, ""))
                          .documentSchema("fs")
                          .build()),
          "lacks CREATE on the database");
      Pump.create().write(DocumentBackups.of("users"), handler());
      target.execute("GRANT SELECT, INSERT ON users TO " + role);
      assertFails(
          Kind.PERMISSION_DENIED,
          () ->
              Pump.create()
                  .write(
                      USERS,
                      PostgresHandler.builder(target.dataSource(role, ""))
                          .documentColumns()
                          .build()),
          "gets columns, which takes its owner",
          "spreading documents over columns");
      Pump.create().write(USERS, asRole);
      assertThat(users()).hasSize(2);
    } finally {
      target.execute("DROP OWNED BY " + role);
      TestPostgres.maintenance("DROP ROLE " + role);
    }
  }

  @Test
  void aBackupDescribesTheMarkAndNothingThatOnlyLooksLikeIt() throws Exception {
    String columns = " (id text, parent text, data jsonb)";
    Map<String, String> comments = new LinkedHashMap<>();
    comments.put("a", "people may write here. holdfast:documents {\"collection\":\"x\"} and here");
    comments.put("b", "holdfast:documents {\"collection\":\"é\\n\\\"\\u0001\",\"more\":[]}");
    comments.put("c", "holdfast:documents{\"collection\":\"tight\"}");
    comments.put("n1", "holdfast:documents");
    comments.put("n2", "holdfast:documents {\"collection\":");
    comments.put("n3", "holdfast:documents {\"collection\":5}");
    comments.put("n4", "holdfast:documents {\"collection\":\"\"}");
    comments.put("n5", "holdfast:documents [\"collection\"]");
    comments.put("n6", "holdfast:documents null");
    comments.put("n7", "holdfast:documents " + "[".repeat(5_000));
    comments.put("n8", "holdfast:documents {\"collection\":\"" + "x".repeat(5_000) + "\"}");
    comments.put("n9", "holdfast:documents {\"collection\":\"" + "x".repeat(50_000) + "\"}");
    for (Map.Entry<String, String> each : comments.entrySet()) {
      target.execute(
          "CREATE TABLE " + each.getKey() + columns,
          "COMMENT ON TABLE " + each.getKey() + " IS '" + each.getValue() + "'");
    }
    String marked = " IS 'holdfast:documents {\"collection\":\"x\"}'";
    target.execute(
        "CREATE TABLE m1 (id text, parent text)",
        "COMMENT ON TABLE m1" + marked,
        "CREATE TABLE m2 (id int, parent text, data jsonb)",
        "COMMENT ON TABLE m2" + marked,
        "CREATE TABLE m3 (id text, parent text, data text)",
        "COMMENT ON TABLE m3" + marked,
        "CREATE TABLE m4" + columns,
        "COMMENT ON COLUMN m4.data" + marked,
        "CREATE TABLE m5 (id text, parent text GENERATED ALWAYS AS (id) STORED, data jsonb)",
        "COMMENT ON TABLE m5" + marked);
    Map<String, String> described = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> each :
        Pump.create().read(handler()).header().schema().path("collections").properties()) {
      if (each.getValue().has("documents")) {
        described.put(each.getKey(), each.getValue().path("documents").toString());
      }
    }
    assertThat(described)
        .isEqualTo(
            Map.of(
                "public.a", "{\"collection\":\"x\"}",
                "public.b", "{\"collection\":\"é\\n\\\"\\u0001\"}",
                "public.c", "{\"collection\":\"tight\"}"));
  }

  @Test
  void manyWorkersRestoreManyCollections() throws Exception {
    Map<String, List<String>> collections = new LinkedHashMap<>();
    for (int i = 0; i < 20; i++) {
      List<String> records = new ArrayList<>();
      for (int j = 0; j < 300; j++) {
        records.add("{\"id\":\"" + j + "\",\"n\":" + j + ",\"s\":\"" + i + "\"}");
      }
      collections.put("c" + i, records);
    }
    MemoryBackup backup = DocumentBackups.of(collections);
    for (RestoreStrategy strategy :
        Arrays.asList(RestoreStrategy.TRANSACTION, RestoreStrategy.IN_PLACE)) {
      assertThat(
              Pump.create()
                  .mode(RestoreMode.REPLACE)
                  .strategy(strategy)
                  .threads(4)
                  .batchRecords(11)
                  .write(backup, DocumentBackups.withColumns(target)))
          .isEqualTo(backup.counts());
      assertThat(target.query("SELECT count(*) || ' ' || sum(n) FROM c7"))
          .containsExactly("300 44850");
      assertThat(tables()).hasSize(20);
    }
  }

  @Test
  void aBatchMayBeOfAnySize() throws Exception {
    try (RestoreSession session =
        handler().openRestore(Pump.create().restoreRequest(DocumentBackups.of("users")))) {
      session.prepare();
      session.begin();
      session.write("users", RecordBatch.of(List.of("{\"id\":\"a\"}")));
      session.write("users", RecordBatch.of(List.of("{\"id\":\"b\"}", "{\"id\":\"c\"}")));
      session.finish();
    }
    assertThat(users()).containsExactly("a||{}", "b||{}", "c||{}");
  }
}
