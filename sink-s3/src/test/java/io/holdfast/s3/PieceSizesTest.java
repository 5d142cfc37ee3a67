package io.holdfast.s3;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PieceSizesTest {
  private static final long MIB = 1024 * 1024;
  private static final long GIB = 1024 * MIB;

  @Test
  void partsDoubleAfterEvery750() {
    PieceSizes sizes = PieceSizes.forHeap(16 * GIB);
    assertThat(sizes.of(0)).isEqualTo(8 * (int) MIB);
    assertThat(sizes.of(749)).isEqualTo(8 * (int) MIB);
    assertThat(sizes.of(750)).isEqualTo(16 * (int) MIB);
    assertThat(sizes.of(5_249)).isEqualTo(512 * (int) MIB);
    assertThat(sizes.of(5_250)).isEqualTo((int) GIB);
    assertThat(sizes.of(9_999)).isEqualTo((int) GIB);
  }

  @Test
  void tenThousandPartsHoldTheLargestObject() {
    assertThat(PieceSizes.forHeap(10 * GIB).mostBytes()).isGreaterThanOrEqualTo(5 * 1024 * GIB);
  }

  @Test
  void aSmallHeapBoundsTheObjectAndNotTheOtherWayRound() {
    assertThat(PieceSizes.forHeap(64 * MIB).mostBytes() / GIB).isEqualTo(150);
    assertThat(PieceSizes.forHeap(16 * MIB).mostBytes()).isEqualTo(10_000 * 8 * MIB);
    assertThat(PieceSizes.forHeap(GIB).mostBytes() / GIB).isEqualTo(525);
  }

  @Test
  void aSmallHeapStoresFewerInParallel() {
    assertThat(PieceSizes.forHeap(16 * MIB).parallel()).isEqualTo(1);
    assertThat(PieceSizes.forHeap(64 * MIB).parallel()).isEqualTo(1);
    assertThat(PieceSizes.forHeap(128 * MIB).parallel()).isEqualTo(3);
    assertThat(PieceSizes.forHeap(160 * MIB).parallel()).isEqualTo(4);
    assertThat(PieceSizes.forHeap(16 * GIB).parallel()).isEqualTo(4);
  }

  @Test
  void whatAWriterHoldsIsAtMostHalfOfTheHeap() {
    for (long heap : new long[] {32 * MIB, 64 * MIB, 256 * MIB, GIB, 4 * GIB, 32 * GIB}) {
      PieceSizes sizes = PieceSizes.forHeap(heap);
      assertThat((sizes.parallel() + 1L) * sizes.largest())
          .as("heap of %d", heap)
          .isLessThanOrEqualTo(heap / 2);
    }
  }
}
