package io.holdfast.s3;

import io.holdfast.spi.ObjectKey;
import io.holdfast.testkit.StorageSinkCrashContract;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import software.amazon.awssdk.services.s3.S3Client;

@DisplayName("A process that writes to S3 is killed")
final class S3CrashTest extends StorageSinkCrashContract {
  private static S3MockStorage storage;
  private static S3Client client;

  @BeforeAll
  static void start() {
    storage = new S3MockStorage();
    client = storage.client();
    System.setProperty("aws.accessKeyId", "any");
    System.setProperty("aws.secretAccessKey", "any");
  }

  @AfterAll
  static void stop() {
    System.clearProperty("aws.accessKeyId");
    System.clearProperty("aws.secretAccessKey");
    client.close();
    storage.close();
  }

  @Override
  protected String storage(int number) {
    return S3MockStorage.uri(storage.port(), "kill" + number);
  }

  @Override
  protected Map<String, String> environment() {
    return Map.of("AWS_ACCESS_KEY_ID", "any", "AWS_SECRET_ACCESS_KEY", "any");
  }

  @Override
  protected int kills() {
    return 8;
  }

  @Override
  protected List<String> strangers(String uri, List<ObjectKey> objects) {
    String prefix =
        uri.substring(("s3://" + S3MockStorage.BUCKET + "/").length(), uri.indexOf('?')) + "/";
    List<String> known = objects.stream().map(key -> prefix + key).toList();
    List<String> strangers = new ArrayList<>();
    client
        .listObjectsV2Paginator(request -> request.bucket(S3MockStorage.BUCKET).prefix(prefix))
        .contents()
        .forEach(
            object -> {
              if (!known.contains(object.key())) {
                strangers.add(object.key());
              }
            });
    client
        .listMultipartUploadsPaginator(request -> request.bucket(S3MockStorage.BUCKET))
        .uploads()
        .forEach(
            upload -> {
              if (upload.key().startsWith(prefix)) {
                strangers.add("upload of " + upload.key());
              }
            });
    return strangers;
  }
}
