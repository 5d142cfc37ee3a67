package io.holdfast.firebase.auth;

import com.google.auth.Credentials;
import com.google.auth.oauth2.GoogleCredentials;
import io.holdfast.firebase.auth.internal.rest.AuthApi;
import io.holdfast.google.internal.EmulatorCredentials;
import io.holdfast.google.internal.GoogleRest;
import io.holdfast.spi.HandlerException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Which project and tenant, and how it is reached. Safe to share. */
final class AuthConnection {
  static final List<String> SCOPES = List.of("https://www.googleapis.com/auth/cloud-platform");
  static final URI SERVICE = URI.create("https://identitytoolkit.googleapis.com");

  private final String project;
  private final String tenant;
  private final Optional<String> emulator;
  private final Optional<Credentials> credentials;
  private final Optional<HttpClient> client;
  private final URI service;
  private @Nullable AuthApi api;

  AuthConnection(
      String project,
      String tenant,
      Optional<String> emulator,
      Optional<Credentials> credentials,
      Optional<HttpClient> client,
      URI service) {
    this.project = project;
    this.tenant = tenant;
    this.emulator = emulator;
    this.credentials = credentials;
    this.client = client;
    this.service = service;
  }

  String project() {
    return project;
  }

  /** The tenant that it is restricted to; empty for all of the project. */
  String tenant() {
    return tenant;
  }

  Optional<String> emulator() {
    return emulator;
  }

  String display() {
    return project + (tenant.isEmpty() ? "" : "/" + tenant);
  }

  String identity() {
    return emulator.map(hostPort -> "emulator/" + hostPort + "/").orElse("")
        + "projects/"
        + project
        + (tenant.isEmpty() ? "" : "/tenants/" + tenant);
  }

  AuthConnection ofTenant(String id) {
    return new AuthConnection(project, id, emulator, credentials, client, service);
  }

  AuthConnection elsewhere(URI otherService) {
    return new AuthConnection(project, tenant, emulator, credentials, client, otherService);
  }

  /**
   * The API, with credentials that are looked for when they are first needed.
   *
   * @throws HandlerException if there are none
   */
  synchronized AuthApi api() {
    if (api == null) {
      URI base =
          emulator
              .map(hostPort -> URI.create("http://" + hostPort + "/" + SERVICE.getHost()))
              .orElse(service);
      Credentials given =
          emulator.isPresent()
              ? new EmulatorCredentials()
              : credentials.orElseGet(AuthConnection::applicationDefault);
      GoogleRest.Limits limits = GoogleRest.Limits.STANDARD;
      api =
          new AuthApi(
              client
                  .map(http -> new GoogleRest(given, limits, http))
                  .orElseGet(() -> new GoogleRest(given, limits)),
              base,
              project);
    }
    return api;
  }

  private static Credentials applicationDefault() {
    try {
      return GoogleCredentials.getApplicationDefault().createScoped(SCOPES);
    } catch (IOException e) {
      throw new HandlerException(
          HandlerException.Kind.UNAUTHENTICATED,
          null,
          "There are no Application Default Credentials: run gcloud auth application-default login,"
              + " set GOOGLE_APPLICATION_CREDENTIALS, or give credentials=file in the URI.",
          e);
    }
  }
}
