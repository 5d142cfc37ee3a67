package io.holdfast.testservers;

import com.adobe.testing.s3mock.S3MockApplication;
import java.io.IOException;
import java.net.URI;

/**
 * Adobe's S3Mock: knows checksums, tags, versions and the headers of Object Lock. It is not atomic
 * where several create the same object at once, enforces no lock, and takes every secret.
 */
public final class S3MockServer implements AutoCloseable {
  private final ServerProcess process;

  private S3MockServer(ServerProcess process) {
    this.process = process;
  }

  /** Starts it, empty. */
  public static S3MockServer start() {
    return new S3MockServer(ServerProcess.start(S3MockMain.class, "384m"));
  }

  /** Where it listens; buckets are named in the path. */
  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + process.port());
  }

  @Override
  public void close() {
    process.close();
  }

  /** The server's program. */
  static final class S3MockMain {
    private S3MockMain() {}

    /** Starts the server on a free port. */
    public static void main(String[] args) throws IOException {
      int port = ServerProcess.freePort();
      S3MockApplication.start("--server.port=0", "--http.port=" + port, "--silent");
      ServerProcess.ready(port);
    }
  }
}
