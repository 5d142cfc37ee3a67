package io.holdfast.firestore;

import com.google.protobuf.Message;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * A call that is being answered: sends its responses as fast as the client takes them, and meets
 * its faults at their places. One thread answers; the server's threads tell it of readiness and
 * cancellation.
 */
final class FakeCall {

  /** The client has gone; nothing more can be sent. */
  static final class Cancelled extends RuntimeException {
    Cancelled() {
      super("cancelled by the client", null, false, false);
    }
  }

  private final ServerCallStreamObserver<Message> observer;
  private final List<FakeFaults.Fault> faults;
  private final FakeUsage usage;
  private final CompletableFuture<Void> cancelled = new CompletableFuture<>();
  private final Object readiness = new Object();

  /**
   * Must be made on the server's thread, before the method returns: later no handlers can be set.
   */
  FakeCall(
      ServerCallStreamObserver<Message> observer, List<FakeFaults.Fault> faults, FakeUsage usage) {
    this.usage = usage;
    this.observer = observer;
    this.faults = faults;
    observer.setOnCancelHandler(
        () -> {
          cancelled.complete(null);
          wake();
        });
    observer.setOnReadyHandler(this::wake);
  }

  /** Lets the faults of a place happen. */
  void reach(FakeFaults.Place place) throws InterruptedException {
    for (FakeFaults.Fault fault : faults) {
      fault.happenAt(place, this);
    }
    checkOpen();
  }

  void send(Message response) throws InterruptedException {
    awaitReady();
    checkOpen();
    Message altered = response;
    for (FakeFaults.Fault fault : faults) {
      altered = fault.alter(altered);
    }
    observer.onNext(altered);
  }

  private void awaitReady() throws InterruptedException {
    synchronized (readiness) {
      if (observer.isReady() || cancelled.isDone()) {
        return;
      }
      usage.waitForClient(true);
      try {
        while (!observer.isReady() && !cancelled.isDone()) {
          readiness.wait();
        }
      } finally {
        usage.waitForClient(false);
      }
    }
  }

  void complete() {
    if (!cancelled.isDone()) {
      observer.onCompleted();
    }
  }

  void fail(RuntimeException failure) {
    if (!cancelled.isDone()) {
      observer.onError(failure);
    }
  }

  /** Waits until {@code released} is done or the client has gone. */
  void await(CompletableFuture<Void> released) throws InterruptedException {
    try {
      CompletableFuture.anyOf(released, cancelled).get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
    checkOpen();
  }

  private void checkOpen() {
    if (cancelled.isDone()) {
      throw new Cancelled();
    }
  }

  private void wake() {
    synchronized (readiness) {
      readiness.notifyAll();
    }
  }
}
