package io.holdfast.spi;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Which collections take part. A pattern is a collection's name in which {@code *} stands for any
 * characters; everything else is literal, quotes included: {@code public.*}, {@code public."Order
 * Items"}. Excluded wins over included; no include pattern means all.
 *
 * @param includes patterns of what takes part; empty for everything
 * @param excludes patterns of what does not
 */
public record CollectionFilter(List<String> includes, List<String> excludes) {
  /** Everything takes part. */
  public static final CollectionFilter ALL = new CollectionFilter(List.of(), List.of());

  /** Copies the lists. */
  public CollectionFilter {
    includes = List.copyOf(includes);
    excludes = List.copyOf(excludes);
  }

  /** Whether the collection of that name takes part. */
  public boolean accepts(String name) {
    return (includes.isEmpty() || matchesAny(includes, name)) && !matchesAny(excludes, name);
  }

  /**
   * The include patterns that match none of the names: most likely typing errors, which must not
   * pass as an empty backup.
   */
  public List<String> unmatchedIncludes(Collection<String> names) {
    List<String> unmatched = new ArrayList<>();
    for (String include : includes) {
      Pattern pattern = compile(include);
      if (names.stream().noneMatch(name -> pattern.matcher(name).matches())) {
        unmatched.add(include);
      }
    }
    return unmatched;
  }

  private static boolean matchesAny(List<String> patterns, String name) {
    return patterns.stream().anyMatch(pattern -> compile(pattern).matcher(name).matches());
  }

  private static Pattern compile(String glob) {
    StringBuilder regex = new StringBuilder();
    for (String literal : glob.split("\\*", -1)) {
      regex.append(regex.isEmpty() ? "" : ".*").append(Pattern.quote(literal));
    }
    return Pattern.compile(regex.toString(), Pattern.DOTALL);
  }
}
