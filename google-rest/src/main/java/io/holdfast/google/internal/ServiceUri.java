package io.holdfast.google.internal;

import com.google.auth.Credentials;
import com.google.auth.oauth2.GoogleCredentials;
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
 * What the URIs of Google's services have in common: {@code scheme://project[/part][?emulator=host:
 * port][&credentials=file]} and parameters of the service's own. Collects problems instead of
 * throwing; contacts nothing. Used by one thread.
 */
public final class ServiceUri {
  private static final String EMULATOR = "emulator";
  private static final String CREDENTIALS = "credentials";
  private static final String NONE = "none";

  /** Ids of projects may have a domain in front: {@code example.com:shop}. */
  private static final Pattern PROJECT = Pattern.compile("[A-Za-z0-9.:_-]{1,100}");

  private static final Pattern HOST_PORT = Pattern.compile("[^/?#@\\s]+:[0-9]{1,5}");

  private final List<String> problems = new ArrayList<>();
  private final Map<String, String> parameters = new LinkedHashMap<>();
  private final String project;
  private final Optional<String> part;

  /**
   * Takes a URI apart.
   *
   * @param text the URI
   * @param form what it should look like, for errors: {@code firestore://project[/database]}
   * @param further the parameters that it may have besides {@code emulator} and {@code credentials}
   */
  public ServiceUri(String text, String form, List<String> further) {
    String rest = text.substring(text.indexOf(':') + 1);
    if (!rest.startsWith("//")) {
      problems.add("Such a URI looks like " + form + ".");
      project = "";
      part = Optional.empty();
      return;
    }
    int question = rest.indexOf('?');
    if (question >= 0) {
      List<String> known = new ArrayList<>(List.of(EMULATOR, CREDENTIALS));
      known.addAll(further);
      readParameters(rest.substring(question + 1), known);
    }
    String path = rest.substring(2, question < 0 ? rest.length() : question);
    String trimmed = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    int slash = trimmed.indexOf('/');
    project = slash < 0 ? trimmed : trimmed.substring(0, slash);
    part = slash < 0 ? Optional.empty() : Optional.of(decode(trimmed.substring(slash + 1)));
    if (!PROJECT.matcher(project).matches()) {
      problems.add("The project is missing or malformed: " + form + ".");
    }
  }

  /** The project's id. */
  public String project() {
    return project;
  }

  /** What stands behind the project, decoded. */
  public Optional<String> part() {
    return part;
  }

  /** A parameter, decoded. */
  public Optional<String> parameter(String name) {
    return Optional.ofNullable(parameters.get(name));
  }

  /** Adds a problem. */
  public void problem(String problem) {
    problems.add(problem);
  }

  /** Every problem so far. */
  public List<String> problems() {
    return List.copyOf(problems);
  }

  private void readParameters(String query, List<String> known) {
    for (String pair : query.split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals <= 0) {
        if (!pair.isEmpty()) {
          problems.add("After the question mark, every parameter needs the form name=value.");
        }
        continue;
      }
      String name = decode(pair.substring(0, equals));
      if (!known.contains(name)) {
        int last = known.size() - 1;
        problems.add(
            "The parameter "
                + name
                + " is not known; there are "
                + String.join(", ", known.subList(0, last))
                + " and "
                + known.get(last)
                + ".");
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

  /**
   * The emulator. What the URI says wins over the environment: one of two databases may be an
   * emulator's and the other not.
   *
   * @param variable the environment variable that names one, too
   * @param example what it looks like: {@code 127.0.0.1:8080}
   */
  public Optional<String> emulator(ProviderContext context, String variable, String example) {
    String given = parameters.get(EMULATOR);
    if (NONE.equals(given)) {
      return Optional.empty();
    }
    Optional<String> hostPort = given == null ? context.variable(variable) : Optional.of(given);
    if (hostPort.isPresent() && !HOST_PORT.matcher(hostPort.get()).matches()) {
      problems.add(
          (given == null ? variable : EMULATOR)
              + " must be host:port, such as "
              + example
              + (given == null ? "." : ", or none for the service itself."));
    }
    return hostPort;
  }

  /**
   * The credentials of the file that is named.
   *
   * @param emulator what {@link #emulator} gave; it takes no credentials
   * @param scopes what they are for
   */
  public Optional<Credentials> credentials(Optional<String> emulator, List<String> scopes) {
    String file = parameters.get(CREDENTIALS);
    if (file == null) {
      return Optional.empty();
    }
    if (emulator.isPresent()) {
      problems.add("Give an emulator or credentials, not both.");
    }
    try (InputStream in = Files.newInputStream(Path.of(file))) {
      return Optional.of(GoogleCredentials.fromStream(in).createScoped(scopes));
    } catch (IOException | InvalidPathException e) {
      problems.add("The file of credentials cannot be read: " + e.getClass().getSimpleName() + ".");
      return Optional.empty();
    }
  }
}
