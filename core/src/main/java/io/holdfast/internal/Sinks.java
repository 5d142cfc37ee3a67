package io.holdfast.internal;

import io.holdfast.ConfigurationException;
import io.holdfast.spi.StorageSink;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Where an executor stores its backups.
 *
 * @param all the sinks, in the order in which they are read from; at least one
 * @param required in how many of them a backup must be stored
 */
public record Sinks(List<NamedSink> all, int required) {
  /** Copies the list. */
  public Sinks {
    all = List.copyOf(all);
  }

  /** Whether there are several. */
  boolean several() {
    return all.size() > 1;
  }

  /**
   * All of them as one to read from.
   *
   * @param warnings told of sinks that could not be asked
   */
  public StorageSink merged(Consumer<String> warnings) {
    return several() ? new MergedSink(all, warnings) : all.get(0).sink();
  }

  /**
   * The sink of that name, or all of them as one.
   *
   * @throws ConfigurationException if there is none of that name
   */
  public StorageSink toRead(Optional<String> name, Consumer<String> warnings) {
    return name.isPresent() ? named(name.get()) : merged(warnings);
  }

  /**
   * The sink of that name.
   *
   * @throws ConfigurationException if there is none
   */
  public StorageSink named(String name) {
    return all.stream()
        .filter(sink -> sink.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new ConfigurationException(
                    List.of(
                        "There is no sink named "
                            + name
                            + ". The names are "
                            + all.stream().map(NamedSink::name).collect(Collectors.joining(", "))
                            + ". Nothing was changed.")))
        .sink();
  }
}
