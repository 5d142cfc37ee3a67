package io.holdfast.s3;

import io.holdfast.ConfigurationException;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.services.s3.model.ObjectLockMode;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;
import software.amazon.awssdk.services.s3.model.StorageClass;

/**
 * Reads {@code s3://bucket/prefix?parameters}. Collects every problem before it throws; contacts
 * nothing. Repeats no values in what it says, since one of them may be a secret that was put in the
 * wrong place.
 */
final class S3Uri {
  private static final String FORM = "Write it as s3://bucket/prefix.";
  private static final String TAG = "tag";

  private static final List<String> PARAMETERS =
      List.of(
          "region",
          "endpoint",
          "path-style",
          "profile",
          "storage-class",
          "sse",
          "kms-key",
          "object-lock",
          "retain",
          "legal-hold",
          TAG,
          "checksums");

  private static final Pattern REGION = Pattern.compile("[a-z0-9][a-z0-9-]{0,39}");
  private static final Pattern PERIOD = Pattern.compile("([0-9]{1,5})([hdwy])");

  private final List<String> problems = new ArrayList<>();
  private final Map<String, List<String>> parameters = new LinkedHashMap<>();

  private S3Uri() {}

  /**
   * The sink that a location describes.
   *
   * @throws ConfigurationException with every problem
   */
  static S3Sink.Builder parse(
      Location location, ProviderContext context, OwnClient.Timeouts timeouts) {
    return new S3Uri().read(location.reveal(), context, timeouts);
  }

  private S3Sink.Builder read(String text, ProviderContext context, OwnClient.Timeouts timeouts) {
    String rest = text.substring(text.indexOf(':') + 1);
    if (!rest.startsWith("//")) {
      throw new ConfigurationException(
          List.of("The location of an S3 sink has two slashes after the colon. " + FORM));
    }
    if (rest.indexOf('#') >= 0) {
      problems.add("An S3 sink has no fragment; write a # as %23.");
      rest = rest.substring(0, rest.indexOf('#'));
    }
    int question = rest.indexOf('?');
    if (question >= 0) {
      readParameters(rest.substring(question + 1));
    }
    String path = rest.substring(2, question < 0 ? rest.length() : question);
    int slash = path.indexOf('/');
    String bucket = slash < 0 ? path : path.substring(0, slash);
    if (bucket.indexOf('@') >= 0) {
      problems.add(
          "Credentials do not belong into the location: they come from the environment, the AWS"
              + " configuration files or the machine's role.");
      bucket = bucket.substring(bucket.lastIndexOf('@') + 1);
    }
    S3Connection connection =
        new S3Connection(
            region(),
            endpoint(),
            flag("path-style", "true", "false", false),
            single("profile"),
            flag("checksums", "on", "off", true),
            context);
    S3Sink.Builder sink =
        S3Sink.builder(new OwnClient(connection, timeouts), bucket)
            .prefix(slash < 0 ? "" : decode(path.substring(slash + 1)))
            .legalHold(flag("legal-hold", "true", "false", false))
            .checksums(connection.checksums())
            .retry(context.retry());
    readStorage(sink);
    readLock(sink);
    parameters.getOrDefault(TAG, List.of()).forEach(tag -> readTag(sink, tag));
    problems.addAll(sink.problems());
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
    return sink;
  }

