package io.holdfast.testservers;

import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.io.IOException;

/**
 * A server that speaks MongoDB's protocol and keeps everything in memory. It answers as MongoDB 3.6
 * to 4.2 does; it has no sessions, no users, and every write concern succeeds.
 */
public final class MongoServer implements AutoCloseable {
  private final ServerProcess process;

  private MongoServer(ServerProcess process) {
    this.process = process;
  }

  /** Starts one, empty. */
  public static MongoServer start() {
    return start("256m");
  }

  /**
   * Starts one, empty.
   *
   * @param heap how much it can hold, as {@code -Xmx} takes it
   */
  public static MongoServer start(String heap) {
    return new MongoServer(ServerProcess.start(Program.class, heap));
  }

  /** Where it listens, on the loopback address. */
  public int port() {
    return process.port();
  }

  /** Its URI, without a database: {@code mongodb://127.0.0.1:port}. */
  public String uri() {
    return "mongodb://127.0.0.1:" + port();
  }

  @Override
  public void close() {
    process.close();
  }

  /** The program of the process; a class of its own, as only that has the server on its path. */
  static final class Program {
    private Program() {}

    public static void main(String[] arguments) throws IOException {
      de.bwaldvogel.mongo.MongoServer server =
          new de.bwaldvogel.mongo.MongoServer(new MemoryBackend());
      ServerProcess.ready(server.bind().getPort());
    }
  }
}
