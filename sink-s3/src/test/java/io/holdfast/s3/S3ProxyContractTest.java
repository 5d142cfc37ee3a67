package io.holdfast.s3;

import io.holdfast.spi.StorageSink;
import io.holdfast.testkit.StorageSinkContract;
import io.holdfast.testservers.S3ProxyServer;
import java.util.UUID;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import software.amazon.awssdk.core.SdkResponse;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;

/** On S3Proxy, which is atomic; with a client that was given. */
class S3ProxyContractTest extends StorageSinkContract {
  private static S3ProxyServer server;
  private static S3Client client;

  private final String prefix = UUID.randomUUID().toString();

  @BeforeAll
  static void start() {
    server = S3ProxyServer.start();
    client =
        GivenClient.of(
            server.endpoint(),
            S3ProxyServer.ACCESS_KEY,
            S3ProxyServer.SECRET_KEY,
            new NoTemporaryFiles());
    client.createBucket(request -> request.bucket("holdfast"));
  }

  @AfterAll
  static void stop() {
    client.close();
    server.close();
  }

  @Override
  protected StorageSink openSink() {
    return S3Sink.builder(client, "holdfast").prefix(prefix).sizes(GivenClient.SMALL).build();
  }

  /** S3Proxy lists the temporary files of objects that are being written: they are left out. */
  private static final class NoTemporaryFiles implements ExecutionInterceptor {
    private static final Pattern TEMPORARY =
        Pattern.compile(".*-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

    @Override
    public SdkResponse modifyResponse(
        Context.ModifyResponse context, ExecutionAttributes attributes) {
      return context.response() instanceof ListObjectsV2Response listed
          ? listed.copy(
              page ->
                  page.contents(
                      listed.contents().stream()
                          .filter(one -> !TEMPORARY.matcher(one.key()).matches())
                          .toList()))
          : context.response();
    }
  }
}
