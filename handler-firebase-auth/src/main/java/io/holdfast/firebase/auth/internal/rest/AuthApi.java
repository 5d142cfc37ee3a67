package io.holdfast.firebase.auth.internal.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.google.internal.GoogleRest;
import io.holdfast.google.internal.RestException;
import io.holdfast.google.internal.RestRequest;
import io.holdfast.google.internal.Uris;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.Retry;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The calls of Identity Toolkit that backups and restores need, each sent once unless a retry is
 * given. A tenant is named by its id, and the project's own accounts by the empty string. Safe to
 * share.
 *
 * <p>https://cloud.google.com/identity-platform/docs/reference/rest
 */
public final class AuthApi {
  /** The most accounts that one call lists, imports or deletes. */
  public static final int MOST = 1000;

  /** What the API's messages begin with; behind it may stand an email. */
  private static final Pattern WORD = Pattern.compile("[A-Z][A-Z0-9_]{2,63}");

  private final GoogleRest rest;
  private final URI base;
  private final String project;

  /**
   * @param base where the API is: {@code https://identitytoolkit.googleapis.com}
   */
  public AuthApi(GoogleRest rest, URI base, String project) {
    this.rest = rest;
    this.base = base;
    this.project = project;
  }

  /** A page of accounts, as it came. */
  public byte[] users(String tenant, Optional<String> pageToken, int most) {
    Map<String, String> query = new LinkedHashMap<>();
    query.put("maxResults", Integer.toString(most));
    pageToken.ifPresent(token -> query.put("nextPageToken", token));
    return discreet(
        () ->
            rest.sendForBytes(
                request(
                    "GET",
                    "v1/" + accounts(tenant) + ":batchGet",
                    query,
                    null,
                    "list the accounts of " + shown(tenant),
                    AuthRight.READ_USERS)));
  }

  /** Imports accounts; the answer tells which ones failed. */
  public ObjectNode importUsers(String tenant, ObjectNode body) {
    return discreet(
        () ->
            rest.send(
                request(
                    "POST",
                    "v1/" + accounts(tenant) + ":batchCreate",
                    Map.of(),
                    body,
                    "import accounts into " + shown(tenant),
                    AuthRight.WRITE_USERS)));
  }

  /** Deletes accounts, disabled or not; the answer tells which ones failed. */
  public ObjectNode deleteUsers(String tenant, List<String> uids) {
    ObjectNode body = GoogleRest.JSON.createObjectNode().put("force", true);
    ArrayNode ids = body.putArray("localIds");
    uids.forEach(ids::add);
    return discreet(
        () ->
            rest.send(
                request(
                    "POST",
                    "v1/" + accounts(tenant) + ":batchDelete",
                    Map.of(),
                    body,
                    "delete accounts of " + shown(tenant),
                    AuthRight.DELETE_USERS)));
  }

  /** The project's configuration. */
  public ObjectNode config(Retry retry) {
    return retry.call(
        "read the configuration of " + project,
        () ->
            rest.send(
                request(
                    "GET",
                    "v2/projects/" + Uris.encode(project) + "/config",
                    Map.of(),
                    null,
                    "read the configuration of " + project,
                    AuthRight.READ_HASHES)));
  }

  /** The tenants; none where the project has no multi-tenancy. */
  public List<ObjectNode> tenants(Retry retry) {
    try {
      return all(
          "v2/projects/" + Uris.encode(project) + "/tenants",
          "tenants",
          "list the tenants of " + project,
          AuthRight.READ_TENANTS,
          retry);
    } catch (RestException e) {
      if (e.isMissing() || e.status() == 400) {
        return List.of(); // not an Identity Platform project, or without multi-tenancy
      }
      throw e;
    }
  }

  /** Creates a tenant; the service chooses its id. */
  public ObjectNode createTenant(ObjectNode tenant) {
    return rest.send(
        request(
            "POST",
            "v2/projects/" + Uris.encode(project) + "/tenants",
            Map.of(),
            tenant,
            "create a tenant in " + project,
            AuthRight.WRITE_TENANTS));
  }

  /**
   * The identity providers that were set up for a tenant or the project.
   *
   * @param kind {@code defaultSupportedIdpConfigs}, {@code oauthIdpConfigs}, {@code
   *     inboundSamlConfigs}
   */
  public List<ObjectNode> providers(String tenant, String kind, Retry retry) {
    return all(
        "v2/" + parent(tenant) + "/" + kind,
        kind,
        "list the " + kind + " of " + shown(tenant),
        AuthRight.READ_PROVIDERS,
        retry);
  }

  private List<ObjectNode> all(
      String path, String field, String doing, AuthRight right, Retry retry) {
    List<ObjectNode> found = new ArrayList<>();
    String token = "";
    do {
      Map<String, String> query = new LinkedHashMap<>();
      query.put("pageSize", "100");
      if (!token.isEmpty()) {
        query.put("pageToken", token);
      }
      ObjectNode page =
          retry.call(doing, () -> rest.send(request("GET", path, query, null, doing, right)));
      for (JsonNode one : page.path(field)) {
        if (one instanceof ObjectNode object) {
          found.add(object);
        }
      }
      token = page.path("nextPageToken").asText("");
    } while (!token.isEmpty());
    return found;
  }

  private String parent(String tenant) {
    String path = "projects/" + Uris.encode(project);
    return tenant.isEmpty() ? path : path + "/tenants/" + Uris.encode(tenant);
  }

  private String accounts(String tenant) {
    return parent(tenant) + "/accounts";
  }

  private String shown(String tenant) {
    return tenant.isEmpty() ? project : "tenant " + tenant + " of " + project;
  }

  private RestRequest request(
      String method,
      String path,
      Map<String, String> query,
      @Nullable ObjectNode body,
      String doing,
      AuthRight right) {
    return new RestRequest(
        method, Uris.of(base, path, query), body, Map.of(), project, doing, right);
  }

  /** Some call. */
  @FunctionalInterface
  private interface Call<T> {
    T send();
  }

  /** What the API says of a bad request may quote an account; its first word does not. */
  private <T> T discreet(Call<T> call) {
    try {
      return call.send();
    } catch (RestException e) {
      if (e.status() != 400) {
        throw e;
      }
      Matcher word = WORD.matcher(e.said());
      throw new BadRequestException(word.lookingAt() ? word.group() : "");
    }
  }

  /** The API understood the call and refused what it holds. */
  public static final class BadRequestException extends HandlerException {
    private static final long serialVersionUID = 1L;
    private final String word;

    BadRequestException(String word) {
      super(
          Kind.OTHER,
          null,
          "Identity Toolkit refused a request"
              + (word.isEmpty() ? "" : ": " + word)
              + ". What else it said may quote an account, and is not repeated.",
          null);
      this.word = word;
    }

    /** Why, in the API's word: {@code DUPLICATE_EMAIL}; may be empty. */
    public String word() {
      return word;
    }
  }
}
