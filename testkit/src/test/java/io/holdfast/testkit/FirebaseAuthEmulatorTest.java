package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(900)
class FirebaseAuthEmulatorTest {
  private static final String USERS = "accounts:batchGet?maxResults=10";

  private static String call(String method, String project, String call, String body)
      throws IOException, InterruptedException {
    URI uri =
        URI.create(
            "http://"
                + FirebaseAuthEmulator.shared().hostPort()
                + "/identitytoolkit.googleapis.com/v1/projects/"
                + project
                + "/"
                + call);
    HttpRequest request =
        HttpRequest.newBuilder(uri)
            .header("Authorization", "Bearer owner")
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build();
    HttpResponse<String> answer =
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return answer.body();
  }

  private static void put(String project, String call) throws IOException, InterruptedException {
    call("POST", project, call, "{\"users\":[{\"localId\":\"u1\",\"displayName\":\"Ada\"}]}");
  }

  @Test
  void everyProjectIsAnotherDatabaseAndIsClearedAlone() throws Exception {
    put("demo-one", "accounts:batchCreate");
    put("demo-two", "accounts:batchCreate");
    assertThat(call("GET", "demo-three", USERS, "")).doesNotContain("u1");

    FirebaseAuthEmulator.shared().clear("demo-one");

    assertThat(call("GET", "demo-one", USERS, "")).doesNotContain("u1");
    assertThat(call("GET", "demo-two", USERS, "")).contains("u1").contains("Ada");
  }

  @Test
  void tenantsAreClearedAlone() throws Exception {
    put("demo-tenants", "accounts:batchCreate");
    put("demo-tenants", "tenants/acme/accounts:batchCreate");

    FirebaseAuthEmulator.shared().clear("demo-tenants", "acme");

    assertThat(call("GET", "demo-tenants", "tenants/acme/" + USERS, "")).doesNotContain("u1");
    assertThat(call("GET", "demo-tenants", USERS, "")).contains("u1");
  }

  @Test
  void itsProgramIsInstalled() {
    assertThat(FirebaseAuthEmulator.firebaseTools()).matches(Files::isExecutable);
  }

  @Test
  void whatWasStartedEndsWhenClosed() {
    FirebaseAuthEmulator.shared();
    Optional<ProcessHandle> process;
    try (FirebaseAuthEmulator emulator = FirebaseAuthEmulator.start()) {
      process = emulator.pid().flatMap(ProcessHandle::of);
      assumeTrue(process.isPresent(), "One that ran before is not stopped.");
    }
    assertThat(process).hasValueSatisfying(p -> assertThat(p.isAlive()).isFalse());
  }
}
