package io.holdfast.spi;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CollectionFilterTest {
  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "public.*, public.users, true",
        "public.*, public., true",
        "public.*, private.users, false",
        "*, anything, true",
        "**, anything, true",
        "*.users, public.users, true",
        "*.users, public.users2, false",
        "*users*, public.users2, true",
        "a*b*c, aXbXc, true",
        "a*b*c, abcbc, true",
        "a*b*c, abcb, false",
        "a.c, abc, false",
        "a?c, abc, false",
        "[a], a, false",
        "public.\"Order Items\", public.\"Order Items\", true",
        "\\Qa\\E, a, false",
        "users, Users, false",
      })
  void aStarStandsForAnythingAndTheRestForItself(String pattern, String name, boolean accepted) {
    assertThat(new CollectionFilter(List.of(pattern), List.of()).accepts(name)).isEqualTo(accepted);
    assertThat(new CollectionFilter(List.of(), List.of(pattern)).accepts(name))
        .isEqualTo(!accepted);
  }

  @Test
  void everythingTakesPartUnlessSaidOtherwise() {
    assertThat(CollectionFilter.ALL.accepts("x")).isTrue();
    assertThat(CollectionFilter.ALL.accepts("")).isTrue();
  }

  @Test
  void excludedWinsOverIncluded() {
    CollectionFilter filter = new CollectionFilter(List.of("public.*"), List.of("*.log"));
    assertThat(filter.accepts("public.users")).isTrue();
    assertThat(filter.accepts("public.log")).isFalse();
  }

  @Test
  void aStarStandsForNewlinesToo() {
    assertThat(new CollectionFilter(List.of("a*b"), List.of()).accepts("a\nb")).isTrue();
  }

  @Test
  void includesThatMatchNothingAreNamed() {
    CollectionFilter filter = new CollectionFilter(List.of("a*", "usres"), List.of("a1"));
    assertThat(filter.unmatchedIncludes(List.of("a1", "users"))).containsExactly("usres");
    assertThat(filter.unmatchedIncludes(List.of())).containsExactly("a*", "usres");
  }

  @Test
  void manyStarsDoNotTakeForEver() {
    CollectionFilter filter = new CollectionFilter(List.of("a*".repeat(50) + "b"), List.of());
    Assertions.assertTimeout(
        Duration.ofSeconds(2), () -> assertThat(filter.accepts("a".repeat(4_000))).isFalse());
  }
}
