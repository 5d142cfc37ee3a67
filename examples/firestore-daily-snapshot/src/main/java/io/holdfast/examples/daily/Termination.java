package io.holdfast.examples.daily;

import java.util.concurrent.CompletableFuture;
import java.util.function.IntSupplier;

/**
 * Lets a program that is told to stop (SIGTERM, Ctrl-C) clear up first: its thread is interrupted,
 * and the JVM ends when that has come to its end, with the exit code that it came to. Cloud Run
 * waits ten seconds before it kills.
 */
final class Termination {
  private final CompletableFuture<Integer> exitCode = new CompletableFuture<>();
  private final Thread hook;

  private Termination(Thread working) {
    hook =
        new Thread(
            () -> {
              working.interrupt();
              // Otherwise the JVM would end with 143, whatever happened.
              Runtime.getRuntime().halt(exitCode.join());
            },
            "termination");
  }

  /**
   * Runs a program on the calling thread, which a signal interrupts, and ends the JVM with what it
   * returns. Returns only if a signal is already ending the JVM.
   */
  static void whileRunning(IntSupplier program) {
    Termination termination = new Termination(Thread.currentThread());
    Runtime.getRuntime().addShutdownHook(termination.hook);
    int code = ExitCode.OTHER.number();
    try {
      code = program.getAsInt();
    } finally {
      termination.exit(code);
    }
  }

  private void exit(int code) {
    System.out.flush();
    exitCode.complete(code);
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      return; // The hook ends the JVM.
    }
    System.exit(code);
  }
}
