package io.holdfast.benchmarks.sinks;

import io.holdfast.benchmarks.Arm;
import io.holdfast.benchmarks.Commands;
import io.holdfast.benchmarks.Comparison;
import io.holdfast.benchmarks.JavaCommand;
import io.holdfast.benchmarks.Workspace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Builds the arms of one service: the commands, and what is done around them. */
final class Arms {
  /** Nine tenths of the client's throughput. */
  private static final double GOAL = 1 / 0.9;

  private static final String HOLDFAST = "Holdfast";

  private static final long MEGABYTE = 1_000_000;

  private final Service service;
  private final Place place;
  private final Path source;
  private final String sha256;
  private final Path downloaded;
  private final String heap;

  /** Whose object is there. One at a time: a server that stores in memory has room for no more. */
  private @Nullable Side stored;

  /**
   * Arms.
   *
   * @param source the file that is uploaded
   * @param sha256 its digest
   * @param downloaded where downloads go
   */
  Arms(Service service, Place place, Path source, String sha256, Path downloaded, String heap) {
    this.service = service;
    this.place = place;
    this.source = source;
    this.sha256 = sha256;
    this.downloaded = downloaded;
    this.heap = heap;
  }

  Comparison comparison(Part part) throws IOException {
    long megabytes = Files.size(source) / MEGABYTE;
    String where = service.title() + ", " + place.what();
    return switch (part) {
      case UPLOAD -> comparison("Upload to " + where, megabytes, part);
      case DOWNLOAD -> comparison("Download from " + where, megabytes, part);
      case BACKUP ->
          new Comparison(
              "Backup to " + where + ", and verification",
              megabytes,
              "MB",
              List.of(backup()),
              List.of());
    };
  }

  private Comparison comparison(String title, long megabytes, Part part) {
    List<Comparison.Peer> peers = new ArrayList<>();
    new TreeMap<>(service.peers(part))
        .forEach((side, name) -> peers.add(new Comparison.Peer(arm(name, part, side), GOAL)));
    return new Comparison(
        title, megabytes, "MB", List.of(arm(HOLDFAST, part, Side.HOLDFAST)), peers);
  }

  private Arm arm(String name, Part part, Side side) {
    if (part == Part.UPLOAD) {
      return new Arm(
          name,
          command(part, side, source),
          this::clear,
          () -> {
            stored = side;
            return Arm.Finding.wrote(Files.size(source));
          });
    }
    return new Arm(
        name,
        command(part, side, downloaded),
        () -> {
          Workspace.delete(downloaded);
          prepare(side);
        },
        this::requireSource);
  }

  private Arm backup() throws IOException {
    long rows = Files.size(source) / MadeUpRows.ROW_BYTES;
    return new Arm(
        HOLDFAST,
        place.command(JavaCommand.of(heap, BackupProcess.class, place.uri(), Long.toString(rows))),
        this::clear,
        () -> Arm.Finding.RIGHT);
  }

  private List<String> command(Part part, Side side, Path file) {
    return place.command(
        JavaCommand.of(
            heap,
            TransferProcess.class,
            service.name(),
            side.name(),
            part.name(),
            place.uri(),
            file.toString(),
            sha256));
  }

  /** Each side reads what it has written itself. */
  private void prepare(Side side) throws IOException, InterruptedException {
    if (stored != side) {
      clear();
      Commands.run(command(Part.UPLOAD, side, source));
      stored = side;
    }
  }

  /** Removes what the arms have stored, also of a run that failed. */
  void clear() {
    stored = null;
    for (Side side : Side.values()) {
      try (Transfer transfer = service.transfer(side, place.uri(), sha256)) {
        transfer.delete();
      }
    }
  }

  private Arm.Finding requireSource() throws IOException {
    long difference = Files.mismatch(source, downloaded);
    Workspace.delete(downloaded);
    if (difference >= 0) {
      throw new IOException("What came back differs from byte " + difference + " on.");
    }
    return new Arm.Finding(0, Optional.of("what came back is the source, byte for byte."));
  }
}
