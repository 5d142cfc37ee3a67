package io.holdfast.executor;

import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.BackupHandlerProvider;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StorageSinkProvider;
import io.holdfast.testkit.ForwardedSink;
import io.holdfast.testkit.MemoryHandler;
import io.holdfast.testkit.MemorySink;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Providers that are found on the tests' class path, and what they have opened. */
public final class TestProviders {
  private static final List<Opened> opened = new CopyOnWriteArrayList<>();

  private TestProviders() {}

  /** Something that was opened from a URI, and how often it was closed. */
  static final class Opened {
    private final AtomicInteger closed = new AtomicInteger();

    int closed() {
      return closed.get();
    }
  }

  static List<Opened> opened() {
    return List.copyOf(opened);
  }

  static void forget() {
    opened.clear();
  }

  private static Opened remember() {
    Opened one = new Opened();
    opened.add(one);
    return one;
  }

  /** Serves {@code testdb}. */
  public static final class Databases implements BackupHandlerProvider {
    @Override
    public Set<String> schemes() {
      return Set.of("testdb");
    }

    @Override
    public BackupHandler open(Location location, ProviderContext context) {
      Opened one = remember();
      boolean unclosable = location.reveal().contains("unclosable");
      return new BackupFailureTest.Delegating(MemoryHandler.of(Bench.shop())) {
        @Override
        public void close() {
          one.closed.incrementAndGet();
          if (unclosable) {
            throw new IllegalStateException("cannot close");
          }
        }
      };
    }
  }

  /** Serves {@code testsink}. */
  public static final class Sinks implements StorageSinkProvider {
    @Override
    public String scheme() {
      return "testsink";
    }

    @Override
    public StorageSink open(Location location, ProviderContext context) {
      if (location.reveal().contains("break")) {
        throw new IllegalStateException("provider broken");
      }
      Opened one = remember();
      return new ForwardedSink(new MemorySink()) {
        @Override
        public void close() {
          one.closed.incrementAndGet();
        }
      };
    }
  }

  /** One of two that serve {@code twice}. */
  public static class TwiceA implements StorageSinkProvider {
    @Override
    public String scheme() {
      return "twice";
    }

    @Override
    public StorageSink open(Location location, ProviderContext context) {
      throw new AssertionError("nobody may choose between the two");
    }
  }

  /** The other. */
  public static final class TwiceB extends TwiceA {}
}
