package io.holdfast.benchmarks.sinks;

/** What is measured. */
enum Part {
  /** A file becomes an object. */
  UPLOAD,
  /** The object becomes a file. */
  DOWNLOAD,
  /** Holdfast alone: a backup of rows that are made up, read back and verified. */
  BACKUP
}
