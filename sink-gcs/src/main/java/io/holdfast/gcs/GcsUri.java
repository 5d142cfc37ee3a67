package io.holdfast.gcs;

import com.google.cloud.storage.BlobInfo;
import io.holdfast.ConfigurationException;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a {@code gs} URI says, with every problem at once. Contacts nothing.
 *
 * @param endpoint where the storage is, if not at Google's usual address
 * @param emulator whether that is an emulator, which takes no credentials
 */
record GcsUri(
    GcsSink.Builder sink,
    Optional<Path> credentials,
    Optional<String> project,
    Optional<String> endpoint,
    boolean emulator) {
  private static final String FORM = "Write it as gs://bucket/prefix?parameter=value.";
  private static final String EMULATOR_VARIABLE = "STORAGE_EMULATOR_HOST";
  private static final int LONGEST_PREFIX = 500;
  private static final List<String> PARAMETERS =
      List.of(
          "credentials",
          "project",
          "endpoint",
          "storage-class",
          "kms-key",
          "retain",
          "retention-mode",
          "temporary-hold",
          "event-based-hold");

  /** https://cloud.google.com/storage/docs/buckets#naming */
  private static final Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]");

  /** Ids of projects may have a domain in front: {@code example.com:shop}. */
  private static final Pattern PROJECT = Pattern.compile("[A-Za-z0-9.:_-]{1,100}");

  private static final Pattern KMS_KEY =
      Pattern.compile("projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+");
  private static final Pattern STORAGE_CLASS = Pattern.compile("[A-Z_]{3,40}");
  private static final Pattern DURATION = Pattern.compile("([1-9][0-9]{0,5})([smhd])");
  private static final Pattern LOOPBACK =
      Pattern.compile("localhost|127\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}|\\[::1\\]");

  /**
   * Reads the URI.
   *
   * @throws ConfigurationException with every problem
   */
  static GcsUri parse(Location location, ProviderContext context) {
    return new Reader(location, context).read();
  }

  /** What is wrong with a prefix; nothing if it is one. */
  static List<String> problemsOfPrefix(String prefix) {
    List<String> problems = new ArrayList<>();
    if (prefix.isEmpty()) {
      return problems;
    }
    for (String segment : prefix.split("/", -1)) {
      if (segment.isEmpty() || segment.equals(".") || segment.equals("..")) {
        problems.add("The prefix has an empty segment, or one that is . or .. only.");
        break;
      }
    }
    if (prefix.chars().anyMatch(Character::isISOControl)) {
      problems.add("The prefix has control characters.");
    }
    if (prefix.getBytes(StandardCharsets.UTF_8).length > LONGEST_PREFIX) {
      problems.add("The prefix is longer than " + LONGEST_PREFIX + " bytes.");
    }
    // https://cloud.google.com/storage/docs/objects#naming
    if (prefix.startsWith(".well-known/acme-challenge")) {
      problems.add("Google keeps the prefix .well-known/acme-challenge for itself.");
    }
    return problems;
  }

  /** Collects what the URI says and what is wrong with it. */
  private static final class Reader {
    private final String text;
    private final ProviderContext context;
    private final List<String> problems = new ArrayList<>();
    private final Map<String, String> parameters = new LinkedHashMap<>();

    Reader(Location location, ProviderContext context) {
      this.text = location.reveal();
      this.context = context;
    }

    GcsUri read() {
      String rest = text.substring(text.indexOf(':') + 1);
      if (!rest.startsWith("//")) {
        throw new ConfigurationException(List.of("The location lacks the bucket. " + FORM));
      }
      if (rest.indexOf('#') >= 0) {
        problems.add("The location has a fragment; write a # as %23. " + FORM);
      }
      int question = rest.indexOf('?');
      if (question >= 0) {
        readParameters(rest.substring(question + 1));
      }
      String path = rest.substring(2, question < 0 ? rest.length() : question);
      int slash = path.indexOf('/');
      String bucket = slash < 0 ? path : path.substring(0, slash);
      if (!BUCKET.matcher(bucket).matches() || bucket.contains("..")) {
        problems.add(
            "The bucket is missing or malformed: lower-case letters, digits, dots, hyphens and"
                + " underscores. "
                + FORM);
      }
      GcsSink.Builder sink = GcsSink.described(bucket).retry(context.retry());
      prefix(slash < 0 ? "" : path.substring(slash + 1), sink);
      matching("storage-class", STORAGE_CLASS, "a name such as NEARLINE")
          .map(value -> value.toUpperCase(Locale.ROOT))
          .ifPresent(sink::storageClass);
      matching("kms-key", KMS_KEY, "projects/P/locations/L/keyRings/R/cryptoKeys/K")
          .ifPresent(sink::kmsKey);
      retention(sink);
      yesOrNo("temporary-hold", sink::temporaryHold);
      yesOrNo("event-based-hold", sink::eventBasedHold);
      Optional<URI> endpoint = endpoint();
      boolean emulator = endpoint.filter(uri -> uri.getScheme().equals("http")).isPresent();
      Optional<Path> credentials = credentials(emulator);
      Optional<String> project = matching("project", PROJECT, "the id of a project");
      if (!problems.isEmpty()) {
        throw new ConfigurationException(problems);
      }
      return new GcsUri(sink, credentials, project, endpoint.map(URI::toString), emulator);
    }

    private void prefix(String raw, GcsSink.Builder sink) {
      String prefix =
          decode(raw.endsWith("/") ? raw.substring(0, raw.length() - 1) : raw, "the prefix");
      List<String> wrong = problemsOfPrefix(prefix);
      problems.addAll(wrong);
      if (wrong.isEmpty()) {
        sink.prefix(prefix);
      }
    }

    private void retention(GcsSink.Builder sink) {
      matching("retain", DURATION, "a number with s, m, h or d, such as 30d")
          .ifPresent(value -> sink.retain(duration(value)));
      String mode = parameters.get("retention-mode");
      if (mode != null) {
        switch (mode) {
          case "unlocked" -> sink.retentionMode(BlobInfo.Retention.Mode.UNLOCKED);
          case "locked" -> sink.retentionMode(BlobInfo.Retention.Mode.LOCKED);
          default -> problems.add("retention-mode must be unlocked or locked.");
        }
      }
    }

    private static Duration duration(String value) {
      Matcher parts = DURATION.matcher(value);
      if (!parts.matches()) {
        throw new IllegalArgumentException(value);
      }
      long count = Long.parseLong(parts.group(1));
      return switch (parts.group(2)) {
        case "s" -> Duration.ofSeconds(count);
        case "m" -> Duration.ofMinutes(count);
        case "h" -> Duration.ofHours(count);
        default -> Duration.ofDays(count);
      };
    }

    private void yesOrNo(String name, Consumer<Boolean> setter) {
      String value = parameters.get(name);
      if (value == null) {
        return;
      }
      if (value.equals("true") || value.equals("false")) {
        setter.accept(value.equals("true"));
      } else {
        problems.add(name + " must be true or false.");
      }
    }

    private Optional<String> matching(String name, Pattern pattern, String form) {
      String value = parameters.get(name);
      if (value == null) {
        return Optional.empty();
      }
      if (!pattern
          .matcher(name.equals("storage-class") ? value.toUpperCase(Locale.ROOT) : value)
          .matches()) {
        problems.add(name + " must be " + form + ".");
        return Optional.empty();
      }
      return Optional.of(value);
    }

    private Optional<Path> credentials(boolean emulator) {
      String file = parameters.get("credentials");
      if (file == null) {
        return Optional.empty();
      }
      if (emulator) {
        problems.add("Give an emulator or credentials, not both: an emulator takes none.");
      }
      try {
        Path path = Path.of(file);
        if (Files.isReadable(path)) {
          return Optional.of(path);
        }
      } catch (InvalidPathException e) {
        // The same to the user.
      }
      problems.add("The file of credentials cannot be read.");
      return Optional.empty();
    }

    /**
     * What the URI says wins over the environment, which Google's other clients look at, too: one
     * of two storages may be an emulator's and the other not.
     */
    private Optional<URI> endpoint() {
      String given = parameters.get("endpoint");
      if (given != null) {
        return endpoint("endpoint", given);
      }
      return context
          .variable(EMULATOR_VARIABLE)
          .flatMap(
              value ->
                  endpoint(EMULATOR_VARIABLE, value.contains("://") ? value : "http://" + value));
    }

    private Optional<URI> endpoint(String name, String value) {
      URI uri = uri(value);
      if (uri == null
          || uri.getHost() == null
          || uri.getRawUserInfo() != null
          || uri.getRawQuery() != null
          || uri.getRawFragment() != null
          || !(uri.getRawPath().isEmpty() || uri.getRawPath().equals("/"))
          || !List.of("http", "https").contains(uri.getScheme())) {
        problems.add(
            name
                + " must be http://host:port of an emulator on this machine, or https://host, with"
                + " nothing behind it.");
        return Optional.empty();
      }
      if (uri.getScheme().equals("http") && !LOOPBACK.matcher(uri.getHost()).matches()) {
        problems.add(
            name
                + " must begin with https, unless the host is this machine: what is sent by http"
                + " can be read by others.");
        return Optional.empty();
      }
      return Optional.of(uri);
    }

    private static @Nullable URI uri(String value) {
      try {
        return new URI(value);
      } catch (URISyntaxException e) {
        return null;
      }
    }

    private void readParameters(String query) {
      for (String pair : query.split("&", -1)) {
        int equals = pair.indexOf('=');
        if (equals <= 0) {
          problems.add("After the question mark, every parameter needs the form name=value.");
          continue;
        }
        String name = decode(pair.substring(0, equals), "the name of a parameter");
        String value = decode(pair.substring(equals + 1), name);
        if (!PARAMETERS.contains(name)) {
          problems.add(
              "The parameter "
                  + name
                  + " is not known; there are "
                  + String.join(", ", PARAMETERS)
                  + ".");
        } else if (parameters.putIfAbsent(name, value) != null) {
          problems.add("The parameter " + name + " is given twice.");
        }
      }
    }

    private String decode(String raw, String what) {
      try {
        // A plus is a plus in a URI; only forms write a space so.
        return URLDecoder.decode(raw.replace("+", "%2B"), StandardCharsets.UTF_8);
      } catch (IllegalArgumentException e) {
        problems.add("In " + what + " a percent sign is not followed by two hexadecimal digits.");
        return "";
      }
    }
  }
}
