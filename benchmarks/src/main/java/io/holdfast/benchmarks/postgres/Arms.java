package io.holdfast.benchmarks.postgres;

import io.holdfast.BackupExecutor;
import io.holdfast.FileSink;
import io.holdfast.RestoreStrategy;
import io.holdfast.benchmarks.Arm;
import io.holdfast.benchmarks.Commands;
import io.holdfast.benchmarks.HoldfastBackup;
import io.holdfast.benchmarks.HoldfastRestore;
import io.holdfast.benchmarks.JavaCommand;
import io.holdfast.benchmarks.Workspace;
import io.holdfast.postgres.PostgresServer;
import io.holdfast.postgres.TemplateDatabase;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Builds the arms: the commands, and what is done around them. */
final class Arms {
  private static final String TEMPLATE = "bench_empty";
  private static final String HOLDFAST_TEMPLATE = "bench_template";
  private static final String TARGET = "bench_target";

  private final Server server;
  private final Workspace workspace;
  private final int jobs;
  private final String database;
  private final Fingerprint source;

  /** Arms that work on that database. */
  Arms(Server server, Workspace workspace, int jobs, String database, Fingerprint source) {
    this.database = database;
    this.server = server;
    this.workspace = workspace;
    this.jobs = jobs;
    this.source = source;
  }

  /**
   * A backup by Holdfast with its defaults, into the file sink.
   *
   * @param heap the JVM's {@code -Xmx}
   */
  Arm holdfastBackup(String heap) {
    Path folder = workspace.resolve("backup-holdfast");
    return new Arm(
        "Holdfast, heap " + heap,
        holdfastBackup(heap, folder),
        () -> Workspace.delete(folder),
        () -> sizeThenDelete(folder));
  }

  private List<String> holdfastBackup(String heap, Path folder) {
    return JavaCommand.of(
        heap,
        HoldfastBackup.class,
        server.uri(database),
        folder.toUri().toString(),
        Integer.toString(jobs),
        Long.toString(source.rows()));
  }

  /**
   * A dump in the directory format.
   *
   * @param pgDump the command
   * @param root the folder that the command sees as {@code /}
   * @param compression the argument that says how to compress
   */
  Arm pgDump(String name, List<String> pgDump, Path root, String compression) {
    // Of its own name in the temp folder of a changed root; in the workspace where that is visible.
    boolean changed = root.getParent() != null;
    String inside =
        changed ? "/tmp/holdfast-benchmark-dump" : workspace.resolve("backup-peer").toString();
    Path folder = root.resolve(inside.substring(1));
    return new Arm(
        name,
        pgDump(pgDump, inside, compression),
        () -> Workspace.delete(folder),
        () -> sizeThenDelete(folder));
  }

  private List<String> pgDump(List<String> pgDump, String folder, String compression) {
    List<String> command = new ArrayList<>(pgDump);
    command.addAll(
        List.of("-Fd", "-j" + jobs, compression, "-f", folder, "-d", server.uri(database)));
    return command;
  }

  private static Arm.Finding sizeThenDelete(Path folder) throws IOException {
    long bytes = Workspace.sizeBytes(folder);
    Workspace.delete(folder);
    return Arm.Finding.wrote(bytes);
  }

  /** What the loads and restores read. */
  void prepareArchives(String heap) throws IOException, InterruptedException {
    Workspace.delete(holdfastArchive());
    Commands.run(holdfastBackup(heap, holdfastArchive()));
    Workspace.delete(peerArchive());
    Commands.run(pgDump(List.of(server.program("pg_dump")), peerArchive().toString(), "-Z1"));
  }

  /** The empty tables that the loads load. */
  void prepareLoads() throws IOException, SQLException, InterruptedException {
    server.recreate(TEMPLATE, "template0");
    Commands.run(
        List.of(
            server.program("pg_restore"),
            "--exit-on-error",
            "--section=pre-data",
            "-d",
            server.uri(TEMPLATE),
            peerArchive().toString()));
  }

  private Path holdfastArchive() {
    return workspace.resolve("archive-holdfast");
  }

  private Path peerArchive() {
    return workspace.resolve("archive-peer");
  }

  /** A restore by Holdfast of the rows only. */
  Arm holdfastLoad(String heap, RestoreStrategy strategy) {
    return load(
        "Holdfast " + strategy + ", heap " + heap,
        holdfastRestore(heap, strategy, HoldfastRestore.ROWS));
  }

  private List<String> holdfastRestore(String heap, RestoreStrategy strategy, String what) {
    return JavaCommand.of(
        heap,
        HoldfastRestore.class,
        holdfastArchive().toUri().toString(),
        server.uri(TARGET),
        Integer.toString(jobs),
        strategy.name(),
        what);
  }

