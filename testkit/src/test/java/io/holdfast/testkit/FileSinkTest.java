package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.CancelledException;
import io.holdfast.FileSink;
import io.holdfast.spi.Leftover;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSinkTest extends StorageSinkContract {
  private static final ObjectKey KEY = ObjectKey.of("folder/object");

  @TempDir Path temporary;
  private Path root;
  private FileSink sink;

  @BeforeEach
  void chooseTheRoot() {
    root = temporary.resolve("some/where/backups");
    sink = FileSink.at(root);
  }

  @Override
  protected StorageSink openSink() {
    return FileSink.at(temporary.resolve("some/where/backups"));
  }

  @Nested
  @DisplayName("Files and folders")
  class FilesAndFolders {
    @Test
    void anObjectIsAFileUnderItsKey() throws IOException {
      put(sink, KEY, "text");
      assertThat(root.resolve("folder/object")).hasContent("text");
      assertThat(sink.location()).isEqualTo(root.toUri().toString().replaceAll("/$", ""));
    }

    @Test
    void whatIsCreatedIsForTheOwnerAloneFromTheFirstInstantOn() throws IOException {
      assumePosix();
      try (SinkWriter writer = sink.write(KEY, WriteOptions.NONE)) {
        assertThat(permissions(tempFiles().get(0))).isEqualTo("rw-------");
        writer.write(ByteBuffer.wrap("text".getBytes(StandardCharsets.UTF_8)));
        writer.commit(digest("text"));
      }
      assertThat(permissions(root.resolve("folder/object"))).isEqualTo("rw-------");
      for (Path folder = root.resolve("folder");
          !folder.equals(temporary);
          folder = folder.getParent()) {
        assertThat(permissions(folder)).as("%s", folder).isEqualTo("rwx------");
      }
      assertThat(permissions(root.resolve(".holdfast-tmp"))).isEqualTo("rwx------");
    }

    @Test
    void foldersThatExistAreLeftAsTheyAre() throws IOException {
      assumePosix();
      Files.createDirectories(root.resolve("folder"));
      Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-x---"));
      Files.setPosixFilePermissions(
          root.resolve("folder"), PosixFilePermissions.fromString("rwxr-xr-x"));
      put(sink, KEY, "text");
      assertThat(permissions(root)).isEqualTo("rwxr-x---");
      assertThat(permissions(root.resolve("folder"))).isEqualTo("rwxr-xr-x");
    }

    @Test
    void readingFromAMissingRootFindsNothingAndCreatesNothing() {
      assertThat(keys(sink)).isEmpty();
      assertThat(sink.stat(KEY)).isEmpty();
      assertThat(sink.leftovers()).isEmpty();
      sink.delete(KEY);
      assertRefused(Kind.NOT_FOUND, () -> sink.read(KEY, 0, 0));
      assertThat(temporary).isEmptyDirectory();
    }

    @Test
    void manyWritersMayCreateTheRootAtTheSameTime() throws Exception {
      ExecutorService threads = Executors.newFixedThreadPool(4);
      try {
        for (int round = 0; round < 100; round++) {
          Path fresh = temporary.resolve("round-" + round + "/backups");
          CyclicBarrier start = new CyclicBarrier(4);
          List<Future<?>> writers = new ArrayList<>();
          for (int i = 0; i < 4; i++) {
            ObjectKey key = ObjectKey.of("folder/" + i);
            writers.add(
                threads.submit(
                    () -> {
                      start.await();
                      put(FileSink.at(fresh), key, "text");
                      return null;
                    }));
          }
          for (Future<?> writer : writers) {
            writer.get(60, TimeUnit.SECONDS);
          }
          assertThat(keys(FileSink.at(fresh))).hasSize(4);
        }
      } finally {
        threads.shutdownNow();
      }
    }

    @Test
    void aRootThatIsNoFolderIsAnErrorAndNotEmpty() throws IOException {
      Files.createDirectories(root.getParent());
      Files.writeString(root, "not a folder");
      List<ThrowingCallable> calls =
          List.of(
              () -> sink.list("").close(),
              () -> sink.stat(KEY),
              () -> sink.read(KEY, 0, 1),
              () -> sink.write(KEY, WriteOptions.NONE),
              () -> sink.delete(KEY),
              sink::leftovers);
      for (ThrowingCallable call : calls) {
        assertRefused(Kind.OTHER, call)
            .hasMessageContaining("not a folder")
            .hasMessageContaining(root.toString());
      }
      assertThat(root).hasContent("not a folder");
    }

    @Test
    void aRootThatMayNotBeReadIsAnErrorAndNotEmpty() throws IOException {
      assumePosix();
      put(sink, KEY, "text");
      Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("---------"));
      try {
        assumeTrue(!Files.isReadable(root), "permissions do not bind this user (root)");
        assertRefused(Kind.PERMISSION_DENIED, () -> sink.list("").close());
        assertRefused(Kind.PERMISSION_DENIED, () -> sink.stat(KEY));
        assertRefused(
            Kind.PERMISSION_DENIED, () -> sink.write(ObjectKey.of("b"), WriteOptions.NONE));
        assertRefused(Kind.PERMISSION_DENIED, () -> sink.delete(KEY));
        assertRefused(Kind.PERMISSION_DENIED, sink::leftovers);
      } finally {
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx------"));
      }
    }

    @Test
    void whatIsNoObjectIsPassedOver() throws IOException {
      put(sink, KEY, "text");
      Files.writeString(root.resolve(".hidden"), "x");
      Files.writeString(root.resolve("with space"), "x");
      Files.writeString(root.resolve("-option"), "x");
      Files.createDirectories(root.resolve("lost+found/inside"));
      Files.createDirectories(root.resolve("empty/folder"));
      Files.writeString(root.resolve(".holdfast-tmp/notes"), "x");
      assertThat(keys(sink)).containsExactly("folder/object");
      assertThat(sink.leftovers()).isEmpty();
      assertThat(sink.stat(ObjectKey.of("empty/folder"))).isEmpty();
      sink.delete(ObjectKey.of("empty/folder"));
      assertThat(root.resolve("empty/folder")).isDirectory();
    }

    @Test
    void aPipeUnderAKeyIsNoObjectAndBlocksNobody() throws Exception {
      Files.createDirectories(root);
      assumeTrue(run("mkfifo", root.resolve("pipe").toString()), "mkfifo works here");
      ObjectKey pipe = ObjectKey.of("pipe");
      assertThat(sink.stat(pipe)).isEmpty();
      assertThat(keys(sink)).isEmpty();
      assertRefused(Kind.NOT_FOUND, () -> sink.read(pipe, 0, 0));
      assertRefused(Kind.OTHER, () -> sink.write(pipe, WriteOptions.NONE));
    }

    @Test
    void aKeyBelowAnObjectAndOneThatIsAFolderAreRefused() {
      put(sink, KEY, "text");
      ObjectKey below = ObjectKey.of("folder/object/below");
      assertRefused(Kind.OTHER, () -> sink.write(below, WriteOptions.NONE))
          .hasMessageContaining("would have to be a folder");
      assertRefused(Kind.OTHER, () -> sink.write(ObjectKey.of("folder"), WriteOptions.NONE))
          .hasMessageContaining("is a folder");
      assertRefused(Kind.NOT_FOUND, () -> sink.read(below, 0, 0));
      sink.delete(below);
      assertThat(keys(sink)).containsExactly("folder/object");
    }

    @Test
    void aFolderThatAppearsInTheWayWhileWritingIsRefusedAtCommit() throws IOException {
      try (SinkWriter writer = sink.write(KEY, WriteOptions.NONE)) {
        Files.createDirectories(root.resolve("folder/object"));
        assertRefused(Kind.OTHER, () -> writer.commit(digest("")));
      }
      Files.delete(root.resolve("folder/object"));
      Files.delete(root.resolve("folder"));
      try (SinkWriter writer = sink.write(KEY, WriteOptions.NONE)) {
        Files.writeString(root.resolve("folder"), "in the way");
        assertRefused(Kind.OTHER, () -> writer.commit(digest("")))
            .hasMessageContaining("not a folder")
            .hasMessageContaining("Nothing was published");
      }
      assertThat(root.resolve("folder")).hasContent("in the way");
      assertThat(tempFiles()).isEmpty();
    }

    @Test
    void theTimeOfAnObjectIsThatOfItsCommit() throws IOException {
      Instant longAgo = Instant.parse("2020-01-01T00:00:00Z");
      try (SinkWriter writer = sink.write(KEY, WriteOptions.NONE)) {
        Files.setLastModifiedTime(tempFiles().get(0), FileTime.from(longAgo));
        assertThat(sink.leftovers()).extracting(Leftover::modified).containsExactly(longAgo);
        StoredObject stored = writer.commit(digest(""));
        assertThat(stored.modified()).isAfter(Instant.parse("2025-01-01T00:00:00Z"));
        assertThat(sink.stat(KEY)).contains(stored);
      }
    }

    @Test
    void nothingStaysOpen() throws IOException {
      Path descriptors = Path.of("/proc/self/fd");
      assumeTrue(Files.isDirectory(descriptors), "/proc shows open files");
      for (int i = 0; i < 5; i++) {
        put(sink, ObjectKey.of("k" + i + "/object"), "text");
      }
      Iterator<StoredObject> started = sink.list("").iterator(); // Not closed, on purpose.
      started.next();
      sink.write(KEY, WriteOptions.NONE).close();
      assertRefused(Kind.OUT_OF_RANGE, () -> sink.read(ObjectKey.of("k0/object"), 0, 99));
      try (Stream<Path> open = Files.list(descriptors)) {
        assertThat(open.map(FileSinkTest::linkTarget)).noneMatch(path -> path.startsWith(root));
      }
    }
  }

  @Nested
  @DisplayName("Symbolic links")
  class Links {
    private Path outside;

    @BeforeEach
    void makeSomethingOutside() throws IOException {
      assumePosix();
      outside = Files.createDirectory(temporary.resolve("outside"));
      Files.writeString(outside.resolve("object"), "not ours");
      Files.createDirectories(root);
    }

    @Test
    void aLinkIsNoObject() throws IOException {
      Files.createSymbolicLink(root.resolve("link"), outside.resolve("object"));
      ObjectKey link = ObjectKey.of("link");
      assertThat(keys(sink)).isEmpty();
      assertThat(sink.stat(link)).isEmpty();
      assertRefused(Kind.NOT_FOUND, () -> sink.read(link, 0, 1));
      assertRefused(Kind.OTHER, () -> sink.write(link, WriteOptions.NONE));
      sink.delete(link);
      assertThat(outside.resolve("object")).hasContent("not ours");
      assertThat(Files.isSymbolicLink(root.resolve("link"))).isTrue();
    }

    @Test
    void aLinkThatAppearsWhileWritingIsNotFollowed() throws IOException {
      ObjectKey link = ObjectKey.of("link");
      try (SinkWriter writer = sink.write(link, WriteOptions.NONE)) {
        Files.createSymbolicLink(root.resolve("link"), outside.resolve("new"));
        assertRefused(Kind.OTHER, () -> writer.commit(digest("")));
      }
      try (SinkWriter writer = sink.write(KEY, WriteOptions.NONE)) {
        Files.createSymbolicLink(root.resolve("folder"), outside);
        assertRefused(Kind.OTHER, () -> writer.commit(digest("")));
      }
      assertThat(outside.resolve("new")).doesNotExist();
      assertThat(outside.resolve("object")).hasContent("not ours");
    }

    @Test
    void noLinkedFolderIsEntered() throws IOException {
      Files.createSymbolicLink(root.resolve("folder"), outside);
      assertThat(keys(sink)).isEmpty();
      assertThat(sink.stat(KEY)).isEmpty();
      assertRefused(Kind.NOT_FOUND, () -> sink.read(KEY, 0, 1));
      assertRefused(Kind.OTHER, () -> sink.write(ObjectKey.of("folder/new"), WriteOptions.NONE));
      sink.delete(KEY);
      assertThat(outside.resolve("object")).hasContent("not ours");
    }

    @Test
    void aLinkInPlaceOfTheTempFolderIsRefused() throws IOException {
      Files.createSymbolicLink(root.resolve(".holdfast-tmp"), outside);
      assertRefused(Kind.OTHER, () -> sink.write(KEY, WriteOptions.NONE));
      assertThat(sink.leftovers()).isEmpty();
      assertThat(outside.toFile().list()).containsExactly("object");
    }

    @Test
    void theRootItselfMayBeALink() throws IOException {
      FileSink linked = FileSink.at(temporary.resolve("link"));
      Files.createSymbolicLink(temporary.resolve("link"), root);
      put(linked, KEY, "text");
      assertThat(keys(sink)).containsExactly("folder/object");
      assertThat(keys(linked)).containsExactly("folder/object");
    }

    @Test
    void aRootThatIsALinkToNowhereIsAnErrorAndNotEmpty() throws IOException {
      Files.createSymbolicLink(temporary.resolve("link"), temporary.resolve("unmounted"));
      FileSink dangling = FileSink.at(temporary.resolve("link"));
      assertRefused(Kind.OTHER, () -> dangling.list("").close())
          .hasMessageContaining("points to a folder that is not there");
      assertRefused(Kind.OTHER, () -> dangling.write(KEY, WriteOptions.NONE));
      assertThat(temporary.resolve("unmounted")).doesNotExist();
    }
  }

  @Nested
  @DisplayName("Faults")
  class Faults {
    @Test
    void aFileThatIsCutShortWhileItIsReadIsAnErrorAndNoShortRead() throws IOException {
      byte[] content = FileSinkProcess.content(1);
      put(sink, KEY, content);
      try (InputStream in = sink.read(KEY, 0, content.length)) {
        assertThat(in.readNBytes(1_000)).isEqualTo(Arrays.copyOf(content, 1_000));
        try (FileChannel channel =
            FileChannel.open(root.resolve("folder/object"), StandardOpenOption.WRITE)) {
          channel.truncate(5_000);
        }
        assertThatThrownBy(in::readAllBytes)
            .isInstanceOf(IOException.class)
            .hasMessageContaining("ended at byte 5000")
            .hasMessageContaining("Take it as damaged");
      }
    }

    @Test
    void anInterruptedCommitPublishesNothingAndKeepsTheFlag() {
      try (SinkWriter writer = sink.write(KEY, WriteOptions.NONE)) {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> writer.commit(digest("")))
            .isInstanceOf(CancelledException.class)
            .hasMessageContaining("Nothing was published");
        assertThat(Thread.currentThread().isInterrupted()).isTrue();
      } finally {
        Thread.interrupted();
      }
      assertThat(sink.stat(KEY)).isEmpty();
      assertThat(sink.leftovers()).isEmpty();
    }

    @Test
    void anInterruptedReadIsCancelledAndKeepsTheFlag() throws IOException {
      put(sink, KEY, "text");
      try (InputStream in = sink.read(KEY, 0, 4)) {
        Thread.currentThread().interrupt();
        assertThatThrownBy(in::read).isInstanceOf(CancelledException.class);
        assertThat(Thread.interrupted()).isTrue();
      }
    }

    @Test
    void anInterruptedDeleteIsDoneAndKeepsTheFlag() {
      put(sink, KEY, "text");
      Thread.currentThread().interrupt();
      sink.delete(KEY);
      assertThat(Thread.interrupted()).isTrue();
      assertThat(sink.stat(KEY)).isEmpty();
    }

    @Test
    void aWriterWhoseTempFileIsGoneSaysSo() {
      try (SinkWriter writer = sink.write(KEY, WriteOptions.NONE)) {
        sink.leftovers().forEach(sink::discard);
        assertRefused(Kind.OTHER, () -> writer.commit(digest("")))
            .hasMessageContaining("removed meanwhile")
            .hasMessageContaining("Nothing was published");
      }
      assertThat(sink.stat(KEY)).isEmpty();
    }

    @Test
    void onlyLeftoversCanBeDiscarded() {
      put(sink, ObjectKey.of("object.part"), "text");
      for (String id : List.of("../object.part", "..", "a/b.part", "notes", "", ".part")) {
        assertThatThrownBy(() -> sink.discard(new Leftover(id, 0, Instant.EPOCH)))
            .isInstanceOf(IllegalArgumentException.class);
      }
      sink.discard(new Leftover("object.part", 0, Instant.EPOCH));
      assertThat(keys(sink)).containsExactly("object.part");
    }

    @Test
    void aFullDiskIsNoSpaceAndPublishesNothing() throws Exception {
      try (Mount disk = new Mount(temporary.resolve("disk"), "size=1m")) {
        FileSink small = FileSink.at(disk.folder.resolve("backups"));
        put(small, ObjectKey.of("first"), FileSinkProcess.content(1));
        try (SinkWriter writer = small.write(KEY, WriteOptions.NONE)) {
          ByteBuffer tooMuch = ByteBuffer.allocate(2 * 1024 * 1024);
          assertRefused(Kind.NO_SPACE, () -> writer.write(tooMuch))
              .hasMessageContaining("Free space or raise the quota");
          assertThatThrownBy(() -> writer.commit(digest("")))
              .isInstanceOf(IllegalStateException.class);
        }
        assertThat(keys(small)).containsExactly("first");
        assertThat(small.leftovers()).isEmpty();
        put(small, KEY, FileSinkProcess.content(2));
        assertThat(keys(small)).containsExactly("first", "folder/object");
      }
    }

    @Test
    void aReadOnlyDiskCanBeReadAndRefusesChanges() throws Exception {
      try (Mount disk = new Mount(temporary.resolve("disk"), "size=1m")) {
        FileSink fixed = FileSink.at(disk.folder.resolve("backups"));
        put(fixed, KEY, "text");
        disk.remountReadOnly();

        assertRefused(
            Kind.PERMISSION_DENIED, () -> fixed.write(ObjectKey.of("new"), WriteOptions.NONE));
        assertRefused(Kind.PERMISSION_DENIED, () -> fixed.delete(KEY));
        assertThat(keys(fixed)).containsExactly("folder/object");
        try (InputStream in = fixed.read(KEY, 0, 4)) {
          assertThat(in.readAllBytes()).asString(StandardCharsets.UTF_8).isEqualTo("text");
        }
      }
    }

    @Test
    void anImmutableFileCannotBeDeletedAndThatIsSaid() throws Exception {
      put(sink, KEY, "text");
      String file = root.resolve("folder/object").toString();
      assumeTrue(run("chattr", "+i", file), "chattr +i works here");
      try {
        assertRefused(Kind.PERMISSION_DENIED, () -> sink.delete(KEY));
        assertThat(sink.stat(KEY)).isPresent();
      } finally {
        run("chattr", "-i", file);
      }
    }
  }

  @Nested
  @DisplayName("Several processes")
  class Processes {
    @Test
    void ofSeveralProcessesInARaceExactlyOneWins() throws IOException {
      try (FileSinkProcess one = FileSinkProcess.start(root);
          FileSinkProcess two = FileSinkProcess.start(root);
          FileSinkProcess three = FileSinkProcess.start(root)) {
        List<FileSinkProcess> racers = List.of(one, two, three);
        for (int round = 0; round < 40; round++) {
          ObjectKey key = ObjectKey.of("race/" + round);
          for (int i = 0; i < racers.size(); i++) {
            racers.get(i).begin(key.value(), 10L * round + i);
          }
          for (FileSinkProcess racer : racers) {
            assertThat(racer.answer()).isEqualTo("begun");
          }
          for (FileSinkProcess racer : racers) {
            racer.commit();
          }
          int winner = -1;
          int winners = 0;
          for (int i = 0; i < racers.size(); i++) {
            if (racers.get(i).answer().equals("won")) {
              winner = i;
              winners++;
            }
          }
          assertThat(winners).as("winners of round %d", round).isEqualTo(1);
          assertThat(Files.readAllBytes(root.resolve(key.value())))
              .isEqualTo(FileSinkProcess.content(10L * round + winner));
        }
      }
      assertThat(sink.leftovers()).isEmpty();
    }

    @Test
    void aProcessKilledWhileWritingLeavesALeftoverAndNothingElse() throws Exception {
      try (FileSinkProcess child = FileSinkProcess.start(root)) {
        child.begin(KEY.value(), 1);
        assertThat(child.answer()).isEqualTo("begun");
        child.kill();
      }
      assertThat(keys(sink)).isEmpty();
      assertThat(sink.stat(KEY)).isEmpty();
      List<Leftover> leftovers = sink.leftovers();
      assertThat(leftovers)
          .extracting(Leftover::lengthBytes)
          .containsExactly((long) FileSinkProcess.LENGTH);
      assertThat(leftovers.get(0).id()).startsWith("object.");

      leftovers.forEach(sink::discard);
      assertThat(sink.leftovers()).isEmpty();
      put(sink, KEY, "text");
    }

    @Test
    void aProcessKilledAtAnyTimeLeavesWholeObjectsOnly() throws Exception {
      for (int kill = 0; kill < 3; kill++) {
        String folder = "killed-" + kill;
        String last = "";
        try (FileSinkProcess child = FileSinkProcess.start(root)) {
          child.commitForEver(folder);
          for (int i = 0; i < 10 + kill; i++) {
            last = child.answer();
          }
          child.kill();
        }
        assertThat(keys(sink)).contains(last);
      }
      try (Stream<StoredObject> objects = sink.list("")) {
        objects.forEach(
            object -> {
              String name = object.key().value();
              long seed = Long.parseLong(name.substring(name.indexOf('/') + 1));
              assertThat(root.resolve(name)).hasBinaryContent(FileSinkProcess.content(seed));
            });
      }
      assertThat(sink.leftovers().size()).isLessThanOrEqualTo(3);
      sink.leftovers().forEach(sink::discard);
      assertThatCode(() -> put(sink, KEY, "text")).doesNotThrowAnyException();
    }
  }

  /** A small file system of its own. Only root may mount one, and not in every container. */
  private static final class Mount implements AutoCloseable {
    private final Path folder;

    private Mount(Path folder, String options) throws IOException {
      this.folder = Files.createDirectories(folder);
      assumeTrue(
          run("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder.toString()),
          "this user may not mount a tmpfs");
    }

    private void remountReadOnly() {
      assertThat(run("mount", "-o", "remount,ro", folder.toString())).isTrue();
    }

    @Override
    public void close() {
      assertThat(run("umount", folder.toString())).isTrue();
    }
  }

  private static boolean run(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getInputStream().readAllBytes();
      return process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException e) {
      return false; // There is no such program.
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void assumePosix() {
    assumeTrue(
        temporary.getFileSystem().supportedFileAttributeViews().contains("posix"),
        "the file system has POSIX permissions");
  }

  private List<Path> tempFiles() throws IOException {
    try (Stream<Path> files = Files.list(root.resolve(".holdfast-tmp"))) {
      return files.toList();
    }
  }

  private static String permissions(Path path) throws IOException {
    return PosixFilePermissions.toString(
        Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS));
  }

  private static Path linkTarget(Path link) {
    try {
      return Files.readSymbolicLink(link);
    } catch (IOException e) {
      return link; // Closed meanwhile.
    }
  }

  private static AbstractThrowableAssert<?, StorageException> assertRefused(
      Kind kind, ThrowingCallable call) {
    StorageException refused = catchThrowableOfType(StorageException.class, call);
    assertThat(refused).as("the refusal").isNotNull();
    assertThat(refused.kind()).as(refused.getMessage()).isEqualTo(kind);
    return assertThat(refused);
  }

  private static List<String> keys(StorageSink sink) {
    try (Stream<StoredObject> objects = sink.list("")) {
      return objects.map(object -> object.key().value()).toList();
    }
  }

  private static ObjectDigest digest(String text) {
    return new ObjectDigest(text.length(), "0".repeat(64)); // The sink checks the length only.
  }

  private static void put(StorageSink sink, ObjectKey key, String text) {
    put(sink, key, text.getBytes(StandardCharsets.UTF_8));
  }

  private static void put(StorageSink sink, ObjectKey key, byte[] content) {
    try (SinkWriter writer = sink.write(key, WriteOptions.NONE)) {
      writer.write(ByteBuffer.wrap(content));
      writer.commit(new ObjectDigest(content.length, "0".repeat(64)));
    }
  }
}
