package io.holdfast.firestore.internal.definitions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.NotCaptured;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CaptureTest {
  private static final String DATABASE = "/v1/projects/p1/databases/(default)";
  private static final String DENIED =
      FakeGoogle.error(403, "PERMISSION_DENIED", "Missing or insufficient permissions.");

  private final FakeGoogle google = new FakeGoogle("p1", "(default)");

  @AfterEach
  void everythingWasAskedAsDocumented() {
    google.close();
  }

  private ObjectNode captured() {
    CapturedDefinitions captured = google.definitions().capture();
    assertThat(captured.notCaptured()).isEmpty();
    return captured.json();
  }

  @Test
  void anEmptyDatabaseHasEmptyListsAndRulesWithoutFiles() {
    ObjectNode json = captured();
    json.remove("database");

    assertThat(json)
        .hasToString("{\"indexes\":[],\"fieldOverrides\":[],\"ttl\":[],\"rules\":{\"files\":[]}}");
  }

  @Test
  void indexesOfAllPagesAreStoredAsFirebaseToolsWritesThemAndSorted() {
    google.index(
        "zoo",
        """
        {"queryScope":"COLLECTION_GROUP","apiScope":"ANY_API","fields":[
         {"fieldPath":"a","order":"DESCENDING"},{"fieldPath":"`b.c`","order":"DESCENDING"},
         {"fieldPath":"__name__","order":"DESCENDING"}]}
        """);
    google.index(
        "posts",
        """
        {"queryScope":"COLLECTION","fields":[{"fieldPath":"tags","arrayConfig":"CONTAINS"},
         {"fieldPath":"at","order":"ASCENDING"},{"fieldPath":"__name__","order":"DESCENDING"}]}
        """);
    google.index(
        "posts",
        """
        {"queryScope":"COLLECTION","fields":[{"fieldPath":"__name__","order":"ASCENDING"},
         {"fieldPath":"embedding","vectorConfig":{"dimension":768,"flat":{}}}]}
        """);

    assertThat(captured().path("indexes"))
        .isEqualTo(
            FakeGoogle.json(
                    """
                    {"indexes":[
                     {"collectionGroup":"posts","queryScope":"COLLECTION","fields":[
                      {"fieldPath":"__name__","order":"ASCENDING"},
                      {"fieldPath":"embedding","vectorConfig":{"dimension":768,"flat":{}}}]},
                     {"collectionGroup":"posts","queryScope":"COLLECTION","fields":[
                      {"fieldPath":"tags","arrayConfig":"CONTAINS"},
                      {"fieldPath":"at","order":"ASCENDING"},
                      {"fieldPath":"__name__","order":"DESCENDING"}]},
                     {"collectionGroup":"zoo","queryScope":"COLLECTION_GROUP","apiScope":"ANY_API","fields":[
                      {"fieldPath":"a","order":"DESCENDING"},{"fieldPath":"`b.c`","order":"DESCENDING"}]}]}
                    """)
                .get("indexes"));
    assertThat(google.requests)
        .contains("GET " + DATABASE + "/collectionGroups/-/indexes?pageToken=page%2F%20%2B2");
  }

  @Test
  void propertiesThatAreNotKnownSurviveButNamesOfTheSourcesResourcesDoNot() {
    google.index(
        "posts",
        """
        {"queryScope":"COLLECTION","density":"SPARSE_ALL","z":{"y":1.0,"x":"projects/p1/secret"},
         "owner":"//firestore.googleapis.com/projects/p1/x",
         "fields":[{"fieldPath":"a","order":"ASCENDING","weight":12345678901234567890},
                   {"fieldPath":"b","order":"ASCENDING"}]}
        """);
    google.field(
        "posts",
        "body",
        """
        {"indexes":[{"queryScope":"COLLECTION","unique":true,"state":"READY",
                     "fields":[{"fieldPath":"body","order":"ASCENDING","stem":"de"}]}],
         "ancestorField":"projects/p1/databases/(default)/collectionGroups/__default__/fields/*",
         "compression":"none"}
        """);
    google.ttl("sessions", "expires", "{\"state\":\"ACTIVE\",\"expirationOffset\":\"3600s\"}");
    ObjectNode json = captured();

    assertThat(json.path("indexes").path(0))
        .hasToString(
            "{\"collectionGroup\":\"posts\",\"queryScope\":\"COLLECTION\",\"fields\":["
                + "{\"fieldPath\":\"a\",\"order\":\"ASCENDING\",\"weight\":12345678901234567890},"
                + "{\"fieldPath\":\"b\",\"order\":\"ASCENDING\"}],"
                + "\"density\":\"SPARSE_ALL\",\"z\":{\"y\":1.0}}");
    assertThat(json.path("fieldOverrides").path(0))
        .hasToString(
            "{\"collectionGroup\":\"posts\",\"fieldPath\":\"body\",\"indexes\":[{\"queryScope\":"
                + "\"COLLECTION\",\"fields\":[{\"fieldPath\":\"body\",\"order\":\"ASCENDING\","
                + "\"stem\":\"de\"}],\"unique\":true}],\"indexConfig\":{\"compression\":\"none\"}}");
    assertThat(json.path("ttl").path(0))
        .hasToString(
            "{\"collectionGroup\":\"sessions\",\"fieldPath\":\"expires\","
                + "\"ttlConfig\":{\"expirationOffset\":\"3600s\"}}");
    assertThat(json.toString()).doesNotContain("projects/");
  }

  @Test
  void aTtlPolicyAloneIsNoOverrideAndAFieldCanHaveBoth() {
    google.ttl("sessions", "expires", "{\"state\":\"CREATING\"}");
    google.field("events", "at", "{}");
    google.ttl("events", "at", "{\"state\":\"ACTIVE\"}");
    google.field(
        "posts",
        "title",
        """
        {"indexes":[{"queryScope":"COLLECTION_GROUP","fields":[{"fieldPath":"title","order":"ASCENDING"}]},
                    {"queryScope":"COLLECTION","fields":[{"fieldPath":"title","arrayConfig":"CONTAINS"}]}]}
        """);
    google.field("posts", "leaving", "{\"reverting\":true}");
    ObjectNode json = captured();

    assertThat(json.path("fieldOverrides"))
        .hasToString(
            "[{\"collectionGroup\":\"events\",\"fieldPath\":\"at\",\"indexes\":[]},"
                + "{\"collectionGroup\":\"posts\",\"fieldPath\":\"title\",\"indexes\":["
                + "{\"arrayConfig\":\"CONTAINS\",\"queryScope\":\"COLLECTION\"},"
                + "{\"order\":\"ASCENDING\",\"queryScope\":\"COLLECTION_GROUP\"}]}]");
    assertThat(FirestoreDefinitions.ttlFields(json))
        .containsExactly(new TtlField("events", "at"), new TtlField("sessions", "expires"));
  }

  @Test
  void theSettingsOfAllFieldsCountOnlyWhereTheyWereChanged() {
    google.field("__default__", "*", "{}");

    assertThat(captured().path("fieldOverrides"))
        .hasToString("[{\"collectionGroup\":\"__default__\",\"fieldPath\":\"*\",\"indexes\":[]}]");

    google.database.put("databaseEdition", "ENTERPRISE");
    assertThat(captured().path("fieldOverrides")).isEmpty();
  }

  @Test
  void rulesAreThoseOfTheReleaseOfThisDatabase() {
    google.rules("allow read;");
    google.rules("{\"files\":[]}", "projects/p1/releases/firebase.storage/bucket");

    assertThat(captured().path("rules"))
        .hasToString("{\"files\":[{\"name\":\"firestore.rules\",\"content\":\"allow read;\"}]}");

    try (FakeGoogle named = new FakeGoogle("p1", "second")) {
      named.rules("deny;");
      assertThat(named.definitions().capture().json().at("/rules/files/0/content").asText())
          .isEqualTo("deny;");
      assertThat(named.requests).contains("GET /v1/projects/p1/releases/cloud.firestore/second");
    }
  }

  @Test
  void theDatabaseSaysWhatItIs() {
    CapturedDefinitions captured = google.definitions().capture();

    assertThat(captured.json().path("database"))
        .hasToString(
            "{\"type\":\"FIRESTORE_NATIVE\",\"locationId\":\"nam5\",\"cmekConfig\":{},"
                + "\"createTime\":\"2024-01-02T03:04:05Z\","
                + "\"earliestVersionTime\":\"2026-01-02T00:00:00.000001Z\","
                + "\"newProperty\":{\"a\":[true,null],\"b\":1.50},"
                + "\"pointInTimeRecoveryEnablement\":\"POINT_IN_TIME_RECOVERY_ENABLED\","
                + "\"uid\":\"u-1\",\"versionRetentionPeriod\":\"604800s\"}");
    assertThat(captured.database())
        .contains(
            new DatabaseResource(
                "nam5",
                "FIRESTORE_NATIVE",
                true,
                Optional.of(Instant.parse("2026-01-02T00:00:00.000001Z")),
                "u-1"))
        .isEqualTo(google.definitions().database());
    google.database.put("type", "DATASTORE_MODE").remove("pointInTimeRecoveryEnablement");
    assertThat(google.definitions().database().orElseThrow())
        .matches(one -> !one.isFirestoreNative() && !one.pointInTimeRecovery());
  }

  @ParameterizedTest
  @CsvSource({
    "GET /v1/projects/p1/databases/(default)/collectionGroups/-/indexes, indexes, indexes,"
        + " datastore.schemas.list",
    "GET /v1/projects/p1/databases/(default)/collectionGroups/-/fields, fieldOverrides,"
        + " field overrides and TTL policies, roles/datastore.indexAdmin",
    "GET /v1/projects/p1/releases, rules, security rules, firebaserules.releases.get",
    "GET /v1/projects/p1/rulesets, rules, security rules, roles/firebaserules.viewer",
  })
  void aPartThatMayNotBeReadIsNamedWithThePermissionAndTheOthersGoOn(
      String request, String part, String object, String named) {
    google.rules("allow read;");
    google.alwaysFailing(request, 403, DENIED);
    CapturedDefinitions captured = google.definitions().capture();

    assertThat(captured.notCaptured())
        .singleElement()
        .matches(one -> one.object().equals(object + " of projects/p1/databases/(default)"))
        .extracting(NotCaptured::reason)
        .asString()
        .contains(named);
    assertThat(captured.json().has(part)).isFalse();
    assertThat(captured.json().size()).isEqualTo(part.equals("fieldOverrides") ? 3 : 4);
  }

  @Test
  void whatTheDatabaseIsMayBeRefusedToo() {
    google.alwaysFailing("GET " + DATABASE, 403, DENIED);
    CapturedDefinitions captured = google.definitions().capture();

    assertThat(captured.database()).isEmpty();
    assertThat(captured.json().fieldNames()).toIterable().containsExactly("rules");
    assertThat(captured.notCaptured())
        .extracting(NotCaptured::reason)
        .anyMatch(reason -> reason.contains("datastore.databases.getMetadata"));
    assertThat(google.definitions().database()).isEmpty();
  }

  @Test
  void anApiThatIsNotEnabledIsNamedWithTheCommandThatEnablesIt() {
    google.alwaysFailing(
        "GET /v1/projects/p1/releases", 403, FakeGoogle.disabled("firebaserules.googleapis.com"));

    assertThat(google.definitions().capture().notCaptured())
        .singleElement()
        .extracting(NotCaptured::reason)
        .asString()
        .contains("gcloud services enable firebaserules.googleapis.com --project=p1");
  }

  @ParameterizedTest
  @ValueSource(ints = {429, 503, 500})
  void whatPassesIsTriedAgain(int status) {
    google.index("posts", "{\"queryScope\":\"COLLECTION\",\"fields\":[]}");
    google.failing(
        2,
        "GET " + DATABASE + "/collectionGroups/-/indexes",
        status,
        FakeGoogle.error(status, "UNAVAILABLE", "later"));

    assertThat(captured().path("indexes")).hasSize(1);
  }

  @Test
  void whatDoesNotPassIsAnErrorOfTheWholeCapture() {
    google.alwaysFailing("GET /v1/projects/p1/releases", 500, "<html>oops</html>");

    HandlerException error =
        catchThrowableOfType(HandlerException.class, () -> google.definitions().capture());
    assertThat(error.kind()).isEqualTo(Kind.UNREACHABLE);
    assertThat(error.retryable()).isTrue();
    assertThat(error)
        .hasMessageContaining("read which security rules projects/p1/databases/(default) has")
        .hasMessageContaining("HTTP 500")
        .hasMessageNotContaining("oops");
    assertThat(error.getSuppressed()).hasSize(2);
  }

  @Test
  void aDatabaseThatIsNotThereIsAnError() {
    google.alwaysFailing(
        "GET " + DATABASE, 404, FakeGoogle.error(404, "NOT_FOUND", "no such database"));

    assertThat(
            catchThrowableOfType(HandlerException.class, () -> google.definitions().database())
                .kind())
        .isEqualTo(Kind.NOT_FOUND);
  }

  @Test
  void aListThatNeverEndsIsAnError() {
    google.alwaysFailing(
        "GET " + DATABASE + "/collectionGroups/-/indexes", 200, "{\"nextPageToken\":\"x\"}");

    assertThat(catchThrowableOfType(HandlerException.class, () -> google.definitions().capture()))
        .hasMessageContaining("repeats itself");
  }
}
