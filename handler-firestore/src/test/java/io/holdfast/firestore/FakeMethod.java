package io.holdfast.firestore;

/**
 * The methods of {@code google.firestore.v1.Firestore} that {@link FakeFirestore} answers. All
 * others are UNIMPLEMENTED.
 */
enum FakeMethod {
  GET_DOCUMENT("GetDocument"),
  LIST_DOCUMENTS("ListDocuments"),
  BATCH_GET_DOCUMENTS("BatchGetDocuments"),
  COMMIT("Commit"),
  RUN_QUERY("RunQuery"),
  RUN_AGGREGATION_QUERY("RunAggregationQuery"),
  PARTITION_QUERY("PartitionQuery"),
  LIST_COLLECTION_IDS("ListCollectionIds"),
  BATCH_WRITE("BatchWrite");

  private final String rpc;

  FakeMethod(String rpc) {
    this.rpc = rpc;
  }

  /** The name in the service's definition. */
  String rpc() {
    return rpc;
  }
}
