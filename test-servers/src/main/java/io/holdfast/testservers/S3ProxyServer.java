package io.holdfast.testservers;

import java.net.URI;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.TransientNio2BlobStore;

/**
 * S3Proxy with its objects in memory: creates atomically and refuses wrong secrets. It has no
 * versions, locks or tags.
 */
public final class S3ProxyServer implements AutoCloseable {
  /** The access key that it knows. */
  public static final String ACCESS_KEY = "holdfast-test";

  /** The secret of that access key. */
  public static final String SECRET_KEY = "holdfast-test-secret";

  private final ServerProcess process;

  private S3ProxyServer(ServerProcess process) {
    this.process = process;
  }

  /** Starts it, empty. */
  public static S3ProxyServer start() {
    return new S3ProxyServer(ServerProcess.start(S3ProxyMain.class, "512m"));
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
  static final class S3ProxyMain {
    private S3ProxyMain() {}

    /** Starts the server on a port of its choice. */
    public static void main(String[] args) throws Exception {
      S3Proxy server =
          S3Proxy.builder()
              .blobStore(new TransientNio2BlobStore())
              .endpoint(URI.create("http://127.0.0.1:0"))
              .awsAuthentication(AuthenticationType.AWS_V4, ACCESS_KEY, SECRET_KEY)
              .build();
      server.start();
      ServerProcess.ready(server.getPort());
    }
  }
}
