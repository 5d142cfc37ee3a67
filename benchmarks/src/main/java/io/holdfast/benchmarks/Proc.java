package io.holdfast.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Reads what Linux counts for processes. All times are CPU seconds, user and system together. */
public final class Proc {
  /** {@code USER_HZ}: fixed at 100 by the kernel's interface on every platform a JVM runs on. */
  private static final double TICKS_PER_SECOND = 100;

  private static final Path ROOT = Path.of("/proc");

  /** Places in {@code /proc/PID/stat} after the name of the command; see proc(5). */
  private static final int UTIME = 11;

  private static final int STIME = 12;
  private static final int CUTIME = 13;
  private static final int CSTIME = 14;

  private Proc() {}

  /** Whether there is anything to read here. */
  public static boolean isAvailable() {
    return Files.isReadable(ROOT.resolve("self/stat"));
  }

  /**
   * What the children of this JVM have used that ended and were waited for, with all that they
   * waited for. The difference around one child is the whole of its process tree.
   */
  static double endedChildrenCpu() {
    List<String> stat = stat(ROOT.resolve("self"));
    return seconds(stat, CUTIME, CSTIME);
  }

  /** A process with its ended children and those that run: a PostgreSQL server, say. */
  static double treeCpu(long pid) {
    // Children first: one that ends in between is counted by neither, and the caller waits for
    // those that matter.
    double children = 0;
    for (long child : children(pid)) {
      children += ownCpu(child);
    }
    return children + seconds(stat(process(pid)), UTIME, STIME, CUTIME, CSTIME);
  }

  private static double ownCpu(long pid) {
    try {
      return seconds(stat(process(pid)), UTIME, STIME);
    } catch (UncheckedIOException e) {
      return 0; // ended since it was listed
    }
  }

  /**
   * What all processors did, including what a hypervisor took from them while they had work: that
   * disturbs a measurement as another process does.
   */
  static double machineCpu() {
    try (var lines = Files.lines(ROOT.resolve("stat"))) {
      String[] fields = lines.findFirst().orElseThrow().split(" +", -1);
      // cpu user nice system idle iowait irq softirq steal
      double ticks = 0;
      for (int field : new int[] {1, 2, 3, 6, 7, 8}) {
        ticks += Long.parseLong(fields[field]);
      }
      return ticks / TICKS_PER_SECOND;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The peak of the largest process below and including this one that runs now, in bytes. */
  static long largestPeakBytes(long pid) {
    long largest = peakBytes(pid);
    for (long child : children(pid)) {
      largest = Math.max(largest, largestPeakBytes(child));
    }
    return largest;
  }

  private static long peakBytes(long pid) {
    try (var lines = Files.lines(process(pid).resolve("status"))) {
      return lines
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("[^0-9]", "")))
          .findFirst()
          .orElse(0);
    } catch (IOException | UncheckedIOException e) {
      return 0; // ended
    }
  }

  private static Set<Long> children(long pid) {
    Set<Long> children = new TreeSet<>();
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(process(pid).resolve("task"))) {
      for (Path thread : threads) {
        for (String child : Files.readString(thread.resolve("children")).split(" ", -1)) {
          if (!child.isBlank()) {
            children.add(Long.parseLong(child.trim()));
          }
        }
      }
    } catch (IOException e) {
      return children; // a thread or the process ended
    }
    return children;
  }

  private static Path process(long pid) {
    return ROOT.resolve(Long.toString(pid));
  }

  private static List<String> stat(Path process) {
    try {
      String text =
          new String(Files.readAllBytes(process.resolve("stat")), StandardCharsets.ISO_8859_1);
      // The name of the command may hold anything, so count from its closing bracket.
      return new ArrayList<>(List.of(text.substring(text.lastIndexOf(')') + 2).split(" ")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static double seconds(List<String> stat, int... places) {
    long ticks = 0;
    for (int place : places) {
      ticks += Long.parseLong(stat.get(place));
    }
    return ticks / TICKS_PER_SECOND;
  }
}
