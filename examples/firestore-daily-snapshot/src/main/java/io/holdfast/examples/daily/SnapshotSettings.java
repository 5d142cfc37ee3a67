package io.holdfast.examples.daily;

import io.holdfast.BackupExecutor;
import io.holdfast.ConfigurationException;
import io.holdfast.Encryption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * What the environment variables say. Every problem is found at once, and nothing is contacted.
 *
 * @param sources the URIs of the sources, by name
 * @param sink where backups go
 * @param encryption to whom they are encrypted
 * @param prefix what their names begin with
 * @param environment what the databases are for
 * @param bestEffort whether a source that fails is left out
 * @param allowUncaptured whether what cannot be captured is left out
 * @param leftoversOlderThan which leftovers of interrupted runs are cleared
 */
record SnapshotSettings(
    Map<String, String> sources,
    String sink,
    Encryption encryption,
    String prefix,
    Optional<String> environment,
    boolean bestEffort,
    boolean allowUncaptured,
    Optional<Duration> leftoversOlderThan) {
  static final String DOCUMENTS = "documents";
  static final String ACCOUNTS = "accounts";

  static final String FIRESTORE = "HOLDFAST_FIRESTORE";
  static final String AUTH = "HOLDFAST_AUTH";
  static final String SINK = "HOLDFAST_SINK";
  static final String RECIPIENTS = "HOLDFAST_RECIPIENTS";
  static final String PREFIX = "HOLDFAST_PREFIX";
  static final String ENVIRONMENT = "HOLDFAST_ENVIRONMENT";
  static final String BEST_EFFORT = "HOLDFAST_BEST_EFFORT";
  static final String ALLOW_UNCAPTURED = "HOLDFAST_ALLOW_UNCAPTURED";
  static final String LEFTOVERS = "HOLDFAST_KEEP_LEFTOVERS_HOURS";

  static final Set<String> VARIABLES =
      Set.of(
          FIRESTORE,
          AUTH,
          SINK,
          RECIPIENTS,
          PREFIX,
          ENVIRONMENT,
          BEST_EFFORT,
          ALLOW_UNCAPTURED,
          LEFTOVERS);

  /** What is not being checked while something else is. Never contacted. */
  private static final String SOME_SOURCE = "firestore://none?emulator=127.0.0.1:1";

  private static final String SOME_SINK = "file:///none";

  /** Adds a source to a builder; tests give databases in memory. */
  @FunctionalInterface
  interface Sources {
    void add(BackupExecutor.Builder builder, String name, String uri);
  }

  /**
   * Reads them.
   *
   * @throws ConfigurationException with every problem
   */
  static SnapshotSettings of(Map<String, String> environment, Sources sources) {
    return new Reading(environment, sources).settings();
  }

  /** An executor; who asked for it closes it. */
  BackupExecutor executor(Sources by) {
    BackupExecutor.Builder builder =
        BackupExecutor.builder()
            .sink(sink)
            .prefix(prefix)
            .encryption(encryption)
            .allowUncaptured(allowUncaptured);
    sources.forEach((name, uri) -> by.add(builder, name, uri));
    environment.ifPresent(builder::environment);
    if (bestEffort) {
      builder.bestEffort();
    }
    return builder.build();
  }

  private static final class Reading {
    private final Map<String, String> environment;
    private final Sources by;
    private final List<String> problems = new ArrayList<>();

    Reading(Map<String, String> environment, Sources by) {
      this.environment = environment;
      this.by = by;
    }

    SnapshotSettings settings() {
      refuseUnknown();
      Map<String, String> sources = sources();
      String sink = required(SINK, "where backups go: file:///var/backups").orElse(SOME_SINK);
      check(SINK, builder -> builder.sink(sink));
      String prefix = value(PREFIX).orElse("nightly");
      check(PREFIX, builder -> builder.prefix(prefix));
      Optional<String> label = value(ENVIRONMENT);
      label.ifPresent(text -> check(ENVIRONMENT, builder -> builder.environment(text)));
      boolean bestEffort = flag(BEST_EFFORT);
      if (bestEffort && sources.size() < 2) {
        problems.add(BEST_EFFORT + ": it is for several sources, and " + AUTH + " is none.");
      }
      SnapshotSettings settings =
          new SnapshotSettings(
              sources,
              sink,
              encryption(),
              prefix,
              label,
              bestEffort,
              flag(ALLOW_UNCAPTURED),
              leftovers());
      if (!problems.isEmpty()) {
        throw new ConfigurationException(problems);
      }
      return settings;
    }

    /** A misspelt name would be a setting that nobody notices is missing. */
    private void refuseUnknown() {
      for (String name : new TreeSet<>(environment.keySet())) {
        if (name.startsWith("HOLDFAST_") && !VARIABLES.contains(name)) {
          problems.add(name + " is not known; there are " + new TreeSet<>(VARIABLES) + ".");
        }
      }
    }

    private Map<String, String> sources() {
      Map<String, String> sources = new LinkedHashMap<>();
      required(FIRESTORE, "the database: firestore://project")
          .ifPresent(uri -> sources.put(DOCUMENTS, source(FIRESTORE, "firestore", DOCUMENTS, uri)));
      required(AUTH, "the accounts: firebase-auth://project, or none to leave them out")
          .ifPresent(
              uri -> {
                if (!uri.equals("none")) {
                  sources.put(ACCOUNTS, source(AUTH, "firebase-auth", ACCOUNTS, uri));
                }
              });
      return sources;
    }

    private String source(String variable, String scheme, String name, String uri) {
      if (!uri.startsWith(scheme + "://")) {
        problems.add(variable + " must begin with " + scheme + "://.");
      } else {
        attempt(
            variable,
            () -> {
              BackupExecutor.Builder builder = BackupExecutor.builder().sink(SOME_SINK);
              by.add(builder, name, uri);
              builder.build().close();
            });
      }
      return uri;
    }

    private Encryption encryption() {
      List<String> keys =
          Arrays.stream(
                  required(RECIPIENTS, "age public keys, with commas between them: age1…")
                      .orElse("")
                      .split("[,\\s]+"))
              .filter(key -> !key.isEmpty())
              .toList();
      Encryption[] read = {Encryption.none()};
      if (value(RECIPIENTS).isPresent()) {
        attempt(RECIPIENTS, () -> read[0] = Encryption.recipients(keys));
      }
      return read[0];
    }

    private Optional<Duration> leftovers() {
      Optional<String> hours = value(LEFTOVERS);
      if (hours.isPresent() && !hours.get().matches("[1-9][0-9]{0,4}")) {
        problems.add(LEFTOVERS + " must be a number of hours from 1 to 99999.");
        return Optional.empty();
      }
      return hours.map(text -> Duration.ofHours(Long.parseLong(text)));
    }

    private boolean flag(String name) {
      String text = value(name).orElse("false");
      if (!text.equals("true") && !text.equals("false")) {
        problems.add(name + " must be true or false.");
      }
      return text.equals("true");
    }

    private Optional<String> required(String name, String what) {
      Optional<String> value = value(name);
      if (value.isEmpty()) {
        problems.add(name + " is missing: " + what + ".");
      }
      return value;
    }

    private Optional<String> value(String name) {
      return Optional.ofNullable(environment.get(name))
          .map(String::strip)
          .filter(text -> !text.isEmpty());
    }

    private void check(String name, Consumer<BackupExecutor.Builder> setting) {
      attempt(
          name,
          () -> {
            BackupExecutor.Builder builder =
                BackupExecutor.builder().source(SOME_SOURCE).sink(SOME_SINK);
            setting.accept(builder);
            builder.build().close();
          });
    }

    private void attempt(String name, Runnable check) {
      try {
        check.run();
      } catch (ConfigurationException e) {
        e.problems().forEach(problem -> problems.add(name + ": " + problem));
      }
    }
  }
}
