package io.holdfast.postgres.internal.ddl;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Lists of names are written name by name, everything else as one text. */
class ParameterValueTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "search_path | \"$user\", public | '$user', 'public'",
        "search_path | \"\" | ''",
        "Search_Path | a | 'a'",
        "search_path | \"a, b\",  \"c\"\"d\" | 'a, b', 'c\"d'",
        "search_path | `` | ''",
        "search_path | a \"b | 'a \"b'",
        "search_path | \"open | '\"open'",
        "search_path | a,,b | 'a,,b'",
        "search_path | it's | 'it''s'",
        "DateStyle | ISO, DMY | 'ISO, DMY'",
        "work_mem | 4MB | '4MB'",
      })
  void isWrittenAsSetWantsIt(String name, String value, String sql) {
    assertThat(ParameterValue.toSql(name, value)).isEqualTo(sql);
  }
}
