package io.holdfast.postgres;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What tables of documents get when all documents are there: columns, primary keys, statistics. */
final class DocumentFinish {
  private static final Logger log = LoggerFactory.getLogger(DocumentFinish.class);

  private static final int TABLES_PER_ANALYZE = 100;

  /** A row of a B-tree takes a third of a page; Firestore's paths can be longer. */
  private static final String TOO_LONG_FOR_INDEX = "54000";

  private DocumentFinish() {}

  /**
   * Completes them, in a transaction that has begun and is left to the caller to commit.
   *
   * @throws io.holdfast.spi.HandlerException naming the collection that does not allow it
   */
  static void run(PinnedConnection main, Collection<RestoreTarget> targets) throws SQLException {
    List<RestoreTarget> ordered =
        targets.stream()
            .filter(target -> target.documents().isPresent())
            .sorted(Comparator.comparing(RestoreTarget::collection))
            .toList();
    for (RestoreTarget target : ordered) {
      DocumentLoad load = target.documents().orElseThrow();
      if (load.spread()) {
        spread(main, target, load);
      }
      if (load.addKey()) {
        addKey(main, load);
      }
    }
    analyze(main, ordered);
  }

  private static void spread(PinnedConnection main, RestoreTarget target, DocumentLoad load)
      throws SQLException {
    try {
      DocumentColumns.of(main.jdbc(), target.table(), load).spread(main);
      main.execute("DROP TABLE " + load.table().landingSql());
    } catch (SQLException e) {
      throw failed(e, "spread the documents of %s over columns", load);
    }
  }

  private static void addKey(PinnedConnection main, DocumentLoad load) throws SQLException {
    main.execute("SAVEPOINT holdfast_key");
    try {
      main.execute(load.table().keySql());
      main.execute("RELEASE SAVEPOINT holdfast_key");
    } catch (SQLException e) {
      if (!TOO_LONG_FOR_INDEX.equals(e.getSQLState())) {
        throw failed(e, "add the primary key of the table for %s", load);
      }
      main.execute("ROLLBACK TO SAVEPOINT holdfast_key");
      addKeyOfHashes(main, load);
    }
  }

  private static void addKeyOfHashes(PinnedConnection main, DocumentLoad load) throws SQLException {
    log.warn(
        "Paths of documents in {} are longer than PostgreSQL can index: {} gets a unique index of"
            + " their hashes instead of a primary key, and no restore can merge into it.",
        load.table().collection(),
        load.table().shown());
    try {
      main.execute(load.table().hashKeySql());
    } catch (SQLException e) {
      throw failed(e, "add a unique index to the table for %s", load);
    }
  }

  private static RuntimeException failed(SQLException e, String doing, DocumentLoad load) {
    String collection = load.table().collection();
    return PostgresErrors.translate(e, doing.formatted(collection), collection);
  }

  private static void analyze(PinnedConnection main, List<RestoreTarget> targets)
      throws SQLException {
    List<String> tables = new ArrayList<>();
    for (RestoreTarget target : targets) {
      if (target.documents().filter(load -> load.addKey() || load.newColumns()).isPresent()) {
        tables.add(target.table().toSql());
      }
    }
    for (int from = 0; from < tables.size(); from += TABLES_PER_ANALYZE) {
      int to = Math.min(tables.size(), from + TABLES_PER_ANALYZE);
      main.execute("ANALYZE " + String.join(", ", tables.subList(from, to)));
    }
  }
}
