package io.holdfast.spi;

/**
 * Knows one kind of database, in both directions, and how to reach one of them.
 *
 * <p>Safe for use by many threads. Methods throw {@link HandlerException} for what the database
 * refuses or cannot do. A handler made from a URI closes what it opened; one given a client or
 * {@code DataSource} leaves that open. The contract is executable: {@code BackupHandlerContract} in
 * {@code holdfast-testkit}.
 */
public interface BackupHandler extends AutoCloseable {
  /** The kind of database, for the document's {@code source.handler}: {@code postgres}. */
  String name();

  /** Which database it speaks to, for people: {@code postgresql://db.example/app}. No secret. */
  String location();

  /**
   * Tells which database it speaks to, and whether that is marked as production in the database
   * itself. Asks the database each time; changes nothing.
   *
   * <p>By default the {@link #location} is the name, and nothing else is known.
   *
   * @throws HandlerException if the database cannot be reached
   */
  default DatabaseInfo describe() {
    return DatabaseInfo.named(location());
  }

  /**
   * Whether a backup session can show the source as of an instant that has passed, {@link
   * BackupRequest#asOf}. Such a source is opened after the others of a backup, and shows the same
   * instant.
   */
  default boolean canReadAsOf() {
    return false;
  }

  /**
   * Pins one consistency point of the source.
   *
   * @throws HandlerException if the source cannot be reached, read whole, or carried faithfully
   */
  BackupSession openBackup(BackupRequest request);

  /**
   * Opens a reader for splits of a session that is still open, here or on another machine.
   *
   * @param request the request that the session was opened with
   */
  SplitReader openReader(BackupRequest request);

  /**
   * Opens a restore into this database. Changes nothing yet.
   *
   * @throws HandlerException if the target cannot be reached
   */
  RestoreSession openRestore(RestoreRequest request);

  /** Releases what the handler itself opened. May be called twice. */
  @Override
  void close();
}
