package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.spi.HandlerException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PostgresErrorsTest {
  @ParameterizedTest
  @CsvSource({
    "28P01,UNAUTHENTICATED,false",
    "08004,UNAUTHENTICATED,false",
    "3D000,NOT_FOUND,false",
    "42501,PERMISSION_DENIED,false",
    "08006,UNREACHABLE,true",
    "57P01,UNREACHABLE,true",
    "53300,UNREACHABLE,true",
    "53100,NO_SPACE,false",
    "23505,CONSTRAINT,false",
    "40001,OTHER,true",
    "55P03,OTHER,true",
    "57014,OTHER,false",
    "22021,UNSUPPORTED,false",
    "XX000,OTHER,false"
  })
  void meansTheSameForEveryState(String state, HandlerException.Kind kind, boolean retryable) {
    HandlerException error =
        PostgresErrors.translate(new SQLException("said", state), "do it", "public.t");
    assertThat(error.kind()).isEqualTo(kind);
    assertThat(error.retryable()).isEqualTo(retryable);
    assertThat(error.collection()).contains("public.t");
    assertThat(error).hasMessageContaining("Could not do it: said").hasMessageContaining(state);
  }

  @Test
  void takesAConflictWithRecoveryForALostSnapshot() {
    HandlerException error =
        PostgresErrors.whileReading(
            new SQLException("Konflikt mit Wiederherstellung", "40001"), "read", null);
    assertThat(error.kind()).isEqualTo(HandlerException.Kind.SNAPSHOT_LOST);
    assertThat(error.retryable()).isTrue();
  }

  @Test
  void leavesOutWhatQuotesARow() throws Exception {
    try (TestPostgres.Database database = TestPostgres.createDatabase()) {
      database.execute("CREATE TABLE t (a text PRIMARY KEY, b int)");
      database.execute("INSERT INTO t VALUES ('hunter2', 1)");
      for (String statement :
          new String[] {
            "INSERT INTO t VALUES ('hunter2', 1)",
            "INSERT INTO t VALUES (NULL, (SELECT 'hunter2'::text)::int)",
            "DO $$ BEGIN RAISE EXCEPTION 'hunter2'; END $$"
          }) {
        SQLException cause =
            catchThrowableOfType(SQLException.class, () -> database.execute(statement));
        assertThat(cause.toString()).contains("hunter2");
        StringWriter printed = new StringWriter();
        PostgresErrors.translate(cause, "load", "public.t")
            .printStackTrace(new PrintWriter(printed));
        assertThat(printed.toString()).contains("SQLState").doesNotContain("hunter2");
      }
    }
  }
}
