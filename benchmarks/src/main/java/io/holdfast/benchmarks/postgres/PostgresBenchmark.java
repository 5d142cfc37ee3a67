package io.holdfast.benchmarks.postgres;

import io.holdfast.RestoreStrategy;
import io.holdfast.benchmarks.Arm;
import io.holdfast.benchmarks.Benchmark;
import io.holdfast.benchmarks.Commands;
import io.holdfast.benchmarks.Comparison;
import io.holdfast.benchmarks.Report;
import io.holdfast.benchmarks.Workspace;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BiFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Measures backups and loads of Holdfast beside those of {@code pg_dump} and {@code pg_restore}: on
 * a server and a database that it makes, in one run. The README of this module explains it.
 */
@Command(
    name = "postgres-benchmark",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    description = "Holdfast beside pg_dump and pg_restore, on the same database in one run.")
final class PostgresBenchmark extends Benchmark {
  /** Below this scale starting a JVM decides, so that goals say nothing. */
  private static final double SCALE_OF_GOALS = 1;

  private static final double GOAL_GZIP = 0.75;
  private static final double GOAL_ZSTD = 1.10;
  private static final double GOAL_LOAD = 0.80;
  private static final double GOAL_RESTORE = 0.85;

  private static final int CLONES = 10;

  /** The first version of pg_dump that can compress by zstd. */
  private static final int FIRST_WITH_ZSTD = 16;

  private static final Pattern VERSION = Pattern.compile("\\) (\\d+)(\\.\\d+)?");

  /** What to measure. */
  enum Part {
    /** Everything into a file. */
    BACKUP,
    /** Rows into empty tables. */
    LOAD,
    /** Everything into an empty database. */
    RESTORE,
    /** Both ways for a database of 10,000 tables. */
    TABLES,
    /** Copies of a database of 100 MB. */
    CLONE
  }

  @Option(
      names = "--scale",
      defaultValue = "1",
      description = "Size of the database; 1 is about 2.5 GB.")
  private double scale;

  @Option(names = "--jobs", defaultValue = "2", description = "Workers of every arm.")
  private int jobs;

  @Option(
      names = "--heap",
      split = ",",
      defaultValue = "512m",
      description = "-Xmx of Holdfast's JVM; several, joined by commas, give an arm each.")
  private List<String> heaps = List.of();

  @Option(
      names = "--only",
      split = ",",
      description = "Measure these parts only: ${COMPLETION-CANDIDATES}; default is all.")
  private List<Part> only = List.of();

  @Option(
      names = "--bindir",
      description = "PostgreSQL's programs; default is what pg_config --bindir says.")
  private @Nullable Path bin;

  @Option(
      names = "--pg-dump17",
      description =
          "Command of a pg_dump 16 or later, for the arm with zstd; words are split at spaces."
              + " Default is the server's own, if it is that new.")
  private @Nullable String pgDump17;

  @Option(
      names = "--pg-dump17-root",
      defaultValue = "/",
      description = "The folder that the command of --pg-dump17 sees as /, if that is a chroot.")
  private Path pgDump17Root = Path.of("/");

  private PostgresBenchmark() {
    super(Duration.ofHours(2));
  }

  /** Runs the benchmark; ends with 1 if an arm failed or loaded something wrong. */
  public static void main(String[] args) {
    main(new PostgresBenchmark(), args);
  }

  @Override
  protected Report measure(Workspace workspace) throws Exception {
    Path programs =
        bin != null ? bin : Path.of(Commands.run(List.of("pg_config", "--bindir")).strip());
    try (Server server =
        Server.start(programs, workspace.resolve("server"), workspace.resolve("server.log"))) {
      Runtime.getRuntime().addShutdownHook(new Thread(() -> breakOff(server, workspace)));
      if (keeps()) {
        System.err.println("Kept for the next run: --keep --data " + workspace.root());
      }
      return measure(server, workspace);
    }
  }

  /**
   * A run that is broken off would leave a server and its files; at any other end they are gone.
   */
  private static void breakOff(Server server, Workspace workspace) {
    try {
      server.close();
      workspace.finish();
    } catch (IOException e) {
      System.err.println("Left in " + workspace.root() + ": " + e.getMessage());
    }
  }

  private Report measure(Server server, Workspace workspace)
      throws SQLException, IOException, InterruptedException {
    Report report =
        new Report(
            "Holdfast beside pg_dump and pg_restore",
            scale < SCALE_OF_GOALS ? Optional.of("judged from scale 1 on") : Optional.empty(),
            facts(server));
    for (Part part : only.isEmpty() ? List.of(Part.values()) : only) {
      for (Comparison comparison : comparisons(part, server, workspace)) {
        measure(comparison, server::settle, OptionalLong.of(server.pid()), workspace, report);
      }
    }
    return report;
  }

