package io.holdfast.firebase.auth;

import io.holdfast.ConfigurationException;
import io.holdfast.spi.Location;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Reads {@code
 * firebase-auth-file:///path/users.json[?hash=file][&writeHash=file][&tenant=id][&allowPlaintext=true]}.
 * Leaves every problem to {@link FirebaseAuthFile.Builder#build}, which knows more of them.
 */
final class FirebaseAuthFileUri {
  private static final String SHAPE =
      "A URI of a file looks like firebase-auth-file:///path/users.json.";

  private final List<String> problems = new ArrayList<>();

  private FirebaseAuthFileUri() {}

  /**
   * The builder of a handler for that file.
   *
   * @throws ConfigurationException if there is no path in it
   */
  static FirebaseAuthFile.Builder parse(Location location) {
    return new FirebaseAuthFileUri().builder(location.reveal());
  }

  private FirebaseAuthFile.Builder builder(String text) {
    String rest = text.substring(text.indexOf(':') + 1);
    int question = rest.indexOf('?');
    String head = question < 0 ? rest : rest.substring(0, question);
    if (!head.startsWith("///")) {
      throw new ConfigurationException(List.of(SHAPE));
    }
    Optional<Path> file = path(decode(head.substring(2)));
    if (file.isEmpty()) {
      throw new ConfigurationException(problems);
    }
    FirebaseAuthFile.Builder builder = FirebaseAuthFile.builder(file.get());
    if (question >= 0) {
      parameters(rest.substring(question + 1), builder);
    }
    problems.forEach(builder::problem);
    return builder;
  }

  private void parameters(String query, FirebaseAuthFile.Builder builder) {
    Set<String> seen = new HashSet<>();
    for (String pair : query.split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals <= 0) {
        if (!pair.isEmpty()) {
          problems.add("After the question mark, every parameter needs the form name=value.");
        }
        continue;
      }
      String name = decode(pair.substring(0, equals));
      String value = decode(pair.substring(equals + 1));
      if (!seen.add(name)) {
        problems.add("The parameter " + name + " is given twice.");
      }
      switch (name) {
        case "hash" -> onPath(value, builder::readHash);
        case "writeHash" -> onPath(value, builder::writeHash);
        case "tenant" -> builder.tenant(value);
        case "allowPlaintext" -> {
          if (value.equals("true")) {
            builder.allowPlaintext();
          } else if (!value.equals("false")) {
            problems.add("allowPlaintext is true or false.");
          }
        }
        default ->
            problems.add(
                "The parameter "
                    + name
                    + " is not known; there are hash, writeHash, tenant and allowPlaintext.");
      }
    }
  }

  private void onPath(String text, Consumer<Path> setting) {
    path(text).ifPresent(setting);
  }

  private Optional<Path> path(String text) {
    try {
      return Optional.of(Path.of(text));
    } catch (InvalidPathException e) {
      problems.add("A path holds what no path can hold.");
      return Optional.empty();
    }
  }

  /** A plus sign stands for itself: file names have it, and no form was sent. */
  private String decode(String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      problems.add("A percent sign is not followed by two hexadecimal digits.");
      return text;
    }
  }
}
