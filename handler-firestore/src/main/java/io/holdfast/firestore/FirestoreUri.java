package io.holdfast.firestore;

import com.google.auth.Credentials;
import com.google.auth.oauth2.GoogleCredentials;
import io.holdfast.ConfigurationException;
import io.holdfast.firestore.internal.names.DatabaseName;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Reads {@code firestore://project[/database][?emulator=host:port][&credentials=file]}. Collects
 * every problem before it throws; contacts nothing.
 */
final class FirestoreUri {
  private static final String EMULATOR = "emulator";
  private static final String CREDENTIALS = "credentials";
  private static final String VARIABLE = "FIRESTORE_EMULATOR_HOST";
  private static final String NONE = "none";

  /** Ids of projects may have a domain in front: {@code example.com:shop}. */
  private static final Pattern PROJECT = Pattern.compile("[A-Za-z0-9.:_-]{1,100}");

  /** https://firebase.google.com/docs/firestore/manage-databases, "Database ID". */
  private static final Pattern DATABASE = Pattern.compile("\\(default\\)|[A-Za-z0-9-]{1,63}");

  private static final Pattern HOST_PORT = Pattern.compile("[^/?#@\\s]+:[0-9]{1,5}");

  private final ProviderContext context;
  private final List<String> problems = new ArrayList<>();
  private final Map<String, String> parameters = new LinkedHashMap<>();

  private FirestoreUri(ProviderContext context) {
    this.context = context;
  }

  /**
   * The connection that a URI names.
   *
   * @throws ConfigurationException with every problem
   */
  static FirestoreConnection parse(Location location, ProviderContext context) {
    return new FirestoreUri(context).connection(location.reveal());
  }

  private FirestoreConnection connection(String text) {
    String rest = text.substring(text.indexOf(':') + 1);
    if (!rest.startsWith("//")) {
      throw new ConfigurationException(
          List.of(
              "A Firestore URI looks like firestore://project or firestore://project/database."));
    }
    int question = rest.indexOf('?');
    if (question >= 0) {
      readParameters(rest.substring(question + 1));
    }
    DatabaseName database = database(rest.substring(2, question < 0 ? rest.length() : question));
    Optional<String> emulator = emulator();
    Optional<Credentials> credentials = credentials();
    if (emulator.isPresent() && credentials.isPresent()) {
      problems.add("Give an emulator or credentials, not both.");
    }
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
    return emulator
        .map(hostPort -> FirestoreConnection.toEmulator(database, hostPort))
        .orElseGet(() -> FirestoreConnection.toService(database, credentials));
  }

  private DatabaseName database(String path) {
    String trimmed = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    int slash = trimmed.indexOf('/');
    String project = slash < 0 ? trimmed : trimmed.substring(0, slash);
    String database = slash < 0 ? DatabaseName.DEFAULT : decode(trimmed.substring(slash + 1));
    if (!PROJECT.matcher(project).matches()) {
      problems.add("The project is missing or malformed: firestore://project[/database].");
    }
    if (!DATABASE.matcher(database).matches()) {
      problems.add(
          "The id of a database consists of letters, digits and hyphens, up to 63, or is"
              + " (default).");
    }
    return new DatabaseName(project, database);
  }

  private void readParameters(String query) {
    for (String pair : query.split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals <= 0) {
        if (!pair.isEmpty()) {
          problems.add("After the question mark, every parameter needs the form name=value.");
        }
        continue;
      }
      String name = decode(pair.substring(0, equals));
      if (!name.equals(EMULATOR) && !name.equals(CREDENTIALS)) {
        problems.add(
            "The parameter " + name + " is not known; there are emulator and credentials.");
      } else if (parameters.put(name, decode(pair.substring(equals + 1))) != null) {
        problems.add("The parameter " + name + " is given twice.");
      }
    }
  }

  private String decode(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      problems.add("A percent sign is not followed by two hexadecimal digits.");
      return text;
    }
  }

  /** What the URI says wins; one of two databases may be an emulator's and the other not. */
  private Optional<String> emulator() {
    String given = parameters.get(EMULATOR);
    if (NONE.equals(given)) {
      return Optional.empty();
    }
    Optional<String> hostPort = given == null ? context.variable(VARIABLE) : Optional.of(given);
    if (hostPort.isPresent() && !HOST_PORT.matcher(hostPort.get()).matches()) {
      problems.add(
          (given == null ? VARIABLE : "emulator")
              + " must be host:port, such as 127.0.0.1:8080"
              + (given == null ? "." : ", or none for the service itself."));
    }
    return hostPort;
  }

  private Optional<Credentials> credentials() {
    String file = parameters.get(CREDENTIALS);
    if (file == null) {
      return Optional.empty();
    }
    try (InputStream in = Files.newInputStream(Path.of(file))) {
      return Optional.of(
          GoogleCredentials.fromStream(in)
              .createScoped(
                  com.google.cloud.firestore.v1.FirestoreSettings.getDefaultServiceScopes()));
    } catch (IOException | InvalidPathException e) {
      problems.add("The file of credentials cannot be read: " + e.getClass().getSimpleName() + ".");
      return Optional.empty();
    }
  }
}