  private Comparison backup(Arms arms, Server server) throws IOException, InterruptedException {
    List<Comparison.Peer> peers = new ArrayList<>();
    Path root = Path.of("/");
    List<String> own = List.of(server.program("pg_dump"));
    Matcher version = version(own);
    peers.add(
        new Comparison.Peer(
            arms.pgDump(name("pg_dump", version, "-Fd", "gzip 1"), own, root, "-Z1"), GOAL_GZIP));
    List<String> newer = pgDump17 == null ? own : List.of(pgDump17.trim().split(" +"));
    Matcher newerVersion = version(newer);
    if (Integer.parseInt(newerVersion.group(1)) >= FIRST_WITH_ZSTD) {
      peers.add(
          new Comparison.Peer(
              arms.pgDump(
                  name("pg_dump", newerVersion, "-Fd", "zstd 1"),
                  newer,
                  pgDump17 == null ? root : pgDump17Root.toAbsolutePath().normalize(),
                  "--compress=zstd:1"),
              GOAL_ZSTD));
    } else {
      System.err.println(
          "No arm with zstd: "
              + String.join(" ", newer)
              + " is older than 16. Name a newer one by --pg-dump17.");
    }
    return new Comparison("Backup", heaps.stream().map(arms::holdfastBackup).toList(), peers);
  }

  private List<Comparison> comparisons(Part part, Server server, Workspace workspace)
      throws SQLException, IOException, InterruptedException {
    Arms arms = arms(part, server, workspace);
    return switch (part) {
      case BACKUP -> List.of(backup(arms, server));
      case LOAD -> List.of(load(arms, server));
      case RESTORE -> List.of(restore(arms, server, "everything into an empty database"));
      case TABLES -> List.of(backupOfTables(arms, server), restore(arms, server, "10,000 tables"));
      case CLONE -> List.of(clones(arms, server), restore(arms, server, "the same 100 MB"));
    };
  }

  private Arms arms(Part part, Server server, Workspace workspace)
      throws SQLException, IOException, InterruptedException {
    String database =
        switch (part) {
          case TABLES -> "bench_tables";
          case CLONE -> "bench_clone";
          default -> "bench";
        };
    switch (part) {
      case TABLES -> Generator.ofTables(server, database).runUnlessDone();
      case CLONE -> Generator.ofClone(server, database).runUnlessDone();
      default -> Generator.ofShop(server, database, scale).runUnlessDone();
    }
    return new Arms(server, workspace, jobs, database, Fingerprint.of(server, database));
  }

  private Comparison clones(Arms arms, Server server)
      throws IOException, SQLException, InterruptedException {
    arms.prepareArchives(heaps.get(0));
    arms.prepareClones();
    Matcher version = version(List.of(server.program("createdb")));
    return new Comparison(
        "Clones of a database of 100 MB",
        heaps.stream().map(heap -> arms.holdfastClones(heap, CLONES)).toList(),
        List.of(
            new Comparison.Peer(
                arms.createdb("createdb " + version.group(1) + " -T, " + CLONES + " times", CLONES),
                1)));
  }

  private Comparison load(Arms arms, Server server)
      throws IOException, SQLException, InterruptedException {
    arms.prepareArchives(heaps.get(0));
    arms.prepareLoads();
    Arm peer =
        arms.pgRestoreLoad(
            name("pg_restore", version(List.of(server.program("pg_restore"))), "--section=data"));
    return new Comparison(
        "Load of the data into empty tables",
        each(RestoreStrategy.TRANSACTION, RestoreStrategy.IN_PLACE, arms::holdfastLoad),
        List.of(new Comparison.Peer(peer, GOAL_LOAD)));
  }

  private Comparison restore(Arms arms, Server server, String what)
      throws IOException, InterruptedException {
    arms.prepareArchives(heaps.get(0));
    Arm peer =
        arms.pgRestoreEverything(
            name("pg_restore", version(List.of(server.program("pg_restore")))));
    return new Comparison(
        "Restore: " + what,
        each(RestoreStrategy.TRANSACTION, RestoreStrategy.IN_PLACE, arms::holdfastRestore),
        List.of(new Comparison.Peer(peer, GOAL_RESTORE)));
  }

  private Comparison backupOfTables(Arms arms, Server server)
      throws IOException, InterruptedException {
    List<String> own = List.of(server.program("pg_dump"));
    Arm peer = arms.pgDump(name("pg_dump", version(own), "-Fd"), own, Path.of("/"), "-Z1");
    return new Comparison(
        "Backup: 10,000 tables",
        heaps.stream().map(arms::holdfastBackup).toList(),
        List.of(new Comparison.Peer(peer, 1)));
  }

  private List<Arm> each(
      RestoreStrategy one, RestoreStrategy other, BiFunction<String, RestoreStrategy, Arm> arm) {
    return heaps.stream()
        .flatMap(heap -> Stream.of(one, other).map(strategy -> arm.apply(heap, strategy)))
        .toList();
  }

  private String name(String program, Matcher version, String... details) {
    return program + " " + version.group(1) + " -j" + jobs + " " + String.join(" ", details);
  }

  private static Matcher version(List<String> program) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(program);
    command.add("--version");
    String printed = Commands.run(command);
    Matcher version = VERSION.matcher(printed);
    if (!version.find()) {
      throw new IOException(String.join(" ", command) + " printed no version: " + printed);
    }
    return version;
  }

  private List<String> facts(Server server) throws SQLException {
    String version;
    try (Connection connection = server.connect("postgres");
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT current_setting('server_version')")) {
      row.next();
      version = row.getString(1);
    }
    return List.of(
        "Scale " + scale + "; 1 is a database of about 2.5 GB",
        "PostgreSQL " + version + ", " + String.join(", ", Server.SETTINGS),
        machine(),
        rounds() + "; " + jobs + " workers");
  }
}
