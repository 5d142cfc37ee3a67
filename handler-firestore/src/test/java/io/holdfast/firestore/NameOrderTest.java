package io.holdfast.firestore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.firestore.v1.RunQueryRequest;
import com.google.firestore.v1.StructuredQuery;
import io.holdfast.firestore.internal.names.NameOrder;
import io.holdfast.firestore.internal.read.NameRange;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The order of names is the service's own, and ranges of it hold what is below a path. */
class NameOrderTest {
  private static final List<String> SORTED =
      List.of(
          "a/__id-9223372036854775808__",
          "a/__id-1__",
          "a/__id2__",
          "a/__id10__",
          "a/\u0001",
          "a/ ",
          "a/1",
          "a/1/b/x",
          "a/1\0",
          "a/10",
          "a/A",
          "a/__id",
          "a/a",
          "a/é",
          "a/\uffff",
          "a/\ud83d\ude80",
          "b/__id1__");

  @Test
  void namesSortBySegmentNumbersFirstThenBytes() {
    List<String> shuffled = new ArrayList<>(SORTED);
    Collections.shuffle(shuffled, new Random(1));
    shuffled.sort(NameOrder.INSTANCE);
    assertThat(shuffled).isEqualTo(SORTED);
  }

  @Test
  void theEmulatorSortsInTheSameWay() {
    try (RawFirestore database = TestFirestore.create()) {
      for (String path : SORTED) {
        database.put(path, Map.of());
      }
      List<String> asked = new ArrayList<>();
      for (var answer :
          database
              .client()
              .runQueryCallable()
              .call(
                  RunQueryRequest.newBuilder()
                      .setParent(database.root() + "/documents")
                      .setStructuredQuery(
                          StructuredQuery.newBuilder()
                              .addFrom(
                                  StructuredQuery.CollectionSelector.newBuilder()
                                      .setAllDescendants(true)))
                      .build())) {
        if (answer.hasDocument()) {
          asked.add(answer.getDocument().getName().substring(database.name("").length()));
        }
      }
      assertThat(asked).isEqualTo(SORTED);
    }
  }

  @Test
  void whatIsBelowADocumentIsItselfAndAllUnderIt() {
    NameRange range = NameRange.below("users/u1");
    assertThat(List.of("users/u1", "users/u1/posts/p", "users/u1/a/b/c/d"))
        .allMatch(range::contains);
    assertThat(List.of("users/u", "users/u10", "users/u1\0", "users2/u1", "posts/users"))
        .noneMatch(range::contains);
    assertThat(NameRange.below("users/__id7__").contains("users/__id7__/a/b")).isTrue();
    assertThat(NameRange.below("users/__id7__").contains("users/__id8__")).isFalse();
  }

  @Test
  void whatIsBelowACollectionIsEveryDocumentInIt() {
    NameRange range = NameRange.below("users");
    assertThat(List.of("users/__id-9223372036854775808__", "users/a", "users/a/b/c"))
        .allMatch(range::contains);
    assertThat(List.of("user/z", "users2/a", "users /a")).noneMatch(range::contains);
  }

  @Test
  void whatIsNoPathIsRefused() {
    for (String path : List.of("", "/", "users/", "users//a", "users/..", "/users")) {
      assertThatThrownBy(() -> NameRange.below(path))
          .as(path)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
