package io.holdfast.firestore;

import static io.holdfast.firestore.AwkwardDocuments.integer;
import static io.holdfast.firestore.AwkwardDocuments.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.firestore.v1.Document;
import com.google.firestore.v1.RunQueryRequest;
import com.google.firestore.v1.Value;
import com.google.protobuf.Message;
import io.holdfast.BackupExecutor;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.Retry;
import io.holdfast.testkit.MemorySink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.Predicate;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

/**
 * What tests of faults share: a server that misbehaves on command, and handlers and executors that
 * try again without waiting. After each test every fault must have happened, and the server must
 * have understood every request.
 */
@Timeout(120)
abstract class FirestoreFaults {
  /** Five tries, as by default. */
  static final Retry AT_ONCE = Retry.of(5, Duration.ZERO, Duration.ZERO);

  final FakeFirestore server = FakeFirestore.start();
  final FakeDatabase source = server.database();
  final FakeDatabase target = server.database("demo", "copy");
  final MemorySink sink = new MemorySink();
  private final List<BackupHandler> handlers = new ArrayList<>();

  @AfterEach
  void everyFaultHappenedAndEveryRequestWasUnderstood() {
    handlers.forEach(BackupHandler::close);
    try {
      assertThat(server.faults().unconsumed()).isEmpty();
      assertThat(server.complaints()).isEmpty();
    } finally {
      server.close();
    }
  }

  FirestoreHandler.Builder building(FakeDatabase database) {
    String[] name = database.name().split("/", -1);
    String uri = "firestore://" + name[1] + "/" + name[3] + "?emulator=" + server.endpoint();
    return FirestoreHandler.builder(Location.parse(uri), ProviderContext.system()).asTheService();
  }

  /** It is closed after the test. */
  FirestoreHandler closing(FirestoreHandler handler) {
    handlers.add(handler);
    return handler;
  }

  FirestoreHandler handler(FakeDatabase database) {
    return closing(building(database).build());
  }

  /** From {@link #source} to {@link #target} by way of {@link #sink}. */
  BackupExecutor.Builder building() {
    return building(handler(source));
  }

  BackupExecutor.Builder building(BackupHandler from) {
    return BackupExecutor.builder()
        .source(from)
        .target(handler(target))
        .sink(sink)
        .prefix("faults")
        .timestampFormat("yyyy-MM-dd-HH-mm-ss-SSSSSS")
        .parallelism(1)
        .retry(AT_ONCE);
  }

  static void fill(FakeDatabase database, String collection, int documents) {
    for (int i = 0; i < documents; i++) {
      database.put(
          collection + "/%04d".formatted(i), Map.of("n", integer(i), "t", text("text " + i)));
    }
  }

  /** What is in a database, by path. */
  static Map<String, Map<String, Value>> contents(FakeDatabase database) {
    Map<String, Map<String, Value>> contents = new TreeMap<>();
    for (Document document : database.documents()) {
      contents.put(
          document.getName().substring(database.nameOf("a/b").length() - "a/b".length()),
          document.getFieldsMap());
    }
    return contents;
  }

  /** The reading of a group for a backup, rather than a look at what there is. */
  static Predicate<Message> reading(String collection) {
    return message ->
        message instanceof RunQueryRequest request
            && request.getStructuredQuery().getFrom(0).getCollectionId().equals(collection)
            && request.getStructuredQuery().getLimit().getValue() > 1_000;
  }

  /** Forgets the faults, each of which has to have happened. */
  void allHappened() {
    assertThat(server.faults().unconsumed()).isEmpty();
    server.faults().clear();
  }

  /** Closes the server; the call that this is part of ends with it. */
  void goAway() {
    new Thread(server::close).start();
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      // By the server, which is closing.
    }
  }

  /** What something fails with, which has to be of that kind and say that. */
  static HandlerException failure(
      HandlerException.Kind kind, ThrowingCallable what, String... says) {
    Throwable thrown = catchThrowable(what);
    assertThat(thrown).isInstanceOf(HandlerException.class);
    HandlerException failure = (HandlerException) thrown;
    for (String part : says) {
      assertThat(failure).hasMessageContaining(part);
    }
    assertThat(failure.kind()).as(failure.getMessage()).isEqualTo(kind);
    return failure;
  }
}
