package io.holdfast.gcs;

import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StoredObject;
import io.holdfast.testkit.StorageSinkContract;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** The contract on a bucket of Google's, each test in a prefix of its own. */
@EnabledIfEnvironmentVariable(
    named = RealGcsContractTest.VARIABLE,
    matches = "gs://.+",
    disabledReason = "HOLDFAST_TEST_GCS_URI names no bucket to test with, such as gs://my-bucket")
class RealGcsContractTest extends StorageSinkContract {
  static final String VARIABLE = "HOLDFAST_TEST_GCS_URI";

  private final String prefix = "holdfast-test-" + UUID.randomUUID();

  @Override
  protected StorageSink openSink() {
    String uri = System.getenv(VARIABLE);
    int question = uri.indexOf('?');
    String path = question < 0 ? uri : uri.substring(0, question);
    return new GcsSinkProvider()
        .open(
            Location.parse(
                path
                    + (path.endsWith("/") ? "" : "/")
                    + prefix
                    + (question < 0 ? "" : uri.substring(question))),
            ProviderContext.system());
  }

  @AfterEach
  void deleteAll() {
    try (StorageSink sink = openSink();
        Stream<StoredObject> objects = sink.list("")) {
      objects.forEach(object -> deleteUnlessKept(sink, object));
    }
  }

  /** What is under retention stays; a rule of the bucket's lifecycle should delete it. */
  private static void deleteUnlessKept(StorageSink sink, StoredObject object) {
    try {
      sink.delete(object.key());
    } catch (StorageException e) {
      if (e.kind() != Kind.RETENTION) {
        throw e;
      }
    }
  }

  @Override
  protected boolean showsLeftoversAtOnce() {
    return false;
  }

  /** More than one page would take minutes. */
  @Override
  protected int manyObjects() {
    return 40;
  }

  @Override
  protected int randomSteps() {
    return 60;
  }
}
