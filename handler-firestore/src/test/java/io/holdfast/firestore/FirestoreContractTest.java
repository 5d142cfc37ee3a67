package io.holdfast.firestore;

import static io.holdfast.firestore.AwkwardDocuments.integer;
import static io.holdfast.firestore.AwkwardDocuments.text;

import com.google.firestore.v1.Document;
import com.google.firestore.v1.Write;
import io.holdfast.spi.BackupHandler;
import io.holdfast.testkit.BackupHandlerContract;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The contract of all handlers, kept against the official emulator. */
class FirestoreContractTest extends BackupHandlerContract {
  @Override
  protected HandlerFixture createFixture() {
    return new Fixture();
  }

  private static final class Fixture implements HandlerFixture {
    private static final int LARGE = 10_500;

    /** References into the source would lead into the target afterwards, and not be equal. */
    private static final String ELSEWHERE = "projects/demo-elsewhere/databases/(default)";

    private final Map<BackupHandler, RawFirestore> given = new HashMap<>();
    private final RawFirestore sourceDatabase = TestFirestore.create();
    private final BackupHandler source = give(sourceDatabase);
    private int changes;

    Fixture() {
      List<Document> documents = new ArrayList<>();
      for (int i = 0; i < LARGE; i++) {
        documents.add(
            sourceDatabase.document(
                "large/d" + i, Map.of("n", integer(i), "text", text("document " + i))));
      }
      documents.add(
          sourceDatabase.document(
              "values/all", AwkwardDocuments.everyValue(ELSEWHERE)));
      documents.add(sourceDatabase.document("values/names", AwkwardDocuments.everyName()));
      documents.add(sourceDatabase.document("values/none", Map.of()));
      for (String id : AwkwardDocuments.ids()) {
        documents.add(sourceDatabase.document("ids/" + id, Map.of("n", integer(1))));
        documents.add(
            sourceDatabase.document("missing/" + id + "/below/" + id, Map.of("n", integer(2))));
      }
      documents.add(
          sourceDatabase.document("a/1/b/2/c/3/d/4/e/5", Map.of("deep", text("five levels"))));
      sourceDatabase.put(documents);
    }

    private BackupHandler give(RawFirestore database) {
      BackupHandler handler = FirestoreHandler.at(TestFirestore.uri(database));
      given.put(handler, database);
      return handler;
    }

    private RawFirestore database(BackupHandler handler) {
      RawFirestore database = given.get(handler);
      if (database == null) {
        throw new IllegalArgumentException("Not of this fixture: " + handler);
      }
      return database;
    }

    @Override
    public BackupHandler source() {
      return source;
    }

    @Override
    public Optional<BackupHandler> anotherSource() {
      return Optional.of(give(sourceDatabase));
    }

    @Override
    public Map<String, Long> sourceCounts() {
      return sourceDatabase.counts();
    }

    @Override
    public void changeSource() {
      changes++;
      List<Write> writes = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        writes.add(update("large/new" + changes + "-" + i, "added"));
        writes.add(update("large/d" + (i * 200), "changed " + changes));
        writes.add(
            Write.newBuilder()
                .setDelete(sourceDatabase.name("large/d" + (i * 200 + changes)))
                .build());
      }
      writes.add(update("values/none", "changed"));
      sourceDatabase.write(writes);
    }

    private Write update(String path, String content) {
      return Write.newBuilder()
          .setUpdate(sourceDatabase.document(path, Map.of("text", text(content))))
          .build();
    }

    @Override
    public BackupHandler emptyTarget() {
      return give(TestFirestore.create());
    }

    @Override
    public BackupHandler filledTarget() {
      RawFirestore target = TestFirestore.create();
      target.put(
          List.of(
              target.document("large/d7", Map.of("n", integer(-1))),
              target.document("large/other", Map.of("n", integer(-2))),
              target.document("values/none", Map.of("n", integer(-3))),
              target.document("values/none/below/other", Map.of("n", integer(-5))),
              target.document("elsewhere/x/y/z", Map.of("n", integer(-4)))));
      return give(target);
    }

    @Override
    public Map<String, String> contentHashes(BackupHandler handler) {
      return database(handler).hashes();
    }

    @Override
    public boolean atomicRestore() {
      return false;
    }

    @Override
    public boolean refusesUnknownCollections() {
      return false;
    }

    @Override
    public boolean keepsEmptyCollections() {
      return false;
    }

    @Override
    public void close() {
      given.keySet().forEach(BackupHandler::close);
      List.copyOf(given.values()).stream().distinct().forEach(RawFirestore::close);
    }
  }
}
