package io.holdfast.firebase.auth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Accounts over REST, without any code of the handler: what tests write and compare with. */
final class RawAuth {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final int PAGE = 1000;

  private final String base;
  private final String project;

  RawAuth(String hostPort, String project) {
    this.base = "http://" + hostPort + "/identitytoolkit.googleapis.com/";
    this.project = project;
  }

  private String accounts(String tenant) {
    return "v1/projects/" + project + (tenant.isEmpty() ? "" : "/tenants/" + tenant) + "/accounts";
  }

  /** Imports accounts; any that is refused fails the test. */
  void create(String tenant, List<ObjectNode> users) {
    for (int from = 0; from < users.size(); from += PAGE) {
      ObjectNode body = JSON.createObjectNode().put("sanityCheck", true);
      ArrayNode list = body.putArray("users");
      users.subList(from, Math.min(users.size(), from + PAGE)).forEach(list::add);
      JsonNode answer = send("POST", accounts(tenant) + ":batchCreate", body);
      if (!answer.path("error").isEmpty()) {
        throw new AssertionError("The emulator refused: " + answer.path("error").get(0));
      }
    }
  }

  /** All accounts, by uid. */
  Map<String, JsonNode> all(String tenant) {
    Map<String, JsonNode> found = new TreeMap<>();
    String token = "";
    do {
      JsonNode page =
          send(
              "GET",
              accounts(tenant)
                  + ":batchGet?maxResults="
                  + PAGE
                  + (token.isEmpty()
                      ? ""
                      : "&nextPageToken=" + URLEncoder.encode(token, StandardCharsets.UTF_8)),
              null);
      for (JsonNode user : page.path("users")) {
        if (found.put(user.path("localId").asText(), user) != null) {
          throw new AssertionError("Listed twice: " + user.path("localId"));
        }
      }
      token = page.path("nextPageToken").asText("");
    } while (!token.isEmpty());
    return found;
  }

  void deleteAll(String tenant) {
    List<String> uids = new ArrayList<>(all(tenant).keySet());
    for (int from = 0; from < uids.size(); from += PAGE) {
      ObjectNode body = JSON.createObjectNode().put("force", true);
      ArrayNode ids = body.putArray("localIds");
      uids.subList(from, Math.min(uids.size(), from + PAGE)).forEach(ids::add);
      send("POST", accounts(tenant) + ":batchDelete", body);
    }
  }

  /** The id that the emulator chose. */
  String createTenant(String displayName) {
    String name =
        send(
                "POST",
                "v2/projects/" + project + "/tenants",
                JSON.createObjectNode()
                    .put("displayName", displayName)
                    .put("allowPasswordSignup", true))
            .path("name")
            .asText();
    return name.substring(name.lastIndexOf('/') + 1);
  }

  /** The uid of who signs in. */
  String signIn(String tenant, String email, String password) {
    ObjectNode body =
        JSON.createObjectNode()
            .put("email", email)
            .put("password", password)
            .put("returnSecureToken", true);
    if (!tenant.isEmpty()) {
      body.put("tenantId", tenant);
    }
    body.put("targetProjectId", project);
    return send("POST", "v1/accounts:signInWithPassword", body).path("localId").asText();
  }

  private JsonNode send(String method, String path, @Nullable JsonNode body) {
    try {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create(base + path))
              .header("Content-Type", "application/json")
              .method(
                  method,
                  body == null
                      ? HttpRequest.BodyPublishers.noBody()
                      : HttpRequest.BodyPublishers.ofString(body.toString()));
      request.header("Authorization", "Bearer owner");
      HttpResponse<String> answer =
          HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() != 200) {
        throw new AssertionError(path + " answered " + answer.body());
      }
      return JSON.readTree(answer.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
