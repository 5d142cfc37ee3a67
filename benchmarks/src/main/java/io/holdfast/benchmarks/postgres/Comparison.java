package io.holdfast.benchmarks.postgres;

import java.util.List;
import java.util.stream.Stream;

/**
 * Arms that do the same work: those of Holdfast, and the peers they are held against.
 *
 * @param title what the work is
 * @param subjects the arms of Holdfast
 * @param peers what they are compared with
 */
record Comparison(String title, List<Arm> subjects, List<Peer> peers) {
  Comparison {
    subjects = List.copyOf(subjects);
    peers = List.copyOf(peers);
  }

  /**
   * A peer.
   *
   * @param arm how it is run
   * @param goal how long Holdfast may take at most, as a part of the peer's wall time
   */
  record Peer(Arm arm, double goal) {}

  /** All arms in the order in which a round runs them. */
  List<Arm> arms() {
    return Stream.concat(subjects.stream(), peers.stream().map(Peer::arm)).toList();
  }
}
