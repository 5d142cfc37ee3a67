package io.holdfast.firebase.auth;

import com.google.auth.Credentials;
import com.google.auth.oauth2.GoogleCredentials;
import io.holdfast.ConfigurationException;
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
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads {@code firebase-auth://project[/tenant][?emulator=host:port][&credentials=file]
 * [&allowPlaintext=true]}. Collects every problem before it throws; contacts nothing.
 */
final class FirebaseAuthUri {
  private static final String VARIABLE = "FIREBASE_AUTH_EMULATOR_HOST";
  private static final String EMULATOR = "emulator";
  private static final String CREDENTIALS = "credentials";
  private static final String ALLOW_PLAINTEXT = "allowPlaintext";
  private static final Set<String> KNOWN = Set.of(EMULATOR, CREDENTIALS, ALLOW_PLAINTEXT);

  /** Ids of projects may have a domain in front: {@code example.com:shop}. */
  private static final Pattern PROJECT = Pattern.compile("[A-Za-z0-9.:_-]{1,100}");

  private static final Pattern TENANT = Pattern.compile("[A-Za-z0-9_-]{1,63}");
  private static final Pattern HOST_PORT = Pattern.compile("[^/?#@\\s]+:[0-9]{1,5}");

  private final ProviderContext context;
  private final List<String> problems = new ArrayList<>();
  private final Map<String, String> parameters = new LinkedHashMap<>();

  private FirebaseAuthUri(ProviderContext context) {
    this.context = context;
  }

  /**
   * What a URI says.
   *
   * @param connection which project and how
   * @param allowPlaintext whether backups may be stored without encryption
   */
  record Parsed(AuthConnection connection, boolean allowPlaintext) {}

  static Parsed parse(Location location, ProviderContext context) {
    return new FirebaseAuthUri(context).parsed(location.reveal());
  }

  private Parsed parsed(String text) {
    String rest = text.substring(text.indexOf(':') + 1);
    if (!rest.startsWith("//")) {
      throw new ConfigurationException(
          List.of(
              "A URI of Firebase Auth looks like firebase-auth://project or"
                  + " firebase-auth://project/tenant."));
    }
    int question = rest.indexOf('?');
    if (question >= 0) {
      readParameters(rest.substring(question + 1));
    }
    String path = rest.substring(2, question < 0 ? rest.length() : question);
    String trimmed = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    int slash = trimmed.indexOf('/');
    String project = slash < 0 ? trimmed : trimmed.substring(0, slash);
    String tenant = slash < 0 ? "" : decode(trimmed.substring(slash + 1));
    if (!PROJECT.matcher(project).matches()) {
      problems.add("The project is missing or malformed: firebase-auth://project[/tenant].");
    }
    if (slash >= 0 && !TENANT.matcher(tenant).matches()) {
      problems.add("The id of a tenant consists of letters, digits, hyphens and underscores.");
    }
    Optional<String> emulator = emulator();
    Optional<Credentials> credentials = credentials();
    if (emulator.isPresent() && credentials.isPresent()) {
      problems.add("Give an emulator or credentials, not both.");
    }
    String plaintext = parameters.getOrDefault(ALLOW_PLAINTEXT, "false");
    if (!plaintext.equals("true") && !plaintext.equals("false")) {
      problems.add("allowPlaintext is true or false.");
    }
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
    return new Parsed(
        new AuthConnection(
            project, tenant, emulator, credentials, Optional.empty(), AuthConnection.SERVICE),
        plaintext.equals("true"));
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
      if (!KNOWN.contains(name)) {
        problems.add(
            "The parameter "
                + name
                + " is not known; there are emulator, credentials and allowPlaintext.");
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

  private Optional<String> emulator() {
    String given = parameters.get(EMULATOR);
    if ("none".equals(given)) {
      return Optional.empty();
    }
    Optional<String> hostPort = given == null ? context.variable(VARIABLE) : Optional.of(given);
    if (hostPort.isPresent() && !HOST_PORT.matcher(hostPort.get()).matches()) {
      problems.add(
          (given == null ? VARIABLE : EMULATOR)
              + " must be host:port, such as 127.0.0.1:9099"
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
              .createScoped(List.of("https://www.googleapis.com/auth/cloud-platform")));
    } catch (IOException | InvalidPathException e) {
      problems.add("The file of credentials cannot be read: " + e.getClass().getSimpleName() + ".");
      return Optional.empty();
    }
  }
}
