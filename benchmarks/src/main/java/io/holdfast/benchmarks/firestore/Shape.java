package io.holdfast.benchmarks.firestore;

/** Where the documents are. */
enum Shape {
  /** Two root collections, and one whose documents have collections with collections below them. */
  NESTED,
  /** The same documents in root collections, so that a tool may be told not to look below. */
  FLAT
}
