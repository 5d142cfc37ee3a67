package io.holdfast.postgres.internal.ddl;

import java.sql.SQLException;

/** Reads all objects of one or a few related kinds, with a fixed number of queries. */
@FunctionalInterface
interface ObjectReader {
  /** Adds a draft for each object to the context. */
  void read(CaptureContext context) throws SQLException;
}
