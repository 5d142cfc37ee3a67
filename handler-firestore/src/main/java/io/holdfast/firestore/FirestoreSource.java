package io.holdfast.firestore;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.firestore.internal.read.NameRange;
import io.holdfast.firestore.internal.rpc.FirestoreCalls;
import io.holdfast.spi.NotCaptured;
import io.holdfast.spi.Retry;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;

/** What a backup session needs to know of its handler. */
record FirestoreSource(
    FirestoreConnection connection, Optional<Instant> readTime, List<NameRange> ranges) {
  FirestoreCalls calls() {
    return connection.calls();
  }

  /** The emulator and the service have no versions to tell; which of both it is matters. */
  String server() {
    return connection.emulator().isPresent() ? "emulator" : "";
  }

  String identity() {
    return connection.emulator().map(hostPort -> "emulator/" + hostPort + "/").orElse("")
        + connection.database().resource();
  }

  /** What there is besides documents. */
  Optional<ObjectNode> definitions(Retry retry, List<NotCaptured> notCaptured) {
    return Optional.empty();
  }

  /** The collection groups that another API knows of. */
  Optional<List<String>> kinds(Instant at, Retry retry, LongAdder reads) {
    return Optional.empty();
  }
}
