package io.holdfast.benchmarks;

import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * The median of a few figures, and between which they lie.
 *
 * @param median the one in the middle, or the mean of the two there
 * @param least the smallest
 * @param most the largest
 */
record Series(double median, double least, double most) {
  static <T> Series of(Collection<T> items, ToDoubleFunction<T> figure) {
    double[] sorted = items.stream().mapToDouble(figure).sorted().toArray();
    if (sorted.length == 0) {
      throw new IllegalArgumentException("A series needs a figure");
    }
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return new Series(median, sorted[0], Arrays.stream(sorted).max().orElseThrow());
  }

  /** With its spread: {@code 9.71 (9.60–10.02)}. */
  String print(int decimals) {
    String form = "%." + decimals + "f";
    return String.format(Locale.ROOT, form + " (" + form + "–" + form + ")", median, least, most);
  }
}
