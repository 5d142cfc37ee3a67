package io.holdfast.s3;

/**
 * How large the parts of a multipart upload are: 8 MiB at first, and twice as much after every 750
 * parts, up to 1 GiB. So the 10,000 parts that S3 allows hold 5.3 TiB, more than the 5 TiB of the
 * largest object, and an object of 5 GB still costs no more memory than parts of 8 MiB.
 *
 * <p>A writer holds one part more than it stores at the same time: 4, or fewer below 160 MiB of
 * heap. All that it holds grows no larger than half of the heap, which bounds the object instead:
 * 150 GiB with a heap of 128 MiB, 525 GiB with 1 GiB, all of 5 TiB with 10 GiB.
 *
 * @param first the first parts' size in bytes
 * @param largest the largest part's size in bytes
 * @param each how many parts have the same size before it doubles
 * @param parallel how many parts are stored at the same time
 * @param most how many parts an object may have
 */
record PieceSizes(int first, int largest, int each, int parallel, int most) {
  /** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
  private static final int MOST = 10_000;

  private static final int MIB = 1024 * 1024;
  private static final int FIRST = 8 * MIB;
  private static final int LARGEST = 1024 * MIB;
  private static final int EACH = 750;
  private static final int PARALLEL = 4;

  /** The sizes that suit this JVM's heap. */
  static PieceSizes standard() {
    return forHeap(Runtime.getRuntime().maxMemory());
  }

  /**
   * The sizes that suit a heap.
   *
   * @param heapBytes its size in bytes
   */
  static PieceSizes forHeap(long heapBytes) {
    int parallel = (int) Math.max(1, Math.min(PARALLEL, heapBytes / 4 / FIRST - 1));
    long bound = heapBytes / 2 / (parallel + 1);
    int largest = FIRST;
    while (largest < LARGEST && 2L * largest <= bound) {
      largest *= 2;
    }
    return new PieceSizes(FIRST, largest, EACH, parallel, MOST);
  }

  /** The size in bytes of the part of that number, from 0. */
  int of(int number) {
    int doublings = Math.min(number / each, Integer.numberOfTrailingZeros(LARGEST / MIB));
    return (int) Math.min(largest, (long) first << doublings);
  }

  /** How many bytes the largest object has. */
  long mostBytes() {
    long sum = 0;
    for (int number = 0; number < most; number++) {
      sum += of(number);
    }
    return sum;
  }
}
