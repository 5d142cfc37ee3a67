package io.holdfast.benchmarks.sinks;

import java.io.IOException;
import java.nio.file.Path;

/** Brings one file to a storage and back. Always the same object. Used by one thread. */
interface Transfer extends AutoCloseable {
  /** Stores the file's bytes; the object must not be there yet. */
  void upload(Path file) throws IOException;

  /** Writes the object's bytes into a file, which must not be there yet. */
  void download(Path file) throws IOException;

  /** Removes what this side has stored, if it is there. */
  void delete();

  @Override
  void close();
}
