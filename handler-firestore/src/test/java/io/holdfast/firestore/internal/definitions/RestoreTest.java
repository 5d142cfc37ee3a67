package io.holdfast.firestore.internal.definitions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RestoreTest {
  private static final String GROUPS = "/v1/projects/p2/databases/(default)/collectionGroups/";
  private static final RestoreSelection ALL = RestoreSelection.indexesAndTtl().withRules();
  private static final ObjectNode CAPTURED =
      FakeGoogle.json(
          """
          {"indexes":[
            {"collectionGroup":"posts","queryScope":"COLLECTION","apiScope":"ANY_API","density":"SPARSE_ALL",
             "fields":[{"fieldPath":"author","order":"ASCENDING"},{"fieldPath":"at","order":"DESCENDING"}]},
            {"collectionGroup":"posts","queryScope":"COLLECTION_GROUP",
             "fields":[{"fieldPath":"tags","arrayConfig":"CONTAINS"},{"fieldPath":"at","order":"DESCENDING"}]}],
           "fieldOverrides":[
            {"collectionGroup":"posts","fieldPath":"title","indexes":[{"order":"ASCENDING","queryScope":"COLLECTION_GROUP"}],
             "indexConfig":{"compression":"none"}},
            {"collectionGroup":"sessions","fieldPath":"expires","indexes":[]}],
           "ttl":[{"collectionGroup":"sessions","fieldPath":"expires","ttlConfig":{"expirationOffset":"60s"}},
                  {"collectionGroup":"tokens","fieldPath":"`until/when`"}],
           "rules":{"files":[{"name":"firestore.rules","content":"allow read;"}]}}
          """);

  private final FakeGoogle google = new FakeGoogle("p2", "(default)");
  private final List<String> told = new ArrayList<>();

  @AfterEach
  void everythingWasAskedAsDocumented() {
    google.close();
  }

  private RestoredDefinitions restore(ObjectNode captured, RestoreSelection what) {
    return google.definitions().restore(captured, what, told::add);
  }

  private HandlerException failure(ObjectNode captured, RestoreSelection what) {
    return catchThrowableOfType(HandlerException.class, () -> restore(captured, what));
  }

  @Test
  void anEmptyDatabaseGetsEverythingThatWasAskedFor() {
    List<String> plan = google.definitions().plan(CAPTURED, ALL);
    assertThat(google.changes()).isEmpty();

    assertThat(restore(CAPTURED, ALL)).isEqualTo(new RestoredDefinitions(2, 2, 2, true, 0));
    assertThat(told).isEqualTo(plan).hasSize(6);
    assertThat(plan)
        .contains(
            "Create the index posts (COLLECTION): author ASCENDING, at DESCENDING.",
            "Set the single-field indexes of posts.title: ASCENDING COLLECTION_GROUP.",
            "Set the single-field indexes of sessions.expires: none."
                + " Let documents expire by sessions.expires.",
            "Let documents expire by tokens.`until/when`.",
            "Put the backup's security rules (1 file) in force for projects/p2/databases/(default).");
    assertThat(google.changes())
        .containsExactly(
            "POST " + GROUPS + "posts/indexes",
            "POST " + GROUPS + "posts/indexes",
            "PATCH " + GROUPS + "posts/fields/title?updateMask=indexConfig",
            "PATCH " + GROUPS + "sessions/fields/expires?updateMask=indexConfig%2CttlConfig",
            "PATCH " + GROUPS + "tokens/fields/%60until%2Fwhen%60?updateMask=ttlConfig",
            "POST /v1/projects/p2/rulesets",
            "PATCH /v1/projects/p2/releases/cloud.firestore",
            "POST /v1/projects/p2/releases");
    assertThat(google.bodies.get("PATCH " + GROUPS + "posts/fields/title?updateMask=indexConfig"))
        .hasToString(
            "{\"indexConfig\":{\"compression\":\"none\",\"indexes\":[{\"queryScope\":"
                + "\"COLLECTION_GROUP\",\"fields\":[{\"fieldPath\":\"title\",\"order\":"
                + "\"ASCENDING\"}]}]}}");
    assertThat(google.indexes.get(0).path("density").asText()).isEqualTo("SPARSE_ALL");
    assertThat(google.rulesets.get(google.releases.get(google.release())).at("/source/files"))
        .isEqualTo(CAPTURED.at("/rules/files"));
  }

  @Test
  void doingItAgainChangesNothing() {
    restore(CAPTURED, ALL);
    google.requests.clear();

    assertThat(google.definitions().plan(CAPTURED, ALL)).isEmpty();
    assertThat(restore(CAPTURED, ALL)).isEqualTo(new RestoredDefinitions(0, 0, 0, false, 0));
    assertThat(google.changes()).isEmpty();
  }

  @Test
  void aDatabaseThatHasHalfOfItGetsTheOtherHalfAndKeepsItsOwn() {
    google.index(
        "posts",
        """
        {"queryScope":"COLLECTION","apiScope":"ANY_API","density":"SPARSE_ALL","fields":[
         {"fieldPath":"author","order":"ASCENDING"},{"fieldPath":"at","order":"DESCENDING"},
         {"fieldPath":"__name__","order":"DESCENDING"}]}
        """);
    google.index(
        "own",
        """
        {"queryScope":"COLLECTION","fields":[{"fieldPath":"a","order":"ASCENDING"},
         {"fieldPath":"b","order":"ASCENDING"},{"fieldPath":"__name__","order":"ASCENDING"}]}
        """);
    google.field("posts", "title", "{}");
    google.ttl("tokens", "`until/when`", "{\"state\":\"ACTIVE\"}");
    google.field("own", "x", "{}");

    assertThat(restore(CAPTURED, RestoreSelection.indexesAndTtl()))
        .isEqualTo(new RestoredDefinitions(1, 2, 1, false, 0));
    assertThat(google.indexes).hasSize(3);
    assertThat(google.fields).containsKey("own/x");
  }

  @Test
  void rulesAreLeftAloneUnlessTheyAreAskedFor() {
    google.rules("deny;");

    assertThat(restore(CAPTURED, RestoreSelection.indexesAndTtl()).rulesReleased()).isFalse();
    assertThat(google.requests).noneMatch(one -> one.contains("/releases"));
  }

  @Test
  void otherRulesAreReplacedByMovingTheRelease() {
    google.rules("deny;");
    String before = google.releases.get(google.release());

    assertThat(restore(CAPTURED, RestoreSelection.of(DefinitionPart.RULES)).rulesReleased())
        .isTrue();
    assertThat(google.changes())
        .containsExactly(
            "POST /v1/projects/p2/rulesets", "PATCH /v1/projects/p2/releases/cloud.firestore");
    assertThat(google.releases.get(google.release())).isNotEqualTo(before);
  }

  @Test
  void aNamedDatabaseHasRulesOfItsOwn() {
    try (FakeGoogle named = new FakeGoogle("p2", "second")) {
      named.definitions().restore(CAPTURED, ALL, told::add);

      assertThat(named.releases).containsOnlyKeys("projects/p2/releases/cloud.firestore/second");
      assertThat(named.changes()).contains("PATCH /v1/projects/p2/releases/cloud.firestore/second");
    }
  }

  @Test
  void aReleaseThatAppearsMeanwhileIsMovedToo() {
    google.failing(
        1, "PATCH /v1/projects/p2/releases", 404, FakeGoogle.error(404, "NOT_FOUND", "not found"));
    google.failing(
        1,
        "POST /v1/projects/p2/releases",
        409,
        FakeGoogle.error(409, "ALREADY_EXISTS", "already exists"));
    google.rules("deny;");

    assertThat(restore(CAPTURED, RestoreSelection.of(DefinitionPart.RULES)).rulesReleased())
        .isTrue();
  }

  @Test
  void rulesThatCannotBePutInForceLeaveTheOldOnes() {
    google.rules("deny;");
    String before = google.releases.get(google.release());
    google.alwaysFailing(
        "PATCH /v1/projects/p2/releases",
        403,
        FakeGoogle.error(403, "PERMISSION_DENIED", "denied"));
    HandlerException error = failure(CAPTURED, ALL);

    assertThat(error.kind()).isEqualTo(Kind.PERMISSION_DENIED);
    assertThat(error)
        .hasMessageContaining("firebaserules.releases.update")
        .hasMessageContaining("those in force are as they were")
        .hasMessageContaining(
            "Done before, and staying: 2 indexes created, 2 field overrides set, 2 TTL policies"
                + " set.");
    assertThat(google.releases.get(google.release())).isEqualTo(before);
  }

  @Test
  void anIndexThatTheServerHasAlreadyIsFine() {
    google.failing(
        1,
        "POST " + GROUPS + "posts/indexes",
        409,
        FakeGoogle.error(409, "ALREADY_EXISTS", "index already exists"));

    assertThat(restore(CAPTURED, RestoreSelection.of(DefinitionPart.INDEXES)).building()).isZero();
    assertThat(google.indexes).hasSize(1);
  }

  @Test
  void contentionAndLostAnswersAreTriedAgain() {
    google.failing(
        1,
        "POST " + GROUPS + "posts/indexes",
        409,
        FakeGoogle.error(409, "ABORTED", "too much contention on these datastore entities."));
    google.failing(1, "PATCH " + GROUPS + "posts/fields/title", 503, "");

    assertThat(restore(CAPTURED, RestoreSelection.indexesAndTtl()))
        .isEqualTo(new RestoredDefinitions(2, 2, 2, false, 0));
  }

  @Test
  void aMissingRightIsNamedTogetherWithWhatWasDone() {
    google.alwaysFailing(
        "PATCH " + GROUPS, 403, FakeGoogle.error(403, "PERMISSION_DENIED", "denied"));
    HandlerException error = failure(CAPTURED, ALL);

    assertThat(error.kind()).isEqualTo(Kind.PERMISSION_DENIED);
    assertThat(error)
        .hasMessageContaining("datastore.schemas.update")
        .hasMessageContaining("roles/datastore.indexAdmin")
        .hasMessageContaining(
            "Done before, and staying: 2 indexes created. Doing it again goes on from there.");
  }

  @Test
  void aTargetThatMayNotBeReadIsNotChanged() {
    google.alwaysFailing(
        "GET " + GROUPS, 403, FakeGoogle.error(403, "PERMISSION_DENIED", "denied"));

    assertThat(failure(CAPTURED, ALL))
        .hasMessageContaining("datastore.schemas.list")
        .hasMessageContaining("No definition of the target was changed.");
    assertThat(google.changes()).isEmpty();
  }

  @Test
  void whatIsBeingBuiltIsCountedAndNotWaitedFor() {
    google.pollsUntilBuilt = 3;

    assertThat(restore(CAPTURED, RestoreSelection.indexesAndTtl()).building()).isEqualTo(5);
    assertThat(google.requests).noneMatch(one -> one.contains("/operations/"));
  }

  @Test
  void whatIsBeingBuiltIsWaitedForWhereThatIsAsked() {
    google.pollsUntilBuilt = 3;
    RestoreSelection what = RestoreSelection.indexesAndTtl().waitingAtMost(Duration.ofMinutes(1));

    assertThat(restore(CAPTURED, what).building()).isZero();
    assertThat(told).contains("Wait for 5 to be built.");
  }

  @Test
  void waitingEndsWithItsTime() {
    google.pollsUntilBuilt = 1_000;
    RestoreSelection what = RestoreSelection.indexesAndTtl().waitingAtMost(Duration.ofSeconds(8));

    assertThat(restore(CAPTURED, what).building()).isEqualTo(5);
    assertThat(told).filteredOn(one -> one.startsWith("Wait")).hasSize(3);
  }

  @Test
  void whatWasBegunBeforeIsCountedAndWaitedForToo() {
    restore(CAPTURED, RestoreSelection.indexesAndTtl());
    google.indexes.get(0).put("state", "CREATING");
    ObjectNode field = google.fields.get("tokens/`until/when`");
    field.putObject("ttlConfig").put("state", "CREATING");
    assertThat(restore(CAPTURED, RestoreSelection.indexesAndTtl()).building()).isEqualTo(2);

    field.putObject("ttlConfig").put("state", "ACTIVE");
    google.requests.clear();
    RestoreSelection what = RestoreSelection.indexesAndTtl().waitingAtMost(Duration.ofSeconds(1));
    google.indexes.get(0).put("state", "CREATING");
    assertThat(restore(CAPTURED, what).building()).isEqualTo(1);
    assertThat(google.requests).anyMatch(one -> one.startsWith("GET " + GROUPS + "posts/indexes/"));
  }

  @Test
  void anIndexThatCannotBeBuiltIsAnError() {
    google.pollsUntilBuilt = 1;
    google.alwaysFailing(
        "GET /v1/projects/p2/databases/(default)/operations/",
        200,
        "{\"done\":true,\"error\":{\"code\":9,\"message\":\"too many entries\"}}");

    assertThat(
            failure(
                CAPTURED, RestoreSelection.indexesAndTtl().waitingAtMost(Duration.ofMinutes(1))))
        .hasMessageContaining("could not build the index posts (COLLECTION)")
        .hasMessageContaining("too many entries");
  }

  @Test
  void aPartThatTheBackupDoesNotHaveStaysAsItIsAndThatIsSaid() {
    google.rules("deny;");
    ObjectNode nothing = FakeGoogle.json("{\"rules\":{\"files\":[]}}");

    assertThat(restore(nothing, ALL)).isEqualTo(new RestoredDefinitions(0, 0, 0, false, 0));
    assertThat(told)
        .containsExactly(
            "The backup does not say which indexes there were: the target's stay.",
            "The backup does not say which field overrides there were: the target's stay.",
            "The backup does not say which TTL policies there were: the target's stay.",
            "The database of the backup had no security rules: the target's stay.");
    assertThat(google.changes()).isEmpty();
  }

  @Test
  void aFileOfFirebaseToolsCanBeRestoredAsItIs() {
    ObjectNode file =
        FakeGoogle.json(
            """
            {"indexes":[{"collectionGroup":"posts","fields":[
               {"fieldPath":"a","order":"ASCENDING"},{"fieldPath":"b","order":"DESCENDING"}]}],
             "fieldOverrides":[{"collectionGroup":"posts","fieldPath":"until","ttl":true,
               "indexes":[{"order":"ASCENDING"}]}]}
            """);

    assertThat(restore(file, RestoreSelection.indexesAndTtl()))
        .isEqualTo(new RestoredDefinitions(1, 1, 1, false, 0));
    assertThat(google.definitions().plan(file, RestoreSelection.indexesAndTtl())).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"indexes\":[{\"collectionGroup\":\"a/indexes\",\"fields\":[{\"fieldPath\":\"a\"}]}]}",
        "{\"indexes\":[{\"collectionGroup\":\"..\",\"fields\":[{\"fieldPath\":\"a\"}]}]}",
        "{\"indexes\":[{\"collectionGroup\":\"-\",\"fields\":[{\"fieldPath\":\"a\"}]}]}",
        "{\"indexes\":[{\"collectionGroup\":\"\",\"fields\":[{\"fieldPath\":\"a\"}]}]}",
        "{\"indexes\":[{\"collectionGroup\":\"\\ud800\",\"fields\":[{\"fieldPath\":\"a\"}]}]}",
        "{\"indexes\":[{\"collectionGroup\":\"__x__\",\"fields\":[{\"fieldPath\":\"a\"}]}]}",
        "{\"indexes\":[{\"collectionGroup\":7,\"fields\":[{\"fieldPath\":\"a\"}]}]}",
        "{\"indexes\":[{\"collectionGroup\":\"a\",\"fields\":[]}]}",
        "{\"indexes\":[{\"collectionGroup\":\"a\",\"fields\":[{\"fieldPath\":{}}]}]}",
        "{\"indexes\":[{\"collectionGroup\":\"a\",\"fields\":\"a\"}]}",
        "{\"indexes\":{}}",
        "{\"indexes\":[1]}",
        "{\"fieldOverrides\":[{\"collectionGroup\":\"a\",\"fieldPath\":\"..\",\"indexes\":[]}]}",
        "{\"fieldOverrides\":[{\"collectionGroup\":\"a\",\"fieldPath\":\"b\"}]}",
        "{\"fieldOverrides\":[{\"collectionGroup\":\"__default__\",\"fieldPath\":\"b\",\"indexes\":[]}]}",
        "{\"ttl\":[{\"collectionGroup\":\"a\",\"fieldPath\":\"b\",\"ttlConfig\":1}]}",
        "{\"rules\":[]}",
        "{\"rules\":{\"files\":[{\"name\":\"x\"}]}}",
      })
  void malformedOrHostileDefinitionsAreRefusedBeforeAnythingIsChanged(String hostile) {
    ObjectNode captured = CAPTURED.deepCopy();
    captured.setAll(FakeGoogle.json(hostile));
    HandlerException error = failure(captured, ALL);

    assertThat(error.kind()).isEqualTo(Kind.UNSUPPORTED);
    assertThat(google.changes()).isEmpty();
  }

  @Test
  void namesThatHaveAMeaningInUrlsAreOnlyNames() {
    ObjectNode captured =
        FakeGoogle.json(
            """
            {"indexes":[{"collectionGroup":"a?b#c%2F ü","name":"projects/other/x","state":"READY","fields":[
               {"fieldPath":"x","order":"ASCENDING"},{"fieldPath":"y","order":"ASCENDING"}]}],
             "fieldOverrides":[],"ttl":[{"collectionGroup":"a&updateMask=x","fieldPath":"../../b"}]}
            """);
    restore(captured, RestoreSelection.indexesAndTtl());

    assertThat(google.changes())
        .containsExactly(
            "POST " + GROUPS + "a%3Fb%23c%252F%20%C3%BC/indexes",
            "PATCH " + GROUPS + "a%26updateMask%3Dx/fields/..%2F..%2Fb?updateMask=ttlConfig");
    assertThat(google.indexes.get(0).path("name").asText())
        .startsWith("projects/p2/databases/(default)/collectionGroups/a?b#c%2F ü/indexes/");
  }

  @Test
  void whatWasCapturedRestoredAndCapturedAgainIsTheSame() {
    try (FakeGoogle source = new FakeGoogle("p1", "first")) {
      source.definitions().restore(CAPTURED, ALL, told::add);
      source.field("__default__", "*", "{\"indexes\":[]}");
      source.index(
          "vectors",
          """
          {"queryScope":"COLLECTION","apiScope":"ANY_API","new":{"deep":[1.0]},"fields":[
           {"fieldPath":"__name__","order":"ASCENDING"},
           {"fieldPath":"embedding","vectorConfig":{"dimension":3,"flat":{}}}]}
          """);
      source.field(
          "posts",
          "`a.b`",
          """
          {"indexes":[{"queryScope":"COLLECTION","unique":true,
                       "fields":[{"fieldPath":"`a.b`","order":"ASCENDING","stem":"de"}]}]}
          """);
      ObjectNode captured = source.definitions().capture().json();
      restore(captured, ALL);
      ObjectNode again = google.definitions().capture().json();

      assertThat(google.definitions().plan(captured, ALL)).isEmpty();
      captured.remove("database");
      again.remove("database");
      assertThat(again).hasToString(captured.toString());
      assertThat(again.path("indexes")).hasSize(3);
      assertThat(again.path("fieldOverrides")).hasSize(4);
    }
  }
}
