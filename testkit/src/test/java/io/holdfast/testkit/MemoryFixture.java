package io.holdfast.testkit;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.spi.BackupHandler;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.UnaryOperator;

/** A shop in memory, with what is hard to carry: odd names, odd values, nothing, and a lot. */
class MemoryFixture implements BackupHandlerContract.HandlerFixture {
  private static final String ODD = "public.\"Order Items\" ü";

  private final UnaryOperator<MemoryHandler.Builder> options;
  private final UnaryOperator<BackupHandler> fault;
  private final Map<BackupHandler, MemoryDatabase> given = new HashMap<>();
  private final MemoryDatabase database;
  private final BackupHandler source;
  private volatile CountDownLatch reads = new CountDownLatch(0);
  private volatile CountDownLatch writes = new CountDownLatch(0);
  private int changes;

  /**
   * @param options how the handlers behave
   * @param fault what wraps each of them; identity for none
   */
  MemoryFixture(UnaryOperator<MemoryHandler.Builder> options, UnaryOperator<BackupHandler> fault) {
    this.options = options;
    this.fault = fault;
    this.database = structure("shop");
    fill(database);
    this.source = handler(database);
  }

  @Override
  public BackupHandler source() {
    return source;
  }

  @Override
  public Optional<BackupHandler> anotherSource() {
    return Optional.of(handler(database));
  }

  @Override
  public Map<String, Long> sourceCounts() {
    return database.counts();
  }

  @Override
  public void changeSource() {
    String id = "new" + ++changes;
    database
        .insert("events", "{\"id\":\"" + id + "\",\"at\":1}")
        .delete("events", record -> record.contains("\"id\":9999,"))
        .delete("users", record -> record.startsWith("{\"id\":\"u1\""))
        .insert("users", "{\"id\":\"u1\",\"name\":\"Ada, changed\"}");
  }

  @Override
  public BackupHandler emptyTarget() {
    return handler(structure("empty"));
  }

  @Override
  public BackupHandler filledTarget() {
    return handler(
        structure("filled")
            .insert("users", "{\"id\":\"u1\",\"name\":\"other\"}", "{\"id\":\"mine\"}")
            .insert("empty", "{\"id\":\"not empty here\"}")
            .insert("events", "{\"id\":5,\"at\":0}", "{\"id\":-5,\"at\":0}"));
  }

  @Override
  public Map<String, String> contentHashes(BackupHandler handler) {
    return given.get(handler).contentHashes();
  }

  @Override
  public Optional<AutoCloseable> stallReads() {
    CountDownLatch stall = new CountDownLatch(1);
    reads = stall;
    return Optional.of(stall::countDown);
  }

  @Override
  public Optional<AutoCloseable> stallWrites(BackupHandler target) {
    CountDownLatch stall = new CountDownLatch(1);
    writes = stall;
    return Optional.of(stall::countDown);
  }

  @Override
  public void close() {
    given.keySet().forEach(BackupHandler::close);
  }

  private BackupHandler handler(MemoryDatabase of) {
    MemoryHandler.Builder builder =
        MemoryHandler.builder(of)
            .createsCollections(false)
            .beforeRead((collection, number) -> reads.await())
            .beforeWrite((collection, number) -> writes.await());
    BackupHandler handler = fault.apply(options.apply(builder).build());
    given.put(handler, of);
    return handler;
  }

  private static MemoryDatabase structure(String name) {
    return new MemoryDatabase(name).create("users", "empty", ODD, "events").schema(schema());
  }

  private static void fill(MemoryDatabase database) {
    database
        .insert(
            "users",
            "{\"id\":\"u1\",\"name\":\"Ada\"}",
            "{\"id\":\"u2\",\"name\":\"\\u0000\\n\\\"}],\\n{\\\"\"}",
            "{\"id\":\"ü\uD83D\uDE00\u2028\",\"name\":null,\"tags\":[[],{},\"},\"]}",
            "{\"id\":\"\",\"n\":-0.0,\"big\":123456789012345678901234567890,\"e\":1e+400}",
            "{\"id\":\"u5\",\"$$x\":{\"$numberDouble\":\"NaN\"},\"bio\":\""
                + "x".repeat(200_000)
                + "\"}")
        .insert(ODD, "{\"id\":1,\"a \\\"quoted\\\" name\":true}", "{\"id\":2}", "{\"id\":\"2\"}");
    List<String> events = new ArrayList<>();
    for (int i = 0; i < 12_345; i++) {
      events.add("{\"id\":" + i + ",\"at\":" + i * 31L + "}");
    }
    database.insert("events", events);
  }

  private static ObjectNode schema() {
    ObjectNode schema = JsonNodeFactory.instance.objectNode();
    ObjectNode events = schema.putObject("collections").putObject("events");
    for (String field : List.of("id", "at")) {
      events
          .withArray("fields")
          .addObject()
          .put("name", field)
          .put("type", "number")
          .put("as", "value");
    }
    events.putArray("key").add("id");
    return schema;
  }
}