  /** A restore by {@code pg_restore} of the rows only. */
  Arm pgRestoreLoad(String name) {
    return load(name, pgRestore("--section=data"));
  }

  private List<String> pgRestore(String... options) {
    List<String> command =
        new ArrayList<>(List.of(server.program("pg_restore"), "--exit-on-error"));
    command.addAll(List.of(options));
    command.addAll(List.of("-j" + jobs, "-d", server.uri(TARGET), peerArchive().toString()));
    return command;
  }

  /** A restore by Holdfast of everything into an empty database. */
  Arm holdfastRestore(String heap, RestoreStrategy strategy) {
    return rebuild(
        "Holdfast " + strategy + ", heap " + heap,
        holdfastRestore(heap, strategy, HoldfastRestore.EVERYTHING));
  }

  /** A restore by {@code pg_restore} of everything into an empty database. */
  Arm pgRestoreEverything(String name) {
    return rebuild(name, pgRestore());
  }

  private Arm rebuild(String name, List<String> command) {
    return new Arm(
        name,
        command,
        () -> server.recreate(TARGET, "template0"),
        () -> {
          requireSameDefinitions();
          return checkTarget();
        });
  }

  /** The definitions as the peer's own program tells them. */
  private void requireSameDefinitions() throws IOException, InterruptedException {
    if (!definitions(TARGET).equals(definitions(database))) {
      throw new IllegalStateException("The restored definitions are not those of the source.");
    }
  }

  private List<String> definitions(String of) throws IOException, InterruptedException {
    return Commands.run(List.of(server.program("pg_dump"), "-s", "-d", server.uri(of)))
        .lines()
        .filter(line -> !line.isBlank() && !line.startsWith("--"))
        .filter(line -> !line.startsWith("\\restrict") && !line.startsWith("\\unrestrict"))
        .toList();
  }

  private Arm load(String name, List<String> command) {
    return new Arm(name, command, () -> server.recreate(TARGET, TEMPLATE), this::checkTarget);
  }

  private Arm.Finding checkTarget() throws SQLException {
    List<String> differences = source.differences(Fingerprint.of(server, TARGET));
    if (!differences.isEmpty()) {
      throw new IllegalStateException(
          "The load is wrong. "
              + String.join("; ", differences.subList(0, Math.min(10, differences.size()))));
    }
    server.drop(TARGET);
    return Arm.Finding.RIGHT;
  }

  /** What is cloned: a template of ours, built from a backup, and one for {@code createdb}. */
  void prepareClones() throws SQLException {
    PostgresServer ours = PostgresServer.at(server.uri("postgres"));
    TemplateDatabase template = ours.template(HOLDFAST_TEMPLATE);
    template.drop();
    try (FileSink sink = FileSink.at(holdfastArchive());
        BackupExecutor executor =
            BackupExecutor.builder().source(server.uri(database)).sink(sink).build()) {
      template.buildFromBackup(sink, executor.list().get(0).backupId());
    }
    server.recreate(/* database= */ TEMPLATE, /* template= */ database);
  }

  /** Clones by Holdfast, in one JVM. */
  Arm holdfastClones(String heap, int clones) {
    List<String> arguments = new ArrayList<>(List.of(server.uri("postgres"), HOLDFAST_TEMPLATE));
    arguments.addAll(cloneNames(clones));
    return clones(
        "Holdfast, " + clones + " clones, heap " + heap,
        JavaCommand.of(heap, HoldfastClone.class, arguments.toArray(String[]::new)),
        clones);
  }

  /** Clones by {@code createdb -T}, a process each. */
  Arm createdb(String name, int clones) {
    String create =
        server.program("createdb")
            + " -h 127.0.0.1 -p "
            + server.port()
            + " -U postgres -T "
            + TEMPLATE
            + " ";
    return clones(
        name,
        List.of("sh", "-ec", create + String.join(" && " + create, cloneNames(clones))),
        clones);
  }

  private Arm clones(String name, List<String> command, int clones) {
    return new Arm(name, command, () -> dropClones(clones), () -> checkClones(clones));
  }

  private static List<String> cloneNames(int clones) {
    return IntStream.rangeClosed(1, clones).mapToObj(i -> "bench_clone_" + i).toList();
  }

  private void dropClones(int clones) throws SQLException {
    for (String clone : cloneNames(clones)) {
      server.drop(clone);
    }
  }

  private Arm.Finding checkClones(int clones) throws SQLException {
    for (String clone : cloneNames(clones)) {
      List<String> differences = source.differences(Fingerprint.of(server, clone));
      if (!differences.isEmpty()) {
        throw new IllegalStateException(clone + " is wrong. " + String.join("; ", differences));
      }
    }
    dropClones(clones);
    return Arm.Finding.RIGHT;
  }
}
