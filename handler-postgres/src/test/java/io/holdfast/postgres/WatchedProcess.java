package io.holdfast.postgres;

import io.holdfast.BackupExecutor;
import io.holdfast.FileSink;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreOptions;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.BackupSession;
import io.holdfast.spi.RestoreSession;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.SplitReader;
import io.holdfast.spi.StorageSink;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A process of its own that takes or restores one backup and says, by a line for each call of the
 * handler and of the sink, how far it has come: {@code SinkWriter.commit 2} before the second
 * commit, {@code SinkWriter.commit 2 done} after it. Made to be killed.
 *
 * <p>It ends when its input does, so it never outlives the test.
 */
final class WatchedProcess implements AutoCloseable {
  /** What it says last. */
  static final String END = "end";

  private static final List<Class<?>> WATCHED =
      List.of(BackupSession.class, SplitReader.class, RestoreSession.class, SinkWriter.class);

  private final Process process;
  private final BufferedReader output;
  private final List<String> said = new ArrayList<>();

  private WatchedProcess(Process process) {
    this.process = process;
    this.output = process.inputReader(StandardCharsets.UTF_8);
  }

  /**
   * Starts one.
   *
   * @param heap {@code 128m}
   * @param folder where the sink is
   * @param application by which name the server knows its connections
   * @param backupId the backup to restore, atomically and over what is there; empty to take one
   * @param haltAt the line after which the thread that says it goes no further; empty for none
   */
  static WatchedProcess start(
      String heap,
      TestPostgres.Database database,
      Path folder,
      String application,
      String backupId,
      String haltAt)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx" + heap));
    String logging = System.getProperty("logback.configurationFile");
    if (logging != null) {
      command.add("-Dlogback.configurationFile=" + logging);
    }
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            WatchedProcess.class.getName(),
            database.url(),
            folder.toString(),
            application,
            backupId,
            haltAt));
    return new WatchedProcess(
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  /** Waits until it says that, or ends; tells whether it did. */
  boolean await(String line) throws IOException {
    String next;
    while ((next = output.readLine()) != null) {
      said.add(next);
      if (next.equals(line)) {
        return true;
      }
    }
    return false;
  }

  /** Kills it at once, with SIGKILL where there are signals, and tells all that it said. */
  List<String> kill() throws IOException, InterruptedException {
    // Not by the process itself, which would close the pipe with what was not read yet.
    process.toHandle().destroyForcibly();
    return end();
  }

  /** Waits for its end, and tells all that it said. */
  List<String> end() throws IOException, InterruptedException {
    while (await(END)) {
      // until there is no more
    }
    if (!process.waitFor(1, TimeUnit.MINUTES)) {
      throw new AssertionError("It said all it had to say and did not end");
    }
    return List.copyOf(said);
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  /** The process itself. */
  public static void main(String[] arguments) {
    endWithInput();
    PGSimpleDataSource database = new PGSimpleDataSource();
    database.setUrl(arguments[0]);
    database.setUser("postgres");
    database.setApplicationName(arguments[2]);
    Steps steps = new Steps(arguments[4]);
    try (BackupExecutor executor =
        BackupExecutor.builder()
            .source(steps.watch(BackupHandler.class, PostgresHandler.of(database)))
            .sink(steps.watch(StorageSink.class, FileSink.at(Path.of(arguments[1]))))
            .timestampFormat(PostgresCrashTest.TIMESTAMPS)
            .restoreOptions(
                RestoreOptions.DEFAULT.withMode(RestoreMode.REPLACE).withoutSafetyBackup())
            .parallelism(2)
            .build()) {
      if (arguments[3].isEmpty()) {
        executor.createBackup();
      } else {
        executor.restoreFromBackup(arguments[3]);
      }
    }
    steps.say(END);
    Runtime.getRuntime().halt(0);
  }

  private static void endWithInput() {
    Thread thread =
        new Thread(
            () -> {
              try {
                while (System.in.read() >= 0) {
                  // nothing is expected
                }
              } catch (IOException e) {
                // the same as its end
              }
              Runtime.getRuntime().halt(1);
            },
            "input");
    thread.setDaemon(true);
    thread.start();
  }

  /** Says what is called. */
  private static final class Steps {
    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private final Map<String, AtomicInteger> calls = new ConcurrentHashMap<>();
    private final String haltAt;

    Steps(String haltAt) {
      this.haltAt = haltAt;
    }

    void say(String line) {
      out.println(line);
      if (line.equals(haltAt)) {
        try {
          new CountDownLatch(1).await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
    }

    /** Passes every call on, and watches what the call returns. */
    <T> T watch(Class<T> type, Object inside) {
      return type.cast(
          Proxy.newProxyInstance(
              type.getClassLoader(),
              new Class<?>[] {type},
              (proxy, method, arguments) -> {
                String name = type.getSimpleName() + "." + method.getName();
                int call = calls.computeIfAbsent(name, n -> new AtomicInteger()).incrementAndGet();
                say(name + " " + call);
                Object result;
                try {
                  result = method.invoke(inside, arguments);
                } catch (InvocationTargetException e) {
                  throw e.getCause();
                }
                say(name + " " + call + " done");
                return WATCHED.contains(method.getReturnType())
                    ? watch(method.getReturnType(), result)
                    : result;
              }));
    }
  }
}
