package io.holdfast.internal;

import io.holdfast.ConfigurationException;
import io.holdfast.format.Codec;
import io.holdfast.format.Manifest;
import io.holdfast.spi.Leftover;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StoredObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Clears what interrupted runs left behind. Never touches what a manifest names. */
public final class Prune {
  private Prune() {}

  /**
   * Clears leftovers older than that and tells what they were.
   *
   * @param sources the names of the executor's sources
   * @throws ConfigurationException if the age is negative: what is written right now would qualify
   */
  public static List<String> run(
      StorageSink sink, Settings settings, List<String> sources, Duration olderThan) {
    if (olderThan.isNegative()) {
      throw new ConfigurationException(
          List.of("prune was asked for leftovers younger than none: " + olderThan + "."));
    }
    Instant limit = before(settings.clock().instant(), olderThan);
    List<String> cleared = new ArrayList<>();
    for (Leftover leftover : sink.leftovers()) {
      if (leftover.modified().isBefore(limit)) {
        if (!settings.dryRun()) {
          sink.discard(leftover);
        }
        cleared.add(leftover.id());
      }
    }
    List<ObjectKey> orphans = new ArrayList<>(orphans(sink, settings, sources, limit));
    orphans.addAll(orphans(sink, settings.forSafetyBackup(false), sources, limit));
    for (ObjectKey orphan : orphans) {
      if (!settings.dryRun()) {
        sink.delete(orphan);
      }
      cleared.add(orphan.value());
    }
    return List.copyOf(cleared);
  }

  private static Instant before(Instant now, Duration age) {
    return age.compareTo(Duration.between(Instant.MIN, now)) > 0 ? Instant.MIN : now.minus(age);
  }

  /** Documents of ours, by their names, that no manifest speaks for. */
  private static List<ObjectKey> orphans(
      StorageSink sink, Settings settings, List<String> sources, Instant limit) {
    Pattern document = documentNames(settings);
    List<ObjectKey> candidates;
    try (Stream<StoredObject> objects = sink.list(settings.prefix() + "-")) {
      candidates =
          objects
              .filter(object -> object.modified().isBefore(limit))
              .map(StoredObject::key)
              .filter(key -> isOurs(document.matcher(key.value()), settings, sources))
              .toList();
    }
    // Manifests are looked for after the documents were listed: whoever got one since is kept.
    return candidates.stream().filter(key -> !hasManifest(sink, key.value())).toList();
  }

  private static boolean isOurs(Matcher matcher, Settings settings, List<String> sources) {
    return matcher.matches()
        && (settings.owns(matcher.group(1))
            || settings.owns(withoutSource(matcher.group(1), sources)));
  }

  /** The id, where a document's key has the name of its source behind it. */
  private static String withoutSource(String stem, List<String> sources) {
    int dot = stem.lastIndexOf('.');
    return dot > 0 && sources.contains(stem.substring(dot + 1)) ? stem.substring(0, dot) : stem;
  }

  /** Whether any backup speaks for the document, readable or not. */
  private static boolean hasManifest(StorageSink sink, String key) {
    for (int dot = key.lastIndexOf('.'); dot > 0; dot = key.lastIndexOf('.', dot - 1)) {
      String manifest = key.substring(0, dot) + Manifest.KEY_ENDING;
      if (ObjectKey.isSafe(manifest) && sink.stat(ObjectKey.of(manifest)).isPresent()) {
        return true;
      }
    }
    return false;
  }

  private static Pattern documentNames(Settings settings) {
    return Pattern.compile(
        "("
            + Pattern.quote(settings.prefix())
            + "-[0-9A-Za-z._/-]+)"
            + Pattern.quote(settings.suffix())
            + "(?:"
            + Pattern.quote(Codec.ZSTD.ending())
            + "|"
            + Pattern.quote(Codec.GZIP.ending())
            + ")?(?:\\.age)?");
  }
}
