package io.holdfast.examples.sync;

import io.holdfast.postgres.PostgresHandler;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A database, and what it is for, as the configuration knows it. The two belong together: whoever
 * mixes up two databases must not mix up which of them is production.
 *
 * @param jdbcUrl where it is
 * @param environment what it is for: {@code production}, {@code development}
 */
record Database(String jdbcUrl, String environment) {
  static final String PRODUCTION = "production";

  DataSource dataSource() {
    PGSimpleDataSource dataSource = new PGSimpleDataSource();
    dataSource.setUrl(jdbcUrl);
    return dataSource;
  }

  PostgresHandler handler() {
    return PostgresHandler.of(dataSource());
  }

  boolean isProduction() {
    return environment.equals(PRODUCTION);
  }
}
