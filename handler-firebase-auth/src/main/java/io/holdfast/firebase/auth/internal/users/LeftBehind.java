package io.holdfast.firebase.auth.internal.users;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What could not be carried, counted by what it is, with the first uids. Safe for many threads. */
public final class LeftBehind {
  private static final int NAMED = 20;

  private final Map<String, List<String>> named = new TreeMap<>();
  private final Map<String, Long> counts = new TreeMap<>();

  /** Notes that something of an account stays behind. */
  public synchronized void add(String what, String uid) {
    counts.merge(what, 1L, Long::sum);
    List<String> uids = named.computeIfAbsent(what, key -> new ArrayList<>());
    if (uids.size() < NAMED) {
      uids.add(uid);
    }
  }

  /** How many accounts that concerns. */
  public synchronized long count(String what) {
    return counts.getOrDefault(what, 0L);
  }

  /** A sentence for each: {@code validSince of 3 accounts: u1, u2, u3}. */
  public synchronized List<String> sentences() {
    List<String> sentences = new ArrayList<>();
    counts.forEach(
        (what, count) -> sentences.add(what + " of " + count + " accounts: " + uids(what)));
    return sentences;
  }

  /** The first uids, joined. */
  public synchronized String uids(String what) {
    List<String> uids = named.getOrDefault(what, List.of());
    return String.join(", ", uids) + (count(what) > uids.size() ? ", …" : "");
  }
}
