package io.holdfast.firestore;

import io.holdfast.testkit.FirestoreEmulator;
import java.util.concurrent.atomic.AtomicInteger;

/** Fresh databases in the emulator that all tests share. */
final class TestFirestore {
  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static final long RUN = ProcessHandle.current().pid();

  private TestFirestore() {}

  static String hostPort() {
    return FirestoreEmulator.shared().hostPort();
  }

  /** A new, empty database: every project is one. */
  static RawFirestore create() {
    return create("(default)");
  }

  /** A new, empty database of that id. */
  static RawFirestore create(String database) {
    return new RawFirestore(hostPort(), "demo-" + RUN + "-" + NUMBER.incrementAndGet(), database);
  }

  static String uri(RawFirestore database) {
    return "firestore://"
        + database.project()
        + (database.database().equals("(default)") ? "" : "/" + database.database())
        + "?emulator="
        + hostPort();
  }
}
