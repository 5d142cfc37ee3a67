package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.RestoreOptions;
import io.holdfast.RestoreStrategy;
import io.holdfast.postgres.TestPostgres.Database;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Databases that are hard by their rows, their depth or their size are rebuilt as they were. */
@Timeout(300)
class RebuiltDatabaseTest {
  /** Everything needs what comes after it by name and, in part, was made after it. */
  private static final String DEEP =
      """
      DO $do$
      DECLARE i int;
      BEGIN
        CREATE TABLE v400 AS SELECT 1 AS n;
        FOR i IN REVERSE 399..0 LOOP
          IF i % 50 = 0 THEN
            EXECUTE format('CREATE MATERIALIZED VIEW v%s AS SELECT n + 1 AS n FROM v%s', lpad(i::text, 3, '0'), lpad((i + 1)::text, 3, '0'));
          ELSE
            EXECUTE format('CREATE VIEW v%s AS SELECT n FROM v%s WHERE n > 0', lpad(i::text, 3, '0'), lpad((i + 1)::text, 3, '0'));
          END IF;
        END LOOP;
        -- A function, a table with a check, a generated column, a default and an index that call it, a function of that table's row, and so on
        CREATE FUNCTION f100(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1';
        FOR i IN REVERSE 99..0 LOOP
          EXECUTE format('CREATE TABLE t%1$s (a int DEFAULT f%2$s(1) CHECK (f%2$s(a) > 0), b int GENERATED ALWAYS AS (f%2$s(a)) STORED)', lpad(i::text, 3, '0'), lpad((i + 1)::text, 3, '0'));
          EXECUTE format('CREATE INDEX ON t%s (f%s(a))', lpad(i::text, 3, '0'), lpad((i + 1)::text, 3, '0'));
          EXECUTE format('CREATE FUNCTION f%1$s(int, t%1$s DEFAULT NULL) RETURNS int LANGUAGE sql IMMUTABLE AS ''SELECT public.f%2$s($1)''', lpad(i::text, 3, '0'), lpad((i + 1)::text, 3, '0'));
          EXECUTE format('INSERT INTO t%s DEFAULT VALUES', lpad(i::text, 3, '0'));
        END LOOP;
        -- Domains over domains, and composites of arrays of composites of them
        CREATE DOMAIN d100 AS int;
        CREATE TYPE c100 AS (a d100[]);
        FOR i IN REVERSE 99..0 LOOP
          EXECUTE format('CREATE DOMAIN d%s AS d%s CHECK (value < %s)', lpad(i::text, 3, '0'), lpad((i + 1)::text, 3, '0'), 1000 + i);
          EXECUTE format('CREATE TYPE c%1$s AS (a c%2$s[], b d%1$s)', lpad(i::text, 3, '0'), lpad((i + 1)::text, 3, '0'));
        END LOOP;
      END $do$;
      DO $do$
      DECLARE i int;
      BEGIN
        FOR i IN 0..59 LOOP
          EXECUTE format('CREATE TABLE ring%s (id int PRIMARY KEY, next int, other int)', i);
          EXECUTE format('INSERT INTO ring%s SELECT i, i, 61 - i FROM generate_series(1, 60) i', i);
        END LOOP;
        FOR i IN 0..59 LOOP
          EXECUTE format('ALTER TABLE ring%1$s ADD FOREIGN KEY (next) REFERENCES ring%2$s, ADD FOREIGN KEY (other) REFERENCES ring%3$s DEFERRABLE, ADD FOREIGN KEY (next) REFERENCES ring%1$s', i, (i + 1) % 60, (i * 7 + 3) % 60);
        END LOOP;
      END $do$;
      """;

  @TempDir private Path folder;

  private static void assertSame(
      RestoreStrategy strategy, PgDump.Output actual, PgDump.Output expected) {
    if (strategy == RestoreStrategy.TRANSACTION) {
      actual.assertSameAs(expected);
    } else {
      actual.rowsInAnyOrder().assertSameAs(expected.rowsInAnyOrder());
    }
  }

  @ParameterizedTest
  @EnumSource
  void anAwkwardDatabaseComesBack(RestoreStrategy strategy) throws Exception {
    PgDump dump = PgDump.forServer();
    try (Database source = AwkwardDatabase.source();
        Database target = EveryObject.empty()) {
      SchemaRoundTripTest.restore(
          Backups.take(source, folder),
          folder,
          target,
          RestoreOptions.DEFAULT.withStrategy(strategy));
      assertSame(strategy, dump.withDatabase(target), dump.withDatabase(source));
      assertThat(Contents.hashes(target)).isEqualTo(Contents.hashes(source));
    }
  }

  @ParameterizedTest
  @EnumSource
  void deepChainsAndCirclesOfForeignKeysComeBackInOrder(RestoreStrategy strategy) throws Exception {
    PgDump dump = PgDump.forServer();
    try (Database source = EveryObject.empty();
        Database target = EveryObject.empty()) {
      source.execute(DEEP);
      SchemaRoundTripTest.restore(
          Backups.take(source, folder),
          folder,
          target,
          RestoreOptions.DEFAULT.withStrategy(strategy));
      assertSame(strategy, dump.of(target), dump.of(source));
      assertThat(Contents.hashes(target)).isEqualTo(Contents.hashes(source));
      assertThat(target.query("SELECT n FROM v000")).isEqualTo(source.query("SELECT n FROM v000"));
    }
  }

  /** Without text columns: a transaction locks each table, its key, and what is too long for it. */
  @Tag("long")
  @Timeout(1800)
  @ParameterizedTest
  @EnumSource
  void tenThousandTablesComeBack(RestoreStrategy strategy) throws Exception {
    PgDump dump = PgDump.forServer();
    try (Database source = EveryObject.empty();
        Database target = EveryObject.empty()) {
      for (int from = 0; from < 10_000; from += 500) {
        source.execute(
            """
            DO $do$ BEGIN FOR i IN %d..%d LOOP
              EXECUTE format('CREATE TABLE t%%s (id int PRIMARY KEY, n numeric(9, 2) DEFAULT 1.5)', i);
              EXECUTE format('INSERT INTO t%%s VALUES (1), (%%s)', i, i + 2);
              EXECUTE format('COMMENT ON TABLE t%%1$s IS ''table %%1$s''', i);
            END LOOP; END $do$
            """
                .formatted(from, from + 499));
      }
      SchemaRoundTripTest.restore(
          Backups.take(source, folder),
          folder,
          target,
          RestoreOptions.DEFAULT.withStrategy(strategy));
      assertSame(strategy, dump.of(target), dump.of(source));
    }
  }
}
