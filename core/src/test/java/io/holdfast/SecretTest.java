package io.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SecretTest {
  @Test
  void neverPrintsItsValue() {
    Secret secret = Secret.of("hunter2");
    assertThat(secret).hasToString("***");
    assertThat("the secret is " + secret).doesNotContain("hunter2");
    assertThat(Secret.of("")).hasToString("***");
  }

  @Test
  void givesItsValueOnlyWhenAsked() {
    assertThat(Secret.of("hunter2").reveal()).containsExactly("hunter2".toCharArray());
    assertThat(Secret.of("hunter2").revealString()).isEqualTo("hunter2");
    assertThat(Secret.of("").isEmpty()).isTrue();
  }

  @Test
  void keepsItsOwnCopy() {
    char[] given = "hunter2".toCharArray();
    Secret secret = Secret.of(given);
    Secret.clear(given);
    Secret.clear(secret.reveal());
    assertThat(given).containsOnly('\0');
    assertThat(secret.revealString()).isEqualTo("hunter2");
  }

  @Test
  void matchesOnlyTheSameCharacters() {
    Secret secret = Secret.of("hunter2");
    assertThat(secret.matches(Secret.of("hunter2"))).isTrue();
    for (String other : new String[] {"", "hunter", "hunter22", "hunter3", "hunter2\0"}) {
      assertThat(secret.matches(Secret.of(other))).as(other).isFalse();
      assertThat(Secret.of(other).matches(secret)).as(other).isFalse();
    }
  }
}
