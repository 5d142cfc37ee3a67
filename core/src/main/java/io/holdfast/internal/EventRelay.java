package io.holdfast.internal;

import io.holdfast.BackupEvent;
import io.holdfast.BackupListener;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Keeps what happens on other threads until the caller's thread tells its listeners. */
final class EventRelay implements BackupListener {
  private final Queue<BackupEvent> kept = new ConcurrentLinkedQueue<>();

  @Override
  public void onEvent(BackupEvent event) {
    kept.add(event);
  }

  void tell(Events events) {
    for (BackupEvent event = kept.poll(); event != null; event = kept.poll()) {
      events.tell(event);
    }
  }
}
