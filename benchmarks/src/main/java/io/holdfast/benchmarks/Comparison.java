package io.holdfast.benchmarks;

import java.util.List;
import java.util.stream.Stream;

/**
 * Arms that do the same work: those of Holdfast, and the peers they are held against.
 *
 * @param title what the work is
 * @param amount how much each arm reads or writes, for its rate; 0 where that says nothing
 * @param unit what the amount counts, in the plural
 * @param subjects the arms of Holdfast
 * @param peers what they are compared with
 */
public record Comparison(
    String title, long amount, String unit, List<Arm> subjects, List<Peer> peers) {
  public Comparison {
    subjects = List.copyOf(subjects);
    peers = List.copyOf(peers);
  }

  /** A comparison by times, and by records a second. */
  public Comparison(String title, long records, List<Arm> subjects, List<Peer> peers) {
    this(title, records, "records", subjects, peers);
  }

  /** A comparison by times alone. */
  public Comparison(String title, List<Arm> subjects, List<Peer> peers) {
    this(title, 0, subjects, peers);
  }

  /**
   * A peer.
   *
   * @param arm how it is run
   * @param goal how long Holdfast may take at most, as a part of the peer's wall time
   */
  public record Peer(Arm arm, double goal) {}

  /** All arms in the order in which a round runs them. */
  List<Arm> arms() {
    return Stream.concat(subjects.stream(), peers.stream().map(Peer::arm)).toList();
  }
}
