package io.holdfast.firestore.internal.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.holdfast.firestore.internal.values.ContentHash;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Names in memory and in a temp file: the same answers, and nothing left behind. */
class WrittenNamesTest {
  private static final int THREADS = 8;

  @TempDir Path folder;
  private final MessageDigest digest = ContentHash.digest();

  /** Goes to the file with the second block of a shard. */
  private WrittenNames spilling(int blockSize) {
    return new WrittenNames(HashFile.in(folder, blockSize));
  }

  private static String name(int i) {
    return "projects/p/databases/d/documents/users/" + i;
  }

  private void add(WrittenNames names, int from, int to) {
    for (int i = from; i < to; i++) {
      names.add(digest, name(i));
    }
  }

  /** How many of a range are answered as wanted, asked by many threads. */
  private static long count(int from, int to, IntPredicate answer) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<Long>> counts = new ArrayList<>();
      for (int t = 0; t < THREADS; t++) {
        int first = from + t;
        counts.add(
            pool.submit(
                () -> {
                  long count = 0;
                  for (int i = first; i < to; i += THREADS) {
                    count += answer.test(i) ? 1 : 0;
                  }
                  return count;
                }));
      }
      long sum = 0;
      for (Future<Long> count : counts) {
        sum += count.get();
      }
      return sum;
    } finally {
      pool.shutdownNow();
    }
  }

  private static long contained(WrittenNames names, int from, int to) throws Exception {
    ThreadLocal<MessageDigest> digests = ThreadLocal.withInitial(ContentHash::digest);
    return count(from, to, i -> names.contains(digests.get(), name(i)));
  }

  private static void addByManyThreads(WrittenNames names, int from, int to) throws Exception {
    ThreadLocal<MessageDigest> digests = ThreadLocal.withInitial(ContentHash::digest);
    count(
        from,
        to,
        i -> {
          names.add(digests.get(), name(i));
          return true;
        });
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  @Test
  void inMemoryAndInAFileTheAnswersAreTheSame() {
    long seed = System.nanoTime();
    System.out.println("WrittenNamesTest seed " + seed);
    Random random = new Random(seed);
    try (WrittenNames memory = spilling(1 << 20);
        WrittenNames file = spilling(1 + random.nextInt(20))) {
      for (int i = 0; i < 200_000; i++) {
        String name = name(random.nextInt(500_000));
        memory.add(digest, name);
        file.add(digest, name);
      }
      memory.seal();
      file.seal();
      for (int i = 0; i < 500_000; i++) {
        boolean there = memory.contains(digest, name(i));
        assertThat(file.contains(digest, name(i))).as("name %s, seed %s", i, seed).isEqualTo(there);
      }
      assertThat(file.repeated()).as("seed %s", seed).isEqualTo(memory.repeated()).isPositive();
    }
  }

  @Test
  void namesThatAreAddedByManyThreadsAreThereAndNoOthers() throws Exception {
    try (WrittenNames names = spilling(16)) {
      addByManyThreads(names, 0, 100_000);
      names.seal();
      assertThat(contained(names, 0, 100_000)).isEqualTo(100_000);
      assertThat(contained(names, 100_000, 200_000)).isZero();
      assertThat(names.repeated()).isZero();
    }
  }

  @Test
  void namesThatWereThereAlreadyAreCounted() throws Exception {
    try (WrittenNames names = spilling(3)) {
      addByManyThreads(names, 0, 20_000);
      addByManyThreads(names, 5_000, 12_345);
      add(names, 0, 1);
      names.seal();
      names.seal();
      assertThat(names.repeated()).isEqualTo(7_346);
      assertThat(contained(names, 0, 20_000)).isEqualTo(20_000);
    }
  }

  @Test
  void aMillionNamesNeedNoFile() throws Exception {
    try (WrittenNames few = spilling(1024)) {
      add(few, 0, 800_000);
      assertThat(files()).isEmpty();
      few.seal();
      assertThat(contained(few, 799_000, 801_000)).isEqualTo(1_000);
    }
    try (WrittenNames none = new WrittenNames()) {
      none.seal();
      assertThat(none.contains(digest, name(0))).isFalse();
      assertThat(none.repeated()).isZero();
    }
  }

  @Test
  void closeLeavesNothingAndEndsAllUse() throws Exception {
    WrittenNames unsealed = spilling(2);
    add(unsealed, 0, 10_000);
    WrittenNames sealed = spilling(2);
    add(sealed, 0, 10_000);
    sealed.seal();
    if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      assertThat(files()).as("the name goes away at once").isEmpty();
    }
    for (WrittenNames names : List.of(unsealed, sealed)) {
      names.close();
      names.close();
      assertThat(files()).hasSizeLessThan(2);
      assertClosed(() -> names.add(digest, name(1)));
      assertClosed(names::seal);
      assertClosed(() -> names.contains(digest, name(1)));
      assertClosed(names::repeated);
    }
    assertThat(files()).isEmpty();
  }

  private static void assertClosed(ThrowingCallable use) {
    assertThatThrownBy(use)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void whatIsAskedTooEarlyOrAddedTooLateIsAnError() {
    try (WrittenNames names = spilling(2)) {
      assertThatThrownBy(() -> names.contains(digest, name(0)))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(names::repeated).isInstanceOf(IllegalStateException.class);
      names.seal();
      assertThatThrownBy(() -> names.add(digest, name(0)))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void aFolderThatIsNotThereIsToldWithWhatToDo() {
    try (WrittenNames names = new WrittenNames(HashFile.in(folder.resolve("missing"), 2))) {
      assertTellsWhatToDo(() -> add(names, 0, 10_000));
    }
  }

  @Test
  void aFullDiskIsToldWithWhatToDo() {
    Path full = Path.of("/dev/full");
    assumeThat(full).as("a device that is always full").exists();
    HashFile file =
        new HashFile(
            2,
            "the folder",
            () -> FileChannel.open(full, StandardOpenOption.READ, StandardOpenOption.WRITE));
    try (WrittenNames names = new WrittenNames(file)) {
      assertTellsWhatToDo(() -> add(names, 0, 10_000));
      assertTellsWhatToDo(() -> add(names, 0, 10_000));
    }
  }

  @Test
  void aFileThatSomebodyChangesIsAnErrorAndNeverAMissingName() throws Exception {
    Path path = folder.resolve("names");
    try (WrittenNames names = new WrittenNames(open(path));
        FileChannel other = FileChannel.open(path, StandardOpenOption.WRITE)) {
      add(names, 0, 50_000);
      names.seal();
      assertThat(contained(names, 0, 50_000)).isEqualTo(50_000);
      other.write(ByteBuffer.allocate((int) other.size()), 0);
      assertTellsWhatToDo(() -> contains(names, 0, 50_000));
      other.truncate(0);
      assertTellsWhatToDo(() -> contains(names, 0, 50_000));
    }
  }

  @Test
  void aFileThatWasCutCannotBeSealed() throws Exception {
    Path path = folder.resolve("names");
    try (WrittenNames names = new WrittenNames(open(path));
        FileChannel other = FileChannel.open(path, StandardOpenOption.WRITE)) {
      add(names, 0, 50_000);
      other.truncate(other.size() / 2);
      assertTellsWhatToDo(names::seal);
      assertThatThrownBy(names::seal).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> names.contains(digest, name(0)))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  private HashFile open(Path path) throws IOException {
    Files.createFile(path);
    return new HashFile(
        4,
        folder.toString(),
        () -> FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE));
  }

  private void contains(WrittenNames names, int from, int to) {
    for (int i = from; i < to; i++) {
      assertThat(names.contains(digest, name(i))).isTrue();
    }
  }

  private static void assertTellsWhatToDo(ThrowingCallable use) {
    assertThatThrownBy(use)
        .isInstanceOfSatisfying(
            HandlerException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(Kind.OTHER);
              assertThat(e).hasMessageContaining("Free space").hasMessageContaining("tmpdir");
            });
  }

  /** As a restore has it, with blocks of 1,024; in memory they would be 160 MB. */
  @Test
  @Tag("long")
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  void twentyMillionNamesStayWithinSixteenMegabytes() throws Exception {
    int many = 20_000_000;
    long before = used();
    try (WrittenNames names = spilling(1024)) {
      addByManyThreads(names, 0, many);
      names.seal();
      assertThat(used() - before).isLessThan(16 << 20);
      assertThat(names.repeated()).isZero();
      assertThat(contained(names, many - 1_000_000, many + 1_000_000)).isEqualTo(1_000_000);
    }
  }

  private static long used() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
