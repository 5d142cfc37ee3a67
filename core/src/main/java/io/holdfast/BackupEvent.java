package io.holdfast;

/** Something that happened during an operation, in the order in which it happened. */
public sealed interface BackupEvent {
  /** What was being done. */
  Operation operation();

  /**
   * An operation began.
   *
   * @param operation what is being done
   * @param backupId the backup concerned
   * @param description what is read and written, for people
   */
  record Started(Operation operation, String backupId, String description) implements BackupEvent {}

  /**
   * It is going on; comes about once a second, and once at the end.
   *
   * @param progress how far it has come
   */
  record Progressed(Progress progress) implements BackupEvent {
    @Override
    public Operation operation() {
      return progress.operation();
    }
  }

  /**
   * A collection is complete.
   *
   * @param operation what is being done
   * @param collection its name
   * @param records how many records it has
   */
  record CollectionDone(Operation operation, String collection, long records)
      implements BackupEvent {}

  /**
   * Something that the caller should know, and that did not stop the operation.
   *
   * @param operation what is being done
   * @param message what it is
   */
  record Warned(Operation operation, String message) implements BackupEvent {}

  /**
   * The operation succeeded.
   *
   * @param operation what was done
   * @param backupId the backup concerned
   * @param summary what was done, for people
   */
  record Completed(Operation operation, String backupId, String summary) implements BackupEvent {}

  /**
   * The operation failed; the error is thrown to the caller as well.
   *
   * @param operation what was being done
   * @param backupId the backup concerned
   * @param error what went wrong
   */
  record Failed(Operation operation, String backupId, Throwable error) implements BackupEvent {}
}
