package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import org.junit.jupiter.api.Test;

/** What the contract takes for a record. */
class RecordsTest {
  @Test
  void keysStandOnce() {
    assertThat(Records.parse("{\"a\":{\"b\":1},\"b\":[{\"a\":1},{\"a\":2}]}").size()).isEqualTo(2);
    for (String record :
        new String[] {
          "{\"a\":1,\"a\":1}", "{\"a\":{\"b\":1,\"b\":2}}", "{\"a\":[[{\"b\":1,\"b\":2}]]}"
        }) {
      assertThatThrownBy(() -> Records.parse(record))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("twice");
    }
  }

  /** FORMAT.md, section 2: PostgreSQL's json keeps keys that repeat. */
  @Test
  void keysMayRepeatInsideOfWhatIsVerbatim() {
    Set<String> verbatim = Set.of("doc");
    assertThat(Records.parse("{\"doc\":{\"a\":1,\"a\":2},\"b\":1}", verbatim).size()).isEqualTo(2);
    for (String record :
        new String[] {
          "{\"doc\":1,\"doc\":2}",
          "{\"b\":{\"a\":1,\"a\":2}}",
          "{\"b\":{\"doc\":{\"a\":1,\"a\":2}}}"
        }) {
      assertThatThrownBy(() -> Records.parse(record, verbatim))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void nothingFollows() {
    assertThatThrownBy(() -> Records.parse("{} {}")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Records.parse("[]")).isInstanceOf(IllegalArgumentException.class);
  }
}
