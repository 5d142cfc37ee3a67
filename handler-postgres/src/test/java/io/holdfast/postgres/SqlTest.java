package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.postgres.internal.Sql;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SqlTest {
  static final List<String> AWKWARD =
      List.of("plain", "Upper", "with space", "select", "a\"b", "a.b", "ü", "$1", "a'b\\c", "1st");

  @Test
  void quotesNamesAndTexts() {
    assertThat(Sql.quoteIdentifier("a\"b")).isEqualTo("\"a\"\"b\"");
    assertThat(Sql.quoteLiteral("it's")).isEqualTo("'it''s'");
    assertThat(Sql.quoteLiteral("a\\'b")).isEqualTo("E'a\\\\''b'");
  }

  @Test
  void takesApartWhatTheServerQuoted() throws Exception {
    try (TestPostgres.Database database = TestPostgres.createDatabase()) {
      for (String schema : AWKWARD) {
        for (String name : AWKWARD) {
          String quoted =
              database
                  .query(
                      "SELECT quote_ident(%s) || '.' || quote_ident(%s)"
                          .formatted(Sql.quoteLiteral(schema), Sql.quoteLiteral(name)))
                  .get(0);
          assertThat(Sql.parseCollectionName(quoted))
              .as(quoted)
              .contains(new Sql.QualifiedName(schema, name));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "users", "a.b.c", "a.", ".a", "a.\"b", "\"a\"b.c", "a.\"\"", "\"a\""})
  void refusesWhatIsNotASchemaAndAName(String name) {
    assertThat(Sql.parseCollectionName(name)).isEmpty();
  }
}
