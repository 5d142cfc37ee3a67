package io.holdfast.testkit;

import io.holdfast.spi.Leftover;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SinkCapability;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Stream;

/** Sinks that break one promise each, and the test of the contract that must notice it. */
enum WrongSink {
  SHOWS_UNFINISHED_OBJECTS(
      "nothingIsVisibleBeforeCommit",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public SinkWriter write(ObjectKey key, WriteOptions options) {
              return new Collecting(inside, key, options) {
                @Override
                public void write(ByteBuffer bytes) {
                  super.write(bytes);
                  inside.delete(key);
                  publish(collected.toByteArray());
                }

                @Override
                public StoredObject commit(ObjectDigest digest) {
                  return inside.stat(key).orElseThrow();
                }
              };
            }
          }),

  PUBLISHES_ON_CLOSE(
      "closingWithoutCommitDiscards",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public SinkWriter write(ObjectKey key, WriteOptions options) {
              return new Collecting(inside, key, options) {
                @Override
                public void close() {
                  if (!ended) {
                    publish(collected.toByteArray());
                  }
                  super.close();
                }
              };
            }
          }),

  OVERWRITES(
      "aSecondObjectUnderTheSameKeyIsRefusedAndTheFirstUnchanged",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public SinkWriter write(ObjectKey key, WriteOptions options) {
              inside.delete(key);
              return inside.write(key, options);
            }
          }),

  LOOKS_ONLY_BEFORE_WRITING(
      "aKeyThatIsTakenWhileWritingIsRefusedAtCommit", WrongSink::replacingAtCommit),

  REPLACES_IN_A_RACE("ofManyWritersInARaceExactlyOneWins", WrongSink::replacingAtCommit),

  REFUSES_THE_WINNER_TOO(
      "ofManyWritersOfTheSameBytesAtLeastOneWins",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public SinkWriter write(ObjectKey key, WriteOptions options) {
              return new ForwardingWriter(inside.write(key, options)) {
                @Override
                public StoredObject commit(ObjectDigest digest) {
                  super.commit(digest);
                  throw new StorageException(Kind.ALREADY_EXISTS, key.value(), "wrong", null);
                }
              };
            }
          }),

  KEEPS_THE_BUFFER(
      "buffersOfEveryKindAreTakenWholeAndMayBeReused",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public SinkWriter write(ObjectKey key, WriteOptions options) {
              return new ForwardingWriter(inside.write(key, options)) {
                private final List<ByteBuffer> kept = new ArrayList<>();

                @Override
                public void write(ByteBuffer bytes) {
                  kept.add(bytes.duplicate());
                  bytes.position(bytes.limit());
                }

                @Override
                public StoredObject commit(ObjectDigest digest) {
                  kept.forEach(super::write);
                  return super.commit(digest);
                }
              };
            }
          }),

  TAKES_A_PART_OF_THE_BUFFER(
      "buffersOfEveryKindAreTakenWholeAndMayBeReused",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public SinkWriter write(ObjectKey key, WriteOptions options) {
              return new ForwardingWriter(inside.write(key, options)) {
                @Override
                public void write(ByteBuffer bytes) {
                  super.write(bytes.duplicate());
                }
              };
            }
          }),

  IGNORES_THE_LENGTH(
      "aCommitWithAnotherLengthIsRefusedAndPublishesNothing",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public SinkWriter write(ObjectKey key, WriteOptions options) {
              return new Collecting(inside, key, options) {
                @Override
                public StoredObject commit(ObjectDigest digest) {
                  requireUsable();
                  return publish(collected.toByteArray());
                }
              };
            }
          }),

  WRITES_ON_AFTER_COMMIT(
      "afterCommitAWriterTakesNothingMore",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public SinkWriter write(ObjectKey key, WriteOptions options) {
              return new ForwardingWriter(inside.write(key, options)) {
                private boolean committed;

                @Override
                public void write(ByteBuffer bytes) {
                  if (!committed) {
                    super.write(bytes);
                  }
                }

                @Override
                public StoredObject commit(ObjectDigest digest) {
                  StoredObject stored = super.commit(digest);
                  committed = true;
                  return stored;
                }
              };
            }
          }),

  COMMITS_AFTER_CLOSE(
      "afterCloseAWriterTakesNothingMore",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public SinkWriter write(ObjectKey key, WriteOptions options) {
              return new ForwardingWriter(inside.write(key, options)) {
                @Override
                public void close() {
                  // Nobody notices.
                }
              };
            }
          }),

  SWALLOWS_THE_INTERRUPTION(
      "anInterruptedWriterPublishesTheWholeObjectOrNothing",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public SinkWriter write(ObjectKey key, WriteOptions options) {
              return new ForwardingWriter(inside.write(key, options)) {
                @Override
                public StoredObject commit(ObjectDigest digest) {
                  Thread.interrupted();
                  return super.commit(digest);
                }
              };
            }
          }),

  LOSES_EMPTY_OBJECTS(
      "anEmptyObjectIsAnObject",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public Optional<StoredObject> stat(ObjectKey key) {
              return inside.stat(key).filter(object -> object.lengthBytes() > 0);
            }
          }),

  LIVES_AS_LONG_AS_ITS_SINK(
      "afterCommitTheObjectIsThereForAnotherSinkEvenIfTheFirstIsClosed",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public void close() {
              inside.list("").forEach(object -> inside.delete(object.key()));
            }
          }),

  READS_SHORT(
      "aRangeIsExact",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public InputStream read(ObjectKey key, long offset, long lengthBytes) {
              return inside.read(key, offset, Math.min(lengthBytes, 50_000));
            }
          }),

  READS_ON_AFTER_THE_RANGE(
      "theStreamEndsAfterTheRangeHoweverItIsRead",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public InputStream read(ObjectKey key, long offset, long lengthBytes) {
              inside.read(key, offset, lengthBytes);
              return inside.read(
                  key, offset, inside.stat(key).orElseThrow().lengthBytes() - offset);
            }
          }),

  READS_SIGNED_BYTES(
      "theStreamEndsAfterTheRangeHoweverItIsRead",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public InputStream read(ObjectKey key, long offset, long lengthBytes) {
              return new FilterInputStream(inside.read(key, offset, lengthBytes)) {
                @Override
                public int read() throws IOException {
                  return (byte) super.read();
                }

                @Override
                public int read(byte[] bytes, int offset, int length) throws IOException {
                  return super.read(bytes, offset, length);
                }
              };
            }
          }),

  SHORTENS_WHAT_IS_OUT_OF_RANGE(
      "aRangeThatTheObjectDoesNotHaveIsRefused",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public InputStream read(ObjectKey key, long offset, long lengthBytes) {
              long length = inside.stat(key).map(StoredObject::lengthBytes).orElse(0L);
              long from = Math.min(offset, length);
              return inside.read(key, from, Math.min(lengthBytes, length - from));
            }
          }),

  READS_NOTHING_FROM_WHAT_IS_MISSING(
      "aMissingObjectIsNotFoundWhateverTheRange",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public InputStream read(ObjectKey key, long offset, long lengthBytes) {
              return lengthBytes == 0 && inside.stat(key).isEmpty()
                  ? InputStream.nullInputStream()
                  : inside.read(key, offset, lengthBytes);
            }
          }),

  DOES_NOT_SAY_WHICH_KEY(
      "aMissingObjectIsNotFoundWhateverTheRange",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public InputStream read(ObjectKey key, long offset, long lengthBytes) {
              try {
                return inside.read(key, offset, lengthBytes);
              } catch (StorageException e) {
                throw new StorageException(e.kind(), null, "something went wrong", e);
              }
            }
          }),

  SHARES_ONE_POSITION(
      "streamsOpenAtTheSameTimeKeepTheirPlaces",
      inside ->
          new ForwardingSink(inside) {
            private volatile InputStream last = InputStream.nullInputStream();

            @Override
            public InputStream read(ObjectKey key, long offset, long lengthBytes) {
              last = inside.read(key, offset, lengthBytes);
              return new InputStream() {
                @Override
                public int read() throws IOException {
                  return last.read();
                }

                @Override
                public int read(byte[] bytes, int offset, int length) throws IOException {
                  return last.read(bytes, offset, length);
                }
              };
            }
          }),

  TELLS_A_WRONG_LENGTH(
      "statTellsLengthAndTimeOrNothing",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public Optional<StoredObject> stat(ObjectKey key) {
              return inside
                  .stat(key)
                  .map(
                      object -> new StoredObject(key, object.lengthBytes() + 1, object.modified()));
            }
          }),

  TELLS_NO_TIME(
      "statTellsLengthAndTimeOrNothing",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public Optional<StoredObject> stat(ObjectKey key) {
              return inside
                  .stat(key)
                  .map(object -> new StoredObject(key, object.lengthBytes(), Instant.EPOCH));
            }
          }),

  LISTS_UNSORTED(
      "objectsAreListedInKeyOrderWithTheirLengths",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public Stream<StoredObject> list(String prefix) {
              return inside
                  .list(prefix)
                  .sorted(Comparator.comparing(object -> object.key().value().hashCode()));
            }
          }),

  LISTS_AS_FOLDERS_ARE_WALKED(
      "objectsAreListedInKeyOrderWithTheirLengths",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public Stream<StoredObject> list(String prefix) {
              return inside
                  .list(prefix)
                  .sorted(Comparator.comparing(object -> object.key().value().replace('/', '\0')));
            }
          }),

  TAKES_A_PREFIX_FOR_A_FOLDER(
      "aPrefixNeedNotEndAtASegment",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public Stream<StoredObject> list(String prefix) {
              return inside.list(prefix.isEmpty() || prefix.endsWith("/") ? prefix : prefix + "/");
            }
          }),

  LISTS_THE_FIRST_PAGE(
      "manyObjectsAreListedWhole",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public Stream<StoredObject> list(String prefix) {
              return inside.list(prefix).limit(100);
            }
          }),

  STOPS_LISTING_WHEN_SOMETHING_IS_GONE(
      "aListingGoesOnWhileObjectsComeAndGo",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public Stream<StoredObject> list(String prefix) {
              List<StoredObject> known = inside.list(prefix).toList();
              return known.stream().takeWhile(object -> inside.stat(object.key()).isPresent());
            }
          }),

  REFUSES_TO_DELETE_WHAT_IS_MISSING(
      "deletingWhatIsMissingSucceeds",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public void delete(ObjectKey key) {
              inside.read(key, 0, 0);
              inside.delete(key);
            }
          }),

  DELETES_BY_PREFIX(
      "deletingRemovesThatObjectOnly",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public void delete(ObjectKey key) {
              inside.list(key.value()).forEach(object -> inside.delete(object.key()));
            }
          }),

  REMEMBERS_WHAT_WAS_DELETED(
      "aDeletedKeyCanBeWrittenAgain",
      inside ->
          new ForwardingSink(inside) {
            private final Set<ObjectKey> used = ConcurrentHashMap.newKeySet();

            @Override
            public SinkWriter write(ObjectKey key, WriteOptions options) {
              if (used.contains(key)) {
                throw new StorageException(Kind.ALREADY_EXISTS, key.value(), "wrong", null);
              }
              return inside.write(key, options);
            }

            @Override
            public void delete(ObjectKey key) {
              used.add(key);
              inside.delete(key);
            }
          }),

  HIDES_ITS_LEFTOVERS(
      "whatAnAbandonedWriterLeftIsListedAndCanBeDiscarded",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public List<Leftover> leftovers() {
              return List.of();
            }
          }),

  KEEPS_ITS_LEFTOVERS(
      "whatAnAbandonedWriterLeftIsListedAndCanBeDiscarded",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public void discard(Leftover leftover) {
              // Nobody notices.
            }
          }),

  PUBLISHES_WHAT_DISCARDING_LEFT_OF_IT(
      "aWriterWhoseLeftoverWasDiscardedPublishesTheWholeObjectOrNothing",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public SinkWriter write(ObjectKey key, WriteOptions options) {
              return new ForwardingWriter(inside.write(key, options)) {
                @Override
                public StoredObject commit(ObjectDigest digest) {
                  try {
                    return super.commit(digest);
                  } catch (StorageException e) {
                    if (e.kind() != Kind.OTHER) {
                      throw e;
                    }
                    return new Collecting(inside, key, options).publish(new byte[100]);
                  }
                }
              };
            }
          }),

  DISCARDS_PUBLISHED_OBJECTS(
      "discardingLeftoversLeavesPublishedObjects",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public void discard(Leftover leftover) {
              inside.discard(leftover);
              inside.list("").forEach(object -> inside.delete(object.key()));
            }
          }),

  FORGETS_METADATA(
      "askingForMetadataThatCannotBeKeptIsAnErrorAtOnce",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public SinkWriter write(ObjectKey key, WriteOptions options) {
              return inside.write(key, new WriteOptions(Map.of(), options.retainUntil()));
            }
          }),

  FORGETS_RETENTION(
      "askingForRetentionThatCannotBeEnforcedIsAnErrorAtOnce",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public SinkWriter write(ObjectKey key, WriteOptions options) {
              return inside.write(key, new WriteOptions(options.metadata(), Optional.empty()));
            }
          }),

  CLAIMS_RETENTION_AND_DELETES(
      "anObjectUnderRetentionCannotBeDeleted",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public Set<SinkCapability> capabilities() {
              return Set.of(SinkCapability.RETENTION);
            }

            @Override
            public SinkWriter write(ObjectKey key, WriteOptions options) {
              return inside.write(key, new WriteOptions(options.metadata(), Optional.empty()));
            }
          }),

  FORGETS_NOW_AND_THEN(
      "randomStepsDoWhatASortedMapDoes",
      inside ->
          new ForwardingSink(inside) {
            @Override
            public void delete(ObjectKey key) {
              inside.delete(key);
              inside.list("c").forEach(object -> inside.delete(object.key()));
            }
          });

  /** The name of the test that must fail. */
  final String noticedBy;

  @SuppressWarnings("ImmutableEnumChecker") // The lambdas capture nothing.
  private final Function<MemorySink, StorageSink> maker;

  WrongSink(String noticedBy, Function<MemorySink, StorageSink> maker) {
    this.noticedBy = noticedBy;
    this.maker = maker;
  }

  StorageSink around(MemorySink inside) {
    return maker.apply(inside);
  }

  private static StorageSink replacingAtCommit(MemorySink inside) {
    return new ForwardingSink(inside) {
      @Override
      public SinkWriter write(ObjectKey key, WriteOptions options) {
        inside.write(key, options).close();
        return new Collecting(inside, key, options) {
          @Override
          public StoredObject commit(ObjectDigest digest) {
            requireUsable();
            synchronized (inside) {
              inside.delete(key);
              return publish(collected.toByteArray());
            }
          }
        };
      }
    };
  }

  /** Collects the bytes by itself, so that it can publish them when it should not. */
  private static class Collecting implements SinkWriter {
    final ByteArrayOutputStream collected = new ByteArrayOutputStream();
    private final MemorySink inside;
    private final ObjectKey key;
    private final WriteOptions options;
    boolean ended;

    Collecting(MemorySink inside, ObjectKey key, WriteOptions options) {
      this.inside = inside;
      this.key = key;
      this.options = options;
    }

    @Override
    public void write(ByteBuffer bytes) {
      requireUsable();
      byte[] piece = new byte[bytes.remaining()];
      bytes.get(piece);
      collected.writeBytes(piece);
    }

    @Override
    public StoredObject commit(ObjectDigest digest) {
      requireUsable();
      return publish(collected.toByteArray());
    }

    @Override
    public void close() {
      ended = true;
    }

    void requireUsable() {
      if (ended) {
        throw new IllegalStateException();
      }
    }

    StoredObject publish(byte[] content) {
      ended = true;
      try (SinkWriter writer = inside.write(key, options)) {
        writer.write(ByteBuffer.wrap(content));
        return writer.commit(new ObjectDigest(content.length, "0".repeat(64)));
      }
    }
  }
}
