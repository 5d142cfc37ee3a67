package io.holdfast.benchmarks.sinks;

import java.io.IOException;
import java.nio.file.Path;
import org.slf4j.LoggerFactory;

/** The child process of every arm: one transfer, from the start of the JVM to its end. */
final class TransferProcess {
  private TransferProcess() {}

  /**
   * Transfers.
   *
   * @param args names of {@link Service}, {@link Side} and {@link Part}, the sink's URI, the file,
   *     the SHA-256 of what is uploaded
   */
  public static void main(String[] args) throws IOException {
    // What an application logs with takes half a second to start, and is started in every arm: the
    // plain clients may log by other means, or not at all.
    LoggerFactory.getLogger(TransferProcess.class).debug("Begins: {}", args[2]);
    Path file = Path.of(args[4]);
    try (Transfer transfer =
        Service.valueOf(args[0]).transfer(Side.valueOf(args[1]), args[3], args[5])) {
      switch (Part.valueOf(args[2])) {
        case UPLOAD -> transfer.upload(file);
        case DOWNLOAD -> transfer.download(file);
        case BACKUP -> throw new IllegalArgumentException("No transfer");
      }
    }
  }
}
