package io.holdfast.benchmarks.firestore;

import io.holdfast.RestoreStrategy;
import io.holdfast.benchmarks.Arm;
import io.holdfast.benchmarks.Commands;
import io.holdfast.benchmarks.Comparison;
import io.holdfast.benchmarks.HoldfastBackup;
import io.holdfast.benchmarks.HoldfastRestore;
import io.holdfast.benchmarks.JavaCommand;
import io.holdfast.benchmarks.Workspace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Builds the arms: the commands, and what is done around them. */
final class Arms {
  /** Three times as fast. */
  private static final double GOAL = 1.0 / 3;

  private static final String SAME = "the restored database is the source, value for value.";

  private final Project source;
  private final Shape shape;
  private final Project target;
  private final Census census;
  private final Peers peers;
  private final Workspace workspace;
  private final int jobs;

  /**
   * Arms.
   *
   * @param source the database that is backed up
   * @param census what it holds
   * @param target the one that is restored into, empty before each run
   */
  Arms(
      Project source,
      Shape shape,
      Census census,
      Project target,
      Peers peers,
      Workspace workspace,
      int jobs) {
    this.source = source;
    this.shape = shape;
    this.census = census;
    this.target = target;
    this.peers = peers;
    this.workspace = workspace;
    this.jobs = jobs;
  }

  /**
   * Backups of everything into files.
   *
   * @param heaps the {@code -Xmx} of an arm of Holdfast each
   */
  Comparison backups(List<String> heaps) throws IOException {
    return new Comparison(
        "Backup of " + census.documents() + " documents",
        census.documents(),
        heaps.stream()
            .map(
                heap ->
                    backup(
                        "Holdfast, heap " + heap,
                        holdfastBackup(heap, holdfastArchive()),
                        holdfastArchive()))
            .toList(),
        List.of(
            peer(
                backup(
                    Peers.IMPORT_EXPORT,
                    peers.exportCommand(source, importExportArchive()),
                    importExportArchive())),
            peer(
                backup(
                    Peers.EXPORT_IMPORT,
                    peers.backupCommand(source, shape, exportImportArchive()),
                    exportImportArchive()))));
  }

  private static Comparison.Peer peer(Arm arm) {
    return new Comparison.Peer(arm, GOAL);
  }

  /** Every backup stays until the next one: it is what the restores read. */
  private static Arm backup(String name, List<String> command, Path archive) {
    return new Arm(
        name,
        command,
        () -> Workspace.delete(archive),
        () -> Arm.Finding.wrote(Workspace.sizeBytes(archive)));
  }

  private List<String> holdfastBackup(String heap, Path folder) {
    return JavaCommand.of(
        heap,
        HoldfastBackup.class,
        source.uri(),
        folder.toUri().toString(),
        Integer.toString(jobs),
        Long.toString(census.documents()));
  }

  /** Those of other documents. */
  void deleteArchives() throws IOException {
    for (Path archive : List.of(holdfastArchive(), importExportArchive(), exportImportArchive())) {
      Workspace.delete(archive);
    }
  }

  /** A backup for the restores, where the measured ones have left none. */
  private void prepare(List<String> backup) throws IOException, InterruptedException {
    if (!Files.exists(holdfastArchive())) {
      Commands.run(backup);
    }
  }

  /** The same for a peer, as it would write it, but without waiting for it. */
  private void prepare(Path archive, PeerArchive form) throws IOException {
    if (!Files.exists(archive)) {
      form.write(source, archive);
    }
  }

  /** Restores of everything into an empty database. */
  Comparison restores(List<String> heaps) throws IOException {
    List<String> ours = holdfastBackup(heaps.get(0), holdfastArchive());
    return new Comparison(
        "Restore of " + census.documents() + " documents into an empty database",
        census.documents(),
        heaps.stream()
            .map(
                heap ->
                    restore(
                        "Holdfast, heap " + heap,
                        holdfastRestore(heap),
                        () -> prepare(ours),
                        this::requireSource))
            .toList(),
        List.of(
            peer(
                restore(
                    Peers.IMPORT_EXPORT,
                    peers.importCommand(target, importExportArchive()),
                    () -> prepare(importExportArchive(), PeerArchive.IMPORT_EXPORT),
                    this::compareWithSource)),
            peer(
                restore(
                    Peers.EXPORT_IMPORT,
                    peers.restoreCommand(target, exportImportArchive()),
                    () -> prepare(exportImportArchive(), PeerArchive.EXPORT_IMPORT),
                    this::compareWithSource))));
  }

  private List<String> holdfastRestore(String heap) {
    return JavaCommand.of(
        heap,
        HoldfastRestore.class,
        holdfastArchive().toUri().toString(),
        target.uri(),
        Integer.toString(jobs),
        RestoreStrategy.IN_PLACE.name(),
        HoldfastRestore.EVERYTHING);
  }

  private Arm restore(String name, List<String> command, Arm.Step archive, Arm.Outcome after) {
    return new Arm(
        name,
        command,
        () -> {
          archive.run();
          target.clear();
        },
        () -> {
          Arm.Finding finding = after.check();
          target.clear();
          return finding;
        });
  }

  /** What a peer does not keep is said in the report; its times count all the same. */
  private Arm.Finding compareWithSource() {
    List<String> differences = census.differences(Census.of(target));
    return new Arm.Finding(
        0, Optional.of(differences.isEmpty() ? SAME : String.join("; ", differences) + "."));
  }

  private Arm.Finding requireSource() {
    List<String> differences = census.differences(Census.of(target));
    if (!differences.isEmpty()) {
      throw new IllegalStateException("The restore is wrong. " + String.join("; ", differences));
    }
    return new Arm.Finding(0, Optional.of(SAME));
  }

  private Path holdfastArchive() {
    return workspace.resolve("backup-holdfast");
  }

  private Path importExportArchive() {
    return workspace.resolve("node-firestore-import-export.json");
  }

  private Path exportImportArchive() {
    return workspace.resolve("firestore-export-import.json");
  }
}
