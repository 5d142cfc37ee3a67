package io.holdfast.internal;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.CatalogEntry;
import io.holdfast.format.Codec;
import io.holdfast.format.Manifest;
import io.holdfast.spi.Leftover;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StoredObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Clears what interrupted runs left behind. Never touches what a manifest names. */
public final class Prune {
  private Prune() {}

  /** Clears leftovers older than that and tells what they were. */
  public static List<String> run(StorageSink sink, Settings settings, Duration olderThan) {
    Instant limit = settings.clock().instant().minus(olderThan);
    List<String> cleared = new ArrayList<>();
    for (Leftover leftover : sink.leftovers()) {
      if (leftover.modified().isBefore(limit)) {
        cleared.add(leftover.id());
        if (!settings.dryRun()) {
          sink.discard(leftover);
        }
      }
    }
    for (ObjectKey orphan : orphans(sink, settings, limit)) {
      cleared.add(orphan.value());
      if (!settings.dryRun()) {
        sink.delete(orphan);
      }
    }
    return cleared;
  }

  /** Documents of ours, by their names, that no manifest speaks for. */
  private static List<ObjectKey> orphans(StorageSink sink, Settings settings, Instant limit) {
    Pattern ours = documentNames(settings);
    List<ObjectKey> candidates;
    try (Stream<StoredObject> objects = sink.list(settings.prefix() + "-")) {
      candidates =
          objects
              .filter(object -> object.modified().isBefore(limit))
              .map(StoredObject::key)
              .filter(key -> ours.matcher(key.value()).matches())
              .toList();
    }
    // Manifests are read after the documents were listed: whoever got one since is kept.
    Set<String> backups = new HashSet<>();
    for (CatalogEntry entry : new Catalog(sink).list(settings.prefix() + "-")) {
      backups.add(entry.backupId());
    }
    return candidates.stream()
        .filter(key -> backups.stream().noneMatch(id -> key.value().startsWith(id + ".")))
        .toList();
  }

  private static Pattern documentNames(Settings settings) {
    return Pattern.compile(
        Pattern.quote(settings.prefix())
            + "-[0-9A-Za-z._-]+"
            + Pattern.quote(settings.suffix())
            + "("
            + Pattern.quote(Codec.ZSTD.ending())
            + "|"
            + Pattern.quote(Codec.GZIP.ending())
            + ")?(\\.age)?(?<!"
            + Pattern.quote(Manifest.KEY_ENDING)
            + ")");
  }
}
