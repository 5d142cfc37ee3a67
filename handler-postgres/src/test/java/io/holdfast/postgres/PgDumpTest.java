package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.postgres.PgDump.Output;
import io.holdfast.postgres.TestPostgres.Database;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The judge of rebuilt databases sees what it has to see. */
class PgDumpTest {
  @Test
  void onlyBlankLinesCommentsAndRestrictionsAreLeftOut() {
    assertThat(
            PgDump.lines(
                """
                --
                -- PostgreSQL database dump
                --

                \\restrict abc
                SET x = 1;
                COPY public.t (a) FROM stdin;
                -- a value

                \\.
                  -- within a function

                \\unrestrict abc
                """))
        .containsExactly(
            "SET x = 1;",
            "COPY public.t (a) FROM stdin;",
            "-- a value",
            "",
            "\\.",
            "  -- within a function");
  }

  @Test
  void onlyRowsMayComeInAnyOrder() {
    Output rows = new Output("t", List.of("b", "COPY t (a) FROM stdin;", "2", "1", "\\.", "a"));
    assertThat(rows.rowsInAnyOrder().lines())
        .containsExactly("b", "COPY t (a) FROM stdin;", "1", "2", "\\.", "a");
  }

  @Test
  void aDifferenceIsShownWithWhatStandsBeforeIt() {
    Output expected =
        new Output("was", List.of("CREATE TABLE t (", "    a int,", "    b int", ");"));
    Output other = new Output("is", List.of("CREATE TABLE t (", "    b int", ");", "GRANT;"));
    assertThatThrownBy(() -> other.assertSameAs(expected))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("at line 2:\n  CREATE TABLE t (\n-     a int,\n")
        .hasMessageContaining("Missing: 1 lines\n-     a int,\n")
        .hasMessageContaining("Too much: 1 lines\n+ GRANT;\n");
  }

  @Test
  void aGrantAndTheOrderOfColumnsMakeADifference() throws Exception {
    PgDump dump = PgDump.forServer();
    try (Database one = TestPostgres.createDatabase();
        Database other = TestPostgres.createDatabase()) {
      one.execute("CREATE TABLE t (a int, b int)");
      other.execute("CREATE TABLE t (a int, b int)");
      dump.of(other).assertSameAs(dump.of(one));
      dump.withDatabase(other).assertSameAs(dump.withDatabase(one));
      other.execute("GRANT SELECT ON t TO PUBLIC");
      assertThat(dump.of(other).lines()).isNotEqualTo(dump.of(one).lines());
      dump.of(other, "--no-privileges").assertSameAs(dump.of(one, "--no-privileges"));
      one.execute("GRANT SELECT ON t TO PUBLIC; ALTER TABLE t DROP a, ADD a int");
      assertThat(dump.of(other).lines()).isNotEqualTo(dump.of(one).lines());
      other.execute("ALTER DATABASE " + other.name() + " SET work_mem = '5MB'");
      assertThat(dump.withDatabase(other).lines())
          .contains("ALTER DATABASE THE_DATABASE SET work_mem TO '5MB';");
    }
  }
}
