package io.holdfast.firestore.internal.definitions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CollectionGroupNamesTest {
  private static final Instant TIME = Instant.parse("2026-01-09T00:00:00.000125Z");

  private final FakeGoogle google = new FakeGoogle("p1", "(default)");

  @AfterEach
  void everythingWasAskedAsDocumented() {
    google.close();
  }

  @Test
  void theKindsOfAllPagesAreTheCollectionGroups() {
    google.kinds.addAll(
        List.of("posts", "__Stat_Total__", "users", "__private", "comments", "größen"));

    assertThat(google.collectionGroups().at(TIME))
        .contains(
            new CollectionGroupNames.Found(
                List.of("__private", "comments", "größen", "posts", "users"), 6));
    assertThat(google.requests).hasSize(3);
  }

  @Test
  void anEmptyDatabaseHasNone() {
    assertThat(google.collectionGroups().at(TIME))
        .contains(new CollectionGroupNames.Found(List.of(), 0));
  }

  @Test
  void aNamedDatabaseIsAskedByItsName() {
    try (FakeGoogle named = new FakeGoogle("p1", "second")) {
      named.kinds.add("users");

      assertThat(named.collectionGroups().at(TIME).map(CollectionGroupNames.Found::names))
          .isEqualTo(Optional.of(List.of("users")));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 403, 404, 501})
  void aDatabaseThatTheApiDoesNotServeHasNoAnswer(int status) {
    google.alwaysFailing("POST", status, FakeGoogle.error(status, "X", "not for this database"));

    assertThat(google.collectionGroups().at(TIME)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "no JSON",
        "{}",
        "{\"batch\":{\"entityResults\":[{}],\"moreResults\":\"NO_MORE_RESULTS\"}}",
        "{\"batch\":{\"moreResults\":\"NOT_FINISHED\",\"endCursor\":\"same\"}}",
      })
  void anAnswerThatIsNotUnderstoodIsNone(String answer) {
    google.alwaysFailing("POST", 200, answer);

    assertThat(google.collectionGroups().at(TIME)).isEmpty();
  }

  @Test
  void invalidCredentialsAreAnError() {
    google.alwaysFailing("POST", 401, FakeGoogle.error(401, "UNAUTHENTICATED", "no"));

    assertThat(failure().kind()).isEqualTo(Kind.UNAUTHENTICATED);
  }

  @Test
  void troubleThatPassesIsTriedAgainAndTroubleThatStaysIsAnError() {
    google.kinds.add("users");
    google.failing(2, "POST", 503, "");
    assertThat(google.collectionGroups().at(TIME)).isPresent();

    google.alwaysFailing("POST", 429, FakeGoogle.error(429, "RESOURCE_EXHAUSTED", "slow down"));
    assertThat(failure().retryable()).isTrue();
  }

  private HandlerException failure() {
    return catchThrowableOfType(HandlerException.class, () -> google.collectionGroups().at(TIME));
  }
}
