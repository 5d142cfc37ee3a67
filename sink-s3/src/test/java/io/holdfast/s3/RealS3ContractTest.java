package io.holdfast.s3;

import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StoredObject;
import io.holdfast.testkit.StorageSinkContract;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/**
 * The contract on a bucket named by {@code HOLDFAST_TEST_S3_URI}, with the credentials of the
 * environment. What is under retention stays behind until it ends.
 */
@EnabledIfEnvironmentVariable(
    named = "HOLDFAST_TEST_S3_URI",
    matches = "s3:.+",
    disabledReason = "HOLDFAST_TEST_S3_URI names no bucket to test with")
class RealS3ContractTest extends StorageSinkContract {
  private final String folder = "/holdfast-test-" + UUID.randomUUID();

  @Override
  protected StorageSink openSink() {
    String uri = System.getenv("HOLDFAST_TEST_S3_URI");
    int question = uri.indexOf('?');
    String path = question < 0 ? uri : uri.substring(0, question);
    String trimmed = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    return S3Uri.parse(
            Location.parse(trimmed + folder + (question < 0 ? "" : uri.substring(question))),
            ProviderContext.system(),
            OwnClient.Timeouts.STANDARD)
        .sizes(GivenClient.SMALL)
        .build();
  }

  @Override
  protected int manyObjects() {
    return 1_050; // A page of S3 has 1,000.
  }

  @Override
  protected int randomSteps() {
    return 100;
  }

  @AfterEach
  void cleanUp() {
    try (StorageSink sink = openSink()) {
      sink.leftovers().forEach(sink::discard);
      List<StoredObject> left;
      try (Stream<StoredObject> objects = sink.list("")) {
        left = objects.toList();
      }
      for (StoredObject object : left) {
        try {
          sink.delete(object.key());
        } catch (StorageException e) {
          if (e.kind() != StorageException.Kind.RETENTION) {
            throw e;
          }
        }
      }
    }
  }
}