  private void readParameters(String query) {
    for (String pair : query.split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals <= 0) {
        if (!pair.isEmpty()) {
          problems.add("After the question mark, every parameter has the form name=value.");
        }
        continue;
      }
      String name = decode(pair.substring(0, equals));
      String value = decode(pair.substring(equals + 1));
      if (!PARAMETERS.contains(name)) {
        problems.add(
            "The parameter "
                + name
                + " is not known; there are "
                + String.join(", ", PARAMETERS)
                + ".");
      } else if (value.isEmpty()) {
        problems.add("The parameter " + name + " has no value.");
      } else {
        List<String> values = parameters.computeIfAbsent(name, ignored -> new ArrayList<>());
        values.add(value);
        if (values.size() == 2 && !name.equals(TAG)) {
          problems.add("The parameter " + name + " is given more than once.");
        }
      }
    }
  }

  private void readStorage(S3Sink.Builder sink) {
    single("storage-class")
        .ifPresent(
            text -> {
              StorageClass known = StorageClass.fromValue(text.toUpperCase(Locale.ROOT));
              if (known == StorageClass.UNKNOWN_TO_SDK_VERSION) {
                problems.add(
                    "The storage-class is none of S3's, such as STANDARD_IA or GLACIER_IR.");
              } else {
                sink.storageClass(known);
              }
            });
    single("sse").ifPresent(text -> sink.encryption(ServerSideEncryption.fromValue(text)));
    single("kms-key").ifPresent(sink::kmsKey);
  }

  private void readLock(S3Sink.Builder sink) {
    single("object-lock")
        .ifPresent(
            text -> {
              ObjectLockMode mode = ObjectLockMode.fromValue(text.toUpperCase(Locale.ROOT));
              if (mode == ObjectLockMode.UNKNOWN_TO_SDK_VERSION) {
                problems.add("The parameter object-lock is governance or compliance.");
              }
              // Also the unknown one, so that a retention is not called a second problem.
              sink.objectLock(mode);
            });
    single("retain").flatMap(this::period).ifPresent(sink::retain);
  }

  private Optional<Duration> period(String text) {
    Matcher matcher = PERIOD.matcher(text);
    if (!matcher.matches()) {
      problems.add("The parameter retain is a number of hours, days, weeks or years: 30d.");
      return Optional.empty();
    }
    long number = Long.parseLong(matcher.group(1));
    return Optional.of(
        switch (matcher.group(2)) {
          case "h" -> Duration.ofHours(number);
          case "d" -> Duration.ofDays(number);
          case "w" -> Duration.ofDays(7 * number);
          default -> Duration.ofDays(365 * number);
        });
  }

  private void readTag(S3Sink.Builder sink, String tag) {
    int colon = tag.indexOf(':');
    if (colon <= 0) {
      problems.add("A tag is written as tag=name:value.");
    } else {
      sink.tag(tag.substring(0, colon), tag.substring(colon + 1));
    }
  }

  private Optional<String> region() {
    Optional<String> region = single("region");
    if (region.filter(name -> !REGION.matcher(name).matches()).isPresent()) {
      problems.add("The region is no name of one, such as eu-central-1.");
    }
    return region;
  }

  private Optional<String> endpoint() {
    return single("endpoint").flatMap(this::endpoint);
  }

  private Optional<String> endpoint(String text) {
    try {
      URI uri = new URI(text);
      if (("http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme()))
          && uri.getHost() != null
          && uri.getRawUserInfo() == null
          && uri.getRawQuery() == null
          && uri.getRawFragment() == null) {
        return Optional.of(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
      }
    } catch (URISyntaxException e) {
      // The problem below says what it should look like; the reason may repeat a secret.
    }
    problems.add("The endpoint is no URL of a server, such as https://storage.example.com:9000.");
    return Optional.empty();
  }

  private Optional<String> single(String name) {
    List<String> values = parameters.getOrDefault(name, List.of());
    return values.isEmpty() ? Optional.empty() : Optional.of(values.get(0));
  }

  private boolean flag(String name, String yes, String no, boolean otherwise) {
    Optional<String> value = single(name);
    if (value.isPresent() && !value.get().equals(yes) && !value.get().equals(no)) {
      problems.add("The parameter " + name + " is " + yes + " or " + no + ".");
    }
    return value.map(yes::equals).orElse(otherwise);
  }

  private String decode(String text) {
    try {
      // A plus sign stands for itself: keys and tags may have one.
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      problems.add("A percent sign is not followed by two hexadecimal digits; write it as %25.");
      return text;
    }
  }
}
