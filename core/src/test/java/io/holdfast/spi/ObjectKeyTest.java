package io.holdfast.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectKeyTest {
  @ParameterizedTest
  @ValueSource(strings = {"a", "prod-2026-01-09.json.zst", "a/b/c", "_x", "0", "a..b", "A.b_c-d"})
  void safeKeysAreTaken(String text) {
    assertThat(ObjectKey.of(text)).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/.b", ".hidden", "-rf", "a/-b",
        "a b", "a\\b", "a:b", "a\nb", "a\n", "é", "a\0", "a%2e", "~a", "a*"
      })
  void whateverCouldMeanSomethingElseIsRefused(String text) {
    assertThat(ObjectKey.isSafe(text)).isFalse();
    assertThatThrownBy(() -> ObjectKey.of(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void lengthsAreBounded() {
    assertThat(ObjectKey.isSafe("a".repeat(200))).isTrue();
    assertThat(ObjectKey.isSafe("a".repeat(201))).isFalse();
    String segment = "/" + "a".repeat(170);
    assertThat(ObjectKey.isSafe("a" + segment.repeat(2))).isTrue();
    assertThat(ObjectKey.isSafe("a" + segment.repeat(3))).isFalse();
    assertThatThrownBy(() -> ObjectKey.of(" ".repeat(100_000)))
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(300));
  }

  @Test
  void keysSortByTheirBytes() {
    assertThat(Stream.of("b", "a/b", "a-b", "B", "a").map(ObjectKey::of).sorted())
        .containsExactlyElementsOf(
            List.of("B", "a", "a-b", "a/b", "b").stream().map(ObjectKey::of).toList());
  }
}
