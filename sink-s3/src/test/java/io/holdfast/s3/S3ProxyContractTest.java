package io.holdfast.s3;

import io.holdfast.testservers.S3ProxyServer;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import software.amazon.awssdk.core.SdkResponse;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;

/** On S3Proxy, which is atomic. */
class S3ProxyContractTest extends S3ContractTest {
  private static S3ProxyServer server;
  private static S3Client client;

  @BeforeAll
  static void start() {
    server = S3ProxyServer.start();
    client =
        connect(
            server.endpoint(),
            S3ProxyServer.ACCESS_KEY,
            S3ProxyServer.SECRET_KEY,
            new NoTemporaryFiles());
  }

  @AfterAll
  static void stop() {
    client.close();
    server.close();
  }

  @Override
  S3Client client() {
    return client;
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
