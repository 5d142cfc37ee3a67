package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.CancelledException;
import io.holdfast.spi.Leftover;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SinkCapability;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link StorageSink} promises, as tests. A provider extends this class, returns its
 * sinks from {@link #openSink}, and says in the other methods what its storage cannot show.
 *
 * <p>The keys used are fit for folders: no key is also the beginning of another one's path, and no
 * two differ only in case.
 */
@Timeout(300)
public abstract class StorageSinkContract {
  private static final int RACERS = 16;

  /** More than any sink stores at the same time. */
  private static final int PIECES_ON_THEIR_WAY = 16;

  private static final int MIB = 1024 * 1024;

  private final List<StorageSink> opened = new ArrayList<>();

  /**
   * Opens a sink. During one test all of them stand on the same storage, which is empty when the
   * test begins. The suite closes them.
   */
  protected abstract StorageSink openSink();

  /** Whether {@code leftovers} shows at once what a writer has not yet committed. */
  protected boolean showsLeftoversAtOnce() {
    return true;
  }

  /**
   * Whether of several writers of one key exactly one wins, also in a race. False is for servers
   * made for tests; a storage of which this is not true is not fit for backups.
   */
  protected boolean createOnlyIsAtomic() {
    return true;
  }

  /** How many objects the listing of many has; more than fit into one page of the storage. */
  protected int manyObjects() {
    return 320;
  }

  /** How many steps the random test takes. */
  protected int randomSteps() {
    return 400;
  }

  private StorageSink sink;

  @BeforeEach
  void openTheSink() {
    sink = another();
  }

  @AfterEach
  void closeTheSinks() {
    opened.forEach(StorageSink::close);
    opened.forEach(StorageSink::close); // Twice: that is promised, too.
  }

  @Nested
  @DisplayName("Publishing")
  class Publishing {
    @Test
    void nothingIsVisibleBeforeCommit() {
      ObjectKey key = ObjectKey.of("a/unfinished");
      try (SinkWriter writer = sink.write(key, WriteOptions.NONE)) {
        writer.write(ByteBuffer.wrap(noise(6 * MIB, 1)));
        assertAbsent(sink, key);
        assertAbsent(another(), key);
      }
    }

    @Test
    void closingWithoutCommitDiscards() {
      ObjectKey key = ObjectKey.of("a/discarded");
      try (SinkWriter writer = sink.write(key, WriteOptions.NONE)) {
        writer.write(ByteBuffer.wrap(noise(6 * MIB, 1)));
      }
      assertAbsent(sink, key);
      assertThat(sink.leftovers()).as("leftovers of a writer that was closed").isEmpty();

      put(sink, key, bytes("second"));
      assertThat(get(sink, key)).isEqualTo(bytes("second"));
    }

    @Test
    void closingTwiceIsAllowedAndLeavesACommittedObject() {
      ObjectKey key = ObjectKey.of("a");
      SinkWriter writer = sink.write(key, WriteOptions.NONE);
      writer.write(ByteBuffer.wrap(bytes("text")));
      writer.commit(ObjectDigest.of(bytes("text")));
      writer.close();
      writer.close();
      assertThat(get(sink, key)).isEqualTo(bytes("text"));

      SinkWriter unfinished = sink.write(ObjectKey.of("b"), WriteOptions.NONE);
      unfinished.close();
      unfinished.close();
      assertAbsent(sink, ObjectKey.of("b"));
    }

    @Test
    void afterCommitTheObjectIsReadableAndListedAndLeavesNothingBehind() {
      ObjectKey key = ObjectKey.of("folder/object.json.zst");
      byte[] content = noise(100_003, 1);
      StoredObject stored = put(sink, key, content);

      assertThat(stored.key()).isEqualTo(key);
      assertThat(stored.lengthBytes()).isEqualTo(content.length);
      assertThat(get(sink, key)).isEqualTo(content);
      assertThat(keys(sink, "")).containsExactly(key.value());
      assertThat(sink.leftovers()).as("leftovers after a commit").isEmpty();
    }

    @Test
    void afterCommitTheObjectIsThereForAnotherSinkEvenIfTheFirstIsClosed() {
      ObjectKey key = ObjectKey.of("folder/object");
      StorageSink first = another();
      put(first, key, bytes("text"));
      first.close();

      StorageSink second = another();
      assertThat(get(second, key)).isEqualTo(bytes("text"));
      assertThat(keys(second, "")).containsExactly(key.value());
      assertThat(second.stat(key)).isPresent();
    }

    @Test
    void twoSinksOnOneStorageSeeEachOther() {
      StorageSink other = another();
      put(sink, ObjectKey.of("a"), bytes("of the one"));
      put(other, ObjectKey.of("b"), bytes("of the other"));
      assertThat(keys(sink, "")).containsExactly("a", "b");
      assertThat(keys(other, "")).containsExactly("a", "b");

      other.delete(ObjectKey.of("a"));
      assertAbsent(sink, ObjectKey.of("a"));
      assertThat(get(sink, ObjectKey.of("b"))).isEqualTo(bytes("of the other"));
    }

    @Test
    void anEmptyObjectIsAnObject() {
      ObjectKey key = ObjectKey.of("empty");
      assertThat(put(sink, key, new byte[0]).lengthBytes()).isZero();
      assertThat(get(sink, key)).isEmpty();
      assertThat(sink.stat(key)).map(StoredObject::lengthBytes).contains(0L);
      assertThat(keys(sink, "")).containsExactly("empty");
      assertRefused(Kind.OUT_OF_RANGE, key, () -> sink.read(key, 0, 1));
    }

    @Test
    void aBigObjectInOddPiecesArrivesUnchanged() throws IOException {
      ObjectKey key = ObjectKey.of("big");
      long length = 20L * MIB + 12_345;
      Random random = new Random(7);
      MessageDigest written = sha256();
      ObjectDigest expected;
      try (SinkWriter writer = sink.write(key, WriteOptions.NONE)) {
        for (long left = length; left > 0; ) {
          byte[] piece = new byte[(int) Math.min(left, 1 + random.nextInt(300_000))];
          random.nextBytes(piece);
          written.update(piece);
          writer.write(ByteBuffer.wrap(piece));
          left -= piece.length;
        }
        expected = new ObjectDigest(length, hex(written));
        writer.commit(expected);
      }
      MessageDigest read = sha256();
      try (InputStream in = new DigestInputStream(sink.read(key, 0, length), read)) {
        assertThat(in.transferTo(OutputStream.nullOutputStream())).isEqualTo(length);
      }
      assertThat(sink.stat(key)).map(StoredObject::lengthBytes).contains(length);
      assertThat(hex(read)).isEqualTo(expected.sha256());
    }

    @Test
    void buffersOfEveryKindAreTakenWholeAndMayBeReused() {
      byte[] content = noise(1_000, 3);
      ByteBuffer direct = ByteBuffer.allocateDirect(300);
      byte[] backing = new byte[400];
      ObjectKey key = ObjectKey.of("pieces");
      try (SinkWriter writer = sink.write(key, WriteOptions.NONE)) {
        direct.position(50).limit(250);
        direct.duplicate().put(content, 0, 200);
        writeWhole(writer, direct);
        direct.clear();
        for (int i = 0; i < direct.capacity(); i++) {
          direct.put(i, (byte) 'x');
        }

        System.arraycopy(content, 200, backing, 100, 250);
        writeWhole(writer, ByteBuffer.wrap(backing, 100, 250));
        System.arraycopy(content, 450, backing, 7, 150);
        writeWhole(writer, ByteBuffer.wrap(backing, 7, 150).slice());
        System.arraycopy(content, 600, backing, 0, 400);
        writeWhole(writer, ByteBuffer.wrap(backing).asReadOnlyBuffer());
        Arrays.fill(backing, (byte) 'x');

        writeWhole(writer, ByteBuffer.allocate(0));
        writer.commit(ObjectDigest.of(content));
      }
      assertThat(get(sink, key)).isEqualTo(content);
    }

    private void writeWhole(SinkWriter writer, ByteBuffer buffer) {
      int limit = buffer.limit();
      writer.write(buffer);
      assertThat(buffer.remaining()).as("bytes left in the buffer").isZero();
      assertThat(buffer.limit()).as("the buffer's limit").isEqualTo(limit);
    }

    @Test
    void aCommitWithAnotherLengthIsRefusedAndPublishesNothing() {
      ObjectKey key = ObjectKey.of("torn");
      for (int announced : new int[] {9, 11, 0}) {
        try (SinkWriter writer = sink.write(key, WriteOptions.NONE)) {
          writer.write(ByteBuffer.wrap(noise(10, 1)));
          ObjectDigest wrong = ObjectDigest.of(new byte[announced]);
          assertRefused(Kind.CORRUPT, key, () -> writer.commit(wrong));
        }
        assertAbsent(sink, key);
      }
      put(sink, key, bytes("whole"));
      assertThat(get(sink, key)).isEqualTo(bytes("whole"));
    }

    @Test
    void afterCommitAWriterTakesNothingMore() {
      ObjectKey key = ObjectKey.of("a");
      try (SinkWriter writer = sink.write(key, WriteOptions.NONE)) {
        writer.write(ByteBuffer.wrap(bytes("text")));
        writer.commit(ObjectDigest.of(bytes("text")));
        assertThatThrownBy(() -> writer.write(ByteBuffer.wrap(bytes("more"))))
            .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> writer.commit(ObjectDigest.of(bytes("text"))))
            .isInstanceOf(IllegalStateException.class);
      }
      assertThat(get(sink, key)).isEqualTo(bytes("text"));
    }

    @Test
    void afterCloseAWriterTakesNothingMore() {
      ObjectKey key = ObjectKey.of("a");
      SinkWriter writer = sink.write(key, WriteOptions.NONE);
      writer.write(ByteBuffer.wrap(bytes("text")));
      writer.close();
      assertThatThrownBy(() -> writer.write(ByteBuffer.wrap(bytes("more"))))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> writer.commit(ObjectDigest.of(bytes("text"))))
          .isInstanceOf(IllegalStateException.class);
      assertAbsent(sink, key);
    }

    @Test
    void anInterruptedWriterPublishesTheWholeObjectOrNothing() {
      ObjectKey key = ObjectKey.of("interrupted");
      byte[] content = noise(MIB, 1);
      boolean committed = false;
      try (SinkWriter writer = sink.write(key, WriteOptions.NONE)) {
        writer.write(ByteBuffer.wrap(content, 0, MIB / 2));
        Thread.currentThread().interrupt();
        try {
          writer.write(ByteBuffer.wrap(content, MIB / 2, MIB / 2));
          writer.commit(ObjectDigest.of(content));
          committed = true;
        } catch (CancelledException e) {
          // That, or success.
        }
      } finally {
        assertThat(Thread.interrupted()).as("the interrupt flag afterwards").isTrue();
      }
      if (committed) {
        assertThat(get(sink, key)).isEqualTo(content);
      } else {
        assertAbsent(sink, key);
      }
    }
  }

  @Nested
  @DisplayName("Create-only")
  class CreateOnly {
    private final ObjectKey key = ObjectKey.of("backups/one");

    @Test
    void aSecondObjectUnderTheSameKeyIsRefusedAndTheFirstUnchanged() {
      put(sink, key, bytes("first"));
      assertRefused(Kind.ALREADY_EXISTS, key, () -> put(sink, key, bytes("second, longer")));
      assertRefused(Kind.ALREADY_EXISTS, key, () -> put(another(), key, bytes("other")));
      assertThat(get(sink, key)).isEqualTo(bytes("first"));
      assertThat(keys(sink, "")).containsExactly(key.value());
    }

    @Test
    void aKeyThatIsTakenWhileWritingIsRefusedAtCommit() {
      try (SinkWriter slow = sink.write(key, WriteOptions.NONE)) {
        slow.write(ByteBuffer.wrap(bytes("slow")));
        put(another(), key, bytes("fast"));
        assertRefused(Kind.ALREADY_EXISTS, key, () -> slow.commit(ObjectDigest.of(bytes("slow"))));
      }
      assertThat(get(sink, key)).isEqualTo(bytes("fast"));
    }

    @Test
    void theSameBytesAgainAreASuccessOrRefusedAndChangeNothing() {
      put(sink, key, bytes("same"));
      Throwable outcome = catchThrowable(() -> put(another(), key, bytes("same")));
      if (outcome != null) {
        assertKind(outcome, Kind.ALREADY_EXISTS, key);
      }
      assertThat(get(sink, key)).isEqualTo(bytes("same"));
      assertThat(keys(sink, "")).containsExactly(key.value());
    }

    @Test
    void ofManyWritersInARaceExactlyOneWins() throws Exception {
      assumeTrue(createOnlyIsAtomic(), "this server lets several writers win in a race");
      for (int round = 0; round < 3; round++) {
        ObjectKey contested = ObjectKey.of("race/round-" + round);
        List<byte[]> contents =
            IntStream.range(0, RACERS).mapToObj(i -> noise(50_000 + i, i)).toList();
        List<Boolean> won = race(contested, contents);

        assertThat(won.stream().filter(success -> success)).as("winners").hasSize(1);
        assertThat(get(sink, contested)).isEqualTo(contents.get(won.indexOf(true)));
      }
      assertThat(sink.leftovers()).as("leftovers of the losers").isEmpty();
    }

    @Test
    void ofManyWritersOfTheSameBytesAtLeastOneWins() throws Exception {
      byte[] content = noise(50_000, 1);
      List<Boolean> won = race(key, Collections.nCopies(RACERS, content));
      assertThat(won).contains(true);
      assertThat(get(sink, key)).isEqualTo(content);
    }

    /** Commits all of them at once, each with a sink of its own; tells which succeeded. */
    private List<Boolean> race(ObjectKey contested, List<byte[]> contents) throws Exception {
      Phaser start = new Phaser(contents.size());
      List<StorageSink> sinks = contents.stream().map(content -> another()).toList();
      List<Callable<Boolean>> racers = new ArrayList<>();
      for (int i = 0; i < contents.size(); i++) {
        byte[] content = contents.get(i);
        StorageSink own = sinks.get(i);
        racers.add(
            () -> {
              try (SinkWriter writer = own.write(contested, WriteOptions.NONE)) {
                writer.write(ByteBuffer.wrap(content));
                start.awaitAdvanceInterruptibly(start.arrive(), 60, TimeUnit.SECONDS);
                writer.commit(ObjectDigest.of(content));
                return true;
              } catch (StorageException e) {
                assertKind(e, Kind.ALREADY_EXISTS, contested);
                return false;
              } finally {
                start.arriveAndDeregister(); // Nobody waits for one that failed at the start.
              }
            });
      }
      return inParallel(racers);
    }

    @Test
    void aReaderInARaceSeesAnObjectWholeOrNotAtAll() throws Exception {
      AtomicBoolean done = new AtomicBoolean();
      int objects = 20;
      StorageSink other = another();
      Callable<Boolean> writer =
          () -> {
            try {
              for (int i = 0; i < objects; i++) {
                put(other, ObjectKey.of("seen/" + i), noise(200_000 + i, i));
              }
            } finally {
              done.set(true);
            }
            return true;
          };
      Callable<Boolean> reader =
          () -> {
            while (!done.get()) {
              try (Stream<StoredObject> listed = sink.list("seen/")) {
                listed.forEach(this::assertWhole);
              }
              for (int i = 0; i < objects; i++) {
                sink.stat(ObjectKey.of("seen/" + i)).ifPresent(this::assertWhole);
              }
            }
            return true;
          };
      assertThat(inParallel(List.of(writer, reader))).containsOnly(true);
    }

    private void assertWhole(StoredObject object) {
      int number = Integer.parseInt(object.key().value().substring("seen/".length()));
      assertThat(object.lengthBytes()).isEqualTo(200_000 + number);
      assertThat(get(sink, object.key())).isEqualTo(noise(200_000 + number, number));
    }
  }

  @Nested
  @DisplayName("Reading")
  class Reading {
    private final ObjectKey key = ObjectKey.of("folder/object");
    private final byte[] content = noise(100_003, 5);

    @Test
    void aRangeIsExact() {
      put(sink, key, content);
      int[][] ranges = {
        {0, 100_003},
        {0, 1},
        {0, 0},
        {1, 1},
        {255, 4_097},
        {50_000, 50_003},
        {99_999, 4},
        {100_002, 1},
        {100_002, 0},
        {100_003, 0}
      };
      for (int[] range : ranges) {
        assertThat(get(sink, key, range[0], range[1]))
            .as("%d bytes from %d", range[1], range[0])
            .isEqualTo(Arrays.copyOfRange(content, range[0], range[0] + range[1]));
      }
    }

    @Test
    void theStreamEndsAfterTheRangeHoweverItIsRead() throws IOException {
      put(sink, key, content);
      try (InputStream in = sink.read(key, 1_000, 600)) {
        for (int i = 0; i < 300; i++) {
          assertThat(in.read()).as("byte %d", i).isEqualTo(content[1_000 + i] & 0xff);
        }
        byte[] rest = new byte[1_000];
        assertThat(in.readNBytes(rest, 10, 900)).isEqualTo(300);
        assertThat(Arrays.copyOfRange(rest, 10, 310))
            .isEqualTo(Arrays.copyOfRange(content, 1_300, 1_600));
        assertThat(in.read()).isEqualTo(-1);
        assertThat(in.read(rest)).isEqualTo(-1);
        assertThat(in.read(rest, 0, 0)).as("reading nothing").isIn(0, -1);
      }
      try (InputStream in = sink.read(key, 1_000, 600)) {
        in.skipNBytes(599);
        assertThat(in.read()).isEqualTo(content[1_599] & 0xff);
        assertThat(in.skip(1)).as("skipped at the end").isZero();
        assertThat(in.read()).isEqualTo(-1);
      }
    }

    @Test
    void aRangeThatTheObjectDoesNotHaveIsRefused() {
      put(sink, key, content);
      assertRefused(Kind.OUT_OF_RANGE, key, () -> sink.read(key, 0, 100_004));
      assertRefused(Kind.OUT_OF_RANGE, key, () -> sink.read(key, 100_003, 1));
      assertRefused(Kind.OUT_OF_RANGE, key, () -> sink.read(key, 100_004, 0));
      assertRefused(Kind.OUT_OF_RANGE, key, () -> sink.read(key, 100_000, 4));
      assertRefused(Kind.OUT_OF_RANGE, key, () -> sink.read(key, 1, Long.MAX_VALUE));
      assertRefused(Kind.OUT_OF_RANGE, key, () -> sink.read(key, Long.MAX_VALUE, 1));
    }

    @Test
    void aNegativeRangeIsAProgrammingError() {
      put(sink, key, content);
      assertThatThrownBy(() -> sink.read(key, -1, 1)).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> sink.read(key, 0, -1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aMissingObjectIsNotFoundWhateverTheRange() {
      put(sink, ObjectKey.of("folder/other"), content);
      for (String missing : List.of("folder/objec", "folder/missing", "nowhere/at/all")) {
        ObjectKey absent = ObjectKey.of(missing);
        assertRefused(Kind.NOT_FOUND, absent, () -> sink.read(absent, 0, 1));
        assertRefused(Kind.NOT_FOUND, absent, () -> sink.read(absent, 0, 0));
        assertRefused(Kind.NOT_FOUND, absent, () -> sink.read(absent, 5, 100));
      }
    }

    @Test
    void manyReadersDoNotDisturbEachOther() throws Exception {
      put(sink, key, content);
      List<Callable<Boolean>> readers = new ArrayList<>();
      for (int i = 0; i < RACERS; i++) {
        Random random = new Random(i);
        readers.add(
            () -> {
              for (int n = 0; n < 10; n++) {
                int offset = random.nextInt(content.length);
                int length = random.nextInt(content.length - offset + 1);
                assertThat(get(sink, key, offset, length))
                    .isEqualTo(Arrays.copyOfRange(content, offset, offset + length));
              }
              return true;
            });
      }
      assertThat(inParallel(readers)).containsOnly(true);
    }

    @Test
    void streamsOpenAtTheSameTimeKeepTheirPlaces() throws IOException {
      put(sink, key, content);
      try (InputStream front = sink.read(key, 0, 1_000);
          InputStream back = sink.read(key, 90_000, 1_000)) {
        for (int i = 0; i < 10; i++) {
          int from = i * 100;
          assertThat(front.readNBytes(100))
              .isEqualTo(Arrays.copyOfRange(content, from, from + 100));
          assertThat(back.readNBytes(100))
              .isEqualTo(Arrays.copyOfRange(content, 90_000 + from, 90_000 + from + 100));
        }
      }
    }

    @Test
    void aStreamMayBeClosedEarlyAndTwice() throws IOException {
      put(sink, key, content);
      InputStream in = sink.read(key, 0, content.length);
      assertThat(in.read()).isEqualTo(content[0] & 0xff);
      in.close();
      in.close();
      assertThat(get(sink, key)).isEqualTo(content);
    }

    @Test
    void statTellsLengthAndTimeOrNothing() {
      Instant before = Instant.now();
      StoredObject committed = put(sink, key, content);
      StoredObject stored = sink.stat(key).orElseThrow();

      assertThat(stored.key()).isEqualTo(key);
      assertThat(stored.lengthBytes()).isEqualTo(content.length);
      // The storage's clock may differ from ours.
      assertThat(Duration.between(before, stored.modified()).abs())
          .isLessThan(Duration.ofMinutes(15));
      assertThat(Duration.between(committed.modified(), stored.modified()).abs())
          .isLessThan(Duration.ofMinutes(1));

      assertThat(sink.stat(ObjectKey.of("folder/objec"))).isEmpty();
      assertThat(sink.stat(ObjectKey.of("folder"))).isEmpty();
      assertThat(sink.stat(ObjectKey.of("nowhere/at/all"))).isEmpty();
    }
  }

  @Nested
  @DisplayName("Listing")
  class Listing {
    /**
     * Key order is that of the whole text: '-' and '.' come before '/', digits and letters after.
     */
    private static final List<String> SORTED =
        List.of(
            "Z", "_u", "a-b", "a.b", "a/b-c", "a/b/x", "a/b/y/z", "a/c", "a0/x", "ab", "b/1",
            "b/10", "b/2");

    private void putAll() {
      List<String> shuffled = new ArrayList<>(SORTED);
      Collections.shuffle(shuffled, new Random(3));
      shuffled.forEach(key -> put(sink, ObjectKey.of(key), bytes(key)));
    }

    @Test
    void anEmptyStorageListsNothing() {
      assertThat(keys(sink, "")).isEmpty();
      assertThat(keys(sink, "a/")).isEmpty();
      assertThat(sink.leftovers()).isEmpty();
    }

    @Test
    void objectsAreListedInKeyOrderWithTheirLengths() {
      putAll();
      try (Stream<StoredObject> objects = sink.list("")) {
        List<StoredObject> listed = objects.toList();
        assertThat(listed).extracting(object -> object.key().value()).isEqualTo(SORTED);
        assertThat(listed)
            .allSatisfy(
                object ->
                    assertThat(object.lengthBytes()).isEqualTo(object.key().value().length()));
        assertThat(listed)
            .allSatisfy(object -> assertThat(sink.stat(object.key())).contains(object));
      }
    }

    @Test
    void aPrefixNeedNotEndAtASegment() {
      putAll();
      for (String prefix :
          List.of(
              "a", "a/", "a/b", "a/b/", "a/b-", "a/b/y/z", "b/1", "Z", "a/b/x/", "nothing", "..")) {
        assertThat(keys(sink, prefix))
            .as("prefix %s", prefix)
            .isEqualTo(SORTED.stream().filter(key -> key.startsWith(prefix)).toList());
      }
    }

    @Test
    void manyObjectsAreListedWhole() throws Exception {
      int count = manyObjects();
      List<String> expected =
          IntStream.range(0, count)
              .mapToObj(i -> (i % 3 == 0 ? "many/deep/" : "many/") + "k" + i * 7919)
              .sorted()
              .toList();
      List<Callable<Boolean>> writers = new ArrayList<>();
      for (int part = 0; part < 4; part++) {
        int first = part;
        writers.add(
            () -> {
              for (int i = first; i < count; i += 4) {
                put(sink, ObjectKey.of(expected.get(i)), bytes("x"));
              }
              return true;
            });
      }
      inParallel(writers);
      assertThat(keys(sink, "many/")).isEqualTo(expected);
      assertThat(keys(sink, "")).isEqualTo(expected);

      try (Stream<StoredObject> objects = sink.list("")) {
        Iterator<StoredObject> first = objects.iterator();
        assertThat(first.next().key().value()).isEqualTo(expected.get(0));
        assertThat(first.next().key().value()).isEqualTo(expected.get(1));
      }
      sink.list("").close();
    }

    @Test
    void aListingGoesOnWhileObjectsComeAndGo() {
      putAll();
      List<String> seen = new ArrayList<>();
      try (Stream<StoredObject> objects = sink.list("")) {
        for (Iterator<StoredObject> i = objects.iterator(); i.hasNext(); ) {
          seen.add(i.next().key().value());
          if (seen.size() == 2) {
            sink.delete(ObjectKey.of("a/c"));
            put(sink, ObjectKey.of("a/b/new"), bytes("new"));
          }
        }
      }
      assertThat(seen).isSorted().doesNotHaveDuplicates();
      List<String> untouched = new ArrayList<>(SORTED);
      untouched.remove("a/c");
      assertThat(seen).containsAll(untouched);
    }
  }

  @Nested
  @DisplayName("Deleting and leftovers")
  class Deleting {
    @Test
    void deletingRemovesThatObjectOnly() {
      List.of("a/b", "a/bc", "a/b-c", "ab")
          .forEach(key -> put(sink, ObjectKey.of(key), bytes(key)));
      sink.delete(ObjectKey.of("a/b"));

      assertAbsent(sink, ObjectKey.of("a/b"));
      assertAbsent(another(), ObjectKey.of("a/b"));
      assertThat(keys(sink, "")).containsExactly("a/b-c", "a/bc", "ab");
      assertThat(get(sink, ObjectKey.of("a/bc"))).isEqualTo(bytes("a/bc"));
    }

    @Test
    void deletingWhatIsMissingSucceeds() {
      sink.delete(ObjectKey.of("never/there"));
      put(sink, ObjectKey.of("folder/object"), bytes("text"));
      sink.delete(ObjectKey.of("folder/other"));
      sink.delete(ObjectKey.of("folder"));
      assertThat(get(sink, ObjectKey.of("folder/object"))).isEqualTo(bytes("text"));
      sink.delete(ObjectKey.of("folder/object"));
      sink.delete(ObjectKey.of("folder/object"));
      assertThat(keys(sink, "")).isEmpty();
    }

    @Test
    void aDeletedKeyCanBeWrittenAgain() {
      ObjectKey key = ObjectKey.of("folder/object");
      for (int i = 0; i < 3; i++) {
        put(sink, key, noise(1_000 + i, i));
        assertThat(get(sink, key)).isEqualTo(noise(1_000 + i, i));
        sink.delete(key);
        assertAbsent(sink, key);
      }
    }

    @Test
    void whatAnAbandonedWriterLeftIsListedAndCanBeDiscarded() {
      ObjectKey key = ObjectKey.of("folder/abandoned");
      StorageSink crashed = another();
      try (SinkWriter abandoned = crashed.write(key, WriteOptions.NONE)) {
        abandoned.write(ByteBuffer.wrap(noise(6 * MIB, 1)));
        assertAbsent(sink, key);
        assumeTrue(
            showsLeftoversAtOnce(), "this storage does not show at once what writers leave behind");

        List<Leftover> leftovers = sink.leftovers();
        assertThat(leftovers).as("leftovers").isNotEmpty();
        assertThat(leftovers)
            .allSatisfy(
                leftover ->
                    assertThat(Duration.between(leftover.modified(), Instant.now()).abs())
                        .isLessThan(Duration.ofMinutes(15)));
        leftovers.forEach(sink::discard);
        // The writer lives, and a few pieces of it may still have been on their way.
        List<Leftover> late = sink.leftovers();
        for (int i = 0; i < PIECES_ON_THEIR_WAY && !late.isEmpty(); i++) {
          late.forEach(sink::discard);
          late = sink.leftovers();
        }
        assertThat(late).as("leftovers after they were discarded").isEmpty();
        leftovers.forEach(sink::discard); // They are gone: a success.
      }
      assertAbsent(sink, key);
      put(sink, key, bytes("again"));
      assertThat(get(sink, key)).isEqualTo(bytes("again"));
    }

    @Test
    void aWriterWhoseLeftoverWasDiscardedPublishesTheWholeObjectOrNothing() {
      ObjectKey key = ObjectKey.of("folder/object");
      byte[] content = noise(6 * MIB, 1);
      boolean committed = false;
      try (SinkWriter writer = sink.write(key, WriteOptions.NONE)) {
        writer.write(ByteBuffer.wrap(content));
        StorageSink other = another();
        other.leftovers().forEach(other::discard);
        writer.commit(ObjectDigest.of(content));
        committed = true;
      } catch (StorageException e) {
        // That, or success.
      }
      if (committed) {
        assertThat(get(sink, key)).isEqualTo(content);
      } else {
        assertAbsent(sink, key);
      }
    }

    @Test
    void discardingLeftoversLeavesPublishedObjects() {
      ObjectKey key = ObjectKey.of("folder/object");
      put(sink, key, noise(6 * MIB, 1));
      try (SinkWriter unfinished = sink.write(ObjectKey.of("folder/other"), WriteOptions.NONE)) {
        unfinished.write(ByteBuffer.wrap(noise(6 * MIB, 2)));
        sink.leftovers().forEach(sink::discard);
      }
      assertThat(keys(sink, "")).containsExactly(key.value());
      assertThat(get(sink, key)).isEqualTo(noise(6 * MIB, 1));
    }
  }

  @Nested
  @DisplayName("Capabilities")
  class Capabilities {
    private final ObjectKey key = ObjectKey.of("folder/object");
    private final WriteOptions labelled =
        new WriteOptions(Map.of("origin", "test"), Optional.empty());

    private WriteOptions retained() {
      return new WriteOptions(Map.of(), Optional.of(Instant.now().plus(Duration.ofDays(1))));
    }

    @Test
    void theLocationIsForPeople() {
      assertThat(sink.location()).isNotBlank().isEqualTo(another().location());
    }

    @Test
    void askingForMetadataThatCannotBeKeptIsAnErrorAtOnce() {
      assumeFalse(
          sink.capabilities().contains(SinkCapability.METADATA), "this storage keeps metadata");
      assertRefused(Kind.UNSUPPORTED, key, () -> sink.write(key, labelled).close());
      assertAbsent(sink, key);
    }

    @Test
    void askingForRetentionThatCannotBeEnforcedIsAnErrorAtOnce() {
      assumeFalse(
          sink.capabilities().contains(SinkCapability.RETENTION),
          "this storage enforces retention");
      assertRefused(Kind.UNSUPPORTED, key, () -> sink.write(key, retained()).close());
      assertAbsent(sink, key);
    }

    @Test
    void anObjectWithMetadataIsPublished() {
      assumeTrue(
          sink.capabilities().contains(SinkCapability.METADATA), "this storage keeps no metadata");
      put(sink, key, bytes("text"), labelled);
      assertThat(get(sink, key)).isEqualTo(bytes("text"));
    }

    @Test
    void anObjectUnderRetentionCannotBeDeleted() {
      assumeTrue(
          sink.capabilities().contains(SinkCapability.RETENTION), "this storage has no retention");
      put(sink, key, bytes("text"), retained());
      assertRefused(Kind.RETENTION, key, () -> sink.delete(key));
      assertThat(get(sink, key)).isEqualTo(bytes("text"));
    }
  }

  @Test
  @DisplayName("Random steps do what a sorted map does; repeat with -Dholdfast.seed=…")
  void randomStepsDoWhatASortedMapDoes(TestReporter reporter) {
    long seed = Long.getLong("holdfast.seed", System.nanoTime());
    reporter.publishEntry("holdfast.seed", Long.toString(seed));
    Random random = new Random(seed);
    TreeMap<String, byte[]> model = new TreeMap<>();
    List<String> names = List.of("a", "a-b", "b/c", "b/c-d", "b/d/e", "b0", "c.json", "d/x", "d/y");
    StorageSink[] sinks = {sink, another()};
    for (int step = 0; step < randomSteps(); step++) {
      StorageSink one = sinks[random.nextInt(2)];
      ObjectKey key = ObjectKey.of(names.get(random.nextInt(names.size())));
      byte[] known = model.get(key.value());
      String at = "step " + step + " on " + key + ", -Dholdfast.seed=" + seed;
      switch (random.nextInt(6)) {
        case 0, 1 -> {
          byte[] content = noise(random.nextInt(5_000), random.nextLong());
          Throwable refused = catchThrowable(() -> put(one, key, content));
          if (known == null) {
            assertThat(refused).as(at).isNull();
            model.put(key.value(), content);
          } else if (!Arrays.equals(known, content)) {
            assertThat(refused).as(at).isInstanceOf(StorageException.class);
          }
        }
        case 2 -> {
          one.delete(key);
          model.remove(key.value());
        }
        case 3 -> {
          if (known == null) {
            assertThat(one.stat(key)).as(at).isEmpty();
          } else {
            int offset = random.nextInt(known.length + 1);
            int length = random.nextInt(known.length - offset + 1);
            assertThat(get(one, key, offset, length))
                .as(at)
                .isEqualTo(Arrays.copyOfRange(known, offset, offset + length));
          }
        }
        case 4 -> {
          String prefix = key.value().substring(0, random.nextInt(key.value().length() + 1));
          assertThat(keys(one, prefix))
              .as("prefix \"%s\", %s", prefix, at)
              .isEqualTo(model.keySet().stream().filter(k -> k.startsWith(prefix)).toList());
        }
        default -> {
          try (SinkWriter discarded =
              known == null ? one.write(key, WriteOptions.NONE) : NO_WRITER) {
            discarded.write(ByteBuffer.wrap(noise(100, step)));
          }
          assertThat(one.stat(key).isPresent()).as(at).isEqualTo(known != null);
        }
      }
    }
    model.forEach(
        (key, content) -> assertThat(get(sink, ObjectKey.of(key))).as(key).isEqualTo(content));
    assertThat(keys(sink, "")).isEqualTo(List.copyOf(model.keySet()));
  }

  private static final SinkWriter NO_WRITER =
      new SinkWriter() {
        @Override
        public void write(ByteBuffer bytes) {}

        @Override
        public StoredObject commit(ObjectDigest digest) {
          throw new IllegalStateException();
        }

        @Override
        public void close() {}
      };

  /** Another sink on the storage of this test. */
  private StorageSink another() {
    StorageSink another = openSink();
    synchronized (opened) {
      opened.add(another);
    }
    return another;
  }

  private static void assertAbsent(StorageSink sink, ObjectKey key) {
    assertThat(sink.stat(key)).as("stat of %s", key).isEmpty();
    assertThat(keys(sink, "")).as("list").doesNotContain(key.value());
    assertRefused(Kind.NOT_FOUND, key, () -> sink.read(key, 0, 0));
  }

  private static void assertRefused(Kind kind, ObjectKey key, ThrowingCallable call) {
    assertKind(catchThrowable(call), kind, key);
  }

  private static void assertKind(Throwable error, Kind kind, ObjectKey key) {
    assertThat(error).as("the error, %s being due", kind).isInstanceOf(StorageException.class);
    StorageException refused = (StorageException) error;
    assertThat(refused.kind()).as("the kind of: %s", refused.getMessage()).isEqualTo(kind);
    assertThat(refused.key()).as("the key of: %s", refused.getMessage()).contains(key.value());
  }

  private static <T> List<T> inParallel(List<Callable<T>> tasks) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(tasks.size());
    try {
      List<Future<T>> futures = tasks.stream().map(threads::submit).toList();
      List<T> results = new ArrayList<>();
      for (Future<T> future : futures) {
        results.add(future.get(120, TimeUnit.SECONDS));
      }
      return results;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Error failure) {
        throw failure;
      }
      throw e;
    } finally {
      threads.shutdownNow();
    }
  }

  private static StoredObject put(StorageSink sink, ObjectKey key, byte[] content) {
    return put(sink, key, content, WriteOptions.NONE);
  }

  private static StoredObject put(
      StorageSink sink, ObjectKey key, byte[] content, WriteOptions options) {
    try (SinkWriter writer = sink.write(key, options)) {
      writer.write(ByteBuffer.wrap(content));
      return writer.commit(ObjectDigest.of(content));
    }
  }

  private static byte[] get(StorageSink sink, ObjectKey key) {
    return get(sink, key, 0, sink.stat(key).orElseThrow().lengthBytes());
  }

  private static byte[] get(StorageSink sink, ObjectKey key, long offset, long lengthBytes) {
    try (InputStream in = sink.read(key, offset, lengthBytes)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new AssertionError("Could not read " + key, e);
    }
  }

  private static List<String> keys(StorageSink sink, String prefix) {
    try (Stream<StoredObject> objects = sink.list(prefix)) {
      return objects.map(object -> object.key().value()).toList();
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Bytes that do not compress and differ for each seed. */
  private static byte[] noise(int length, long seed) {
    byte[] noise = new byte[length];
    new Random(seed).nextBytes(noise);
    return noise;
  }

  private static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256", e);
    }
  }
}
