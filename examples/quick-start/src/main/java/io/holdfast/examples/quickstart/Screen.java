package io.holdfast.examples.quickstart;

import io.holdfast.BackupEvent;
import io.holdfast.BackupListener;
import io.holdfast.Progress;
import java.io.Console;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;

/**
 * What the user sees: steps with their times, one line of progress that renews itself, and lines
 * cut to a width. Used by one thread.
 */
final class Screen implements BackupListener {
  static final int WIDTH = 100;

  private final PrintWriter out;
  private final PrintWriter errors;
  private final boolean interactive;
  private final List<Step> steps = new ArrayList<>();
  private int progressWidth;

  private record Step(String title, Duration time) {}

  /**
   * @param interactive whether a line can be written over; if not, there is no progress line
   */
  Screen(PrintWriter out, PrintWriter errors, boolean interactive) {
    this.out = out;
    this.errors = errors;
    this.interactive = interactive;
  }

  /** The process's own output. */
  static Screen standard() {
    return new Screen(
        new PrintWriter(System.out, true, StandardCharsets.UTF_8),
        new PrintWriter(System.err, true, StandardCharsets.UTF_8),
        isTerminal());
  }

  /** From JDK 22 on there may be a console without a terminal; it has a method that tells. */
  @SuppressWarnings("SystemConsoleNull")
  private static boolean isTerminal() {
    Console console = System.console();
    if (console == null) {
      return false;
    }
    try {
      return Boolean.TRUE.equals(Console.class.getMethod("isTerminal").invoke(console));
    } catch (NoSuchMethodException e) {
      return true;
    } catch (ReflectiveOperationException e) {
      return false;
    }
  }

  PrintWriter writer() {
    return out;
  }

  PrintWriter errors() {
    return errors;
  }

  /** Does a part of the job, and keeps how long it took. */
  <T> T step(String title, Callable<T> work) throws Exception {
    clearProgress();
    out.println();
    out.println((steps.size() + 1) + ". " + title);
    long begun = System.nanoTime();
    T result = work.call();
    clearProgress();
    steps.add(new Step(title, Duration.ofNanos(System.nanoTime() - begun)));
    return result;
  }

  /** A line below the step's title. */
  void line(String text) {
    clearProgress();
    out.println("   " + text);
  }

  /** A line that is cut to the width, whatever strange characters it holds. */
  void cutLine(String text) {
    line(cut(text, WIDTH - 3));
  }

  void error(String text) {
    clearProgress();
    errors.println(text);
  }

  /** Shows how far a step has come, in place of what it said before. */
  void progress(String text) {
    if (interactive) {
      String shown = cut("   " + text, WIDTH - 1);
      out.print("\r" + shown + " ".repeat(Math.max(0, progressWidth - shown.length())));
      out.flush();
      progressWidth = shown.length();
    }
  }

  private void clearProgress() {
    if (progressWidth > 0) {
      out.print("\r" + " ".repeat(progressWidth) + "\r");
      progressWidth = 0;
    }
  }

  /** Prints how long each step took. */
  void times() {
    clearProgress();
    out.println();
    out.println("What was done:");
    Duration total = Duration.ZERO;
    for (Step step : steps) {
      line(String.format(Locale.ROOT, "%-70s %8s", step.title, seconds(step.time)));
      total = total.plus(step.time);
    }
    line(String.format(Locale.ROOT, "%-70s %8s", "Together", seconds(total)));
  }

  @Override
  public void onEvent(BackupEvent event) {
    if (event instanceof BackupEvent.Progressed progressed) {
      progress(describe(progressed.progress()));
    } else if (event instanceof BackupEvent.Warned warned) {
      line("Note: " + warned.message());
    }
  }

  private static String describe(Progress progress) {
    String share =
        progress.estimatedRecords() > 0
            ? Math.min(100, 100 * progress.records() / progress.estimatedRecords()) + " %, "
            : "";
    return share
        + number(progress.records())
        + " records, "
        + megabytes(progress.bytes())
        + ", "
        + megabytes(Math.round(progress.bytesPerSecond()))
        + "/s";
  }

  static String seconds(Duration time) {
    return String.format(Locale.ROOT, "%.1f s", time.toMillis() / 1e3);
  }

  static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
  }

  static String number(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /** At most that many characters, none of which a terminal could take for a command. */
  static String cut(String text, int width) {
    StringBuilder shown = new StringBuilder();
    int[] characters = text.codePoints().limit(width + 1L).toArray();
    boolean whole = characters.length <= width;
    for (int i = 0; i < (whole ? characters.length : width - 1); i++) {
      int type = Character.getType(characters[i]);
      boolean printable = type != Character.CONTROL && type != Character.FORMAT;
      shown.appendCodePoint(printable ? characters[i] : '\ufffd');
    }
    return whole ? shown.toString() : shown + "…";
  }
}
