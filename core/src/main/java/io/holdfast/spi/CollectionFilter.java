package io.holdfast.spi;

import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

/**
 * Which collections take part. A pattern is a collection's name in which {@code *} stands for any
 * characters; everything else is literal, quotes included: {@code public.*}, {@code public."Order
 * Items"}. Excluded wins over included; no include pattern means all.
 *
 * <p>Where several sources are backed up or restored at once, a pattern begins with the name of the
 * source and a slash: {@code accounts/users}.
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
    return includes.stream()
        .filter(include -> names.stream().noneMatch(name -> matches(include, name)))
        .toList();
  }

  /**
   * What the filter says of one source of several: the patterns that begin with its name and a
   * slash, without that. A source that no include pattern names takes part as a whole.
   *
   * @param source the source's name
   */
  public CollectionFilter of(String source) {
    return new CollectionFilter(within(source, includes), within(source, excludes));
  }

  private static List<String> within(String source, List<String> patterns) {
    return patterns.stream()
        .filter(pattern -> pattern.startsWith(source + "/"))
        .map(pattern -> pattern.substring(source.length() + 1))
        .toList();
  }

  /** The patterns that are of none of several sources. */
  public List<String> ofNone(Collection<String> sources) {
    return Stream.concat(includes.stream(), excludes.stream())
        .filter(pattern -> sources.stream().noneMatch(name -> pattern.startsWith(name + "/")))
        .toList();
  }

  private static boolean matchesAny(List<String> patterns, String name) {
    return patterns.stream().anyMatch(pattern -> matches(pattern, name));
  }

  /** Goes back to the last star only, so many stars cost no more than one. */
  private static boolean matches(String pattern, String name) {
    int p = 0;
    int n = 0;
    int star = -1;
    int afterStar = 0;
    while (n < name.length()) {
      if (p < pattern.length() && pattern.charAt(p) == '*') {
        star = p++;
        afterStar = n;
      } else if (p < pattern.length() && pattern.charAt(p) == name.charAt(n)) {
        p++;
        n++;
      } else if (star >= 0) {
        p = star + 1;
        n = ++afterStar;
      } else {
        return false;
      }
    }
    while (p < pattern.length() && pattern.charAt(p) == '*') {
      p++;
    }
    return p == pattern.length();
  }
}
