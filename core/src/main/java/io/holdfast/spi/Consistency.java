package io.holdfast.spi;

/** How strong the instant is that a backup shows. */
public enum Consistency {
  /** Every record as it was at one instant, as one transaction sees it. */
  SNAPSHOT,
  /** Every record as it was at one instant, as a log or history rebuilds it. */
  POINT_IN_TIME,
  /** Records were read one after another while others were changing. */
  FUZZY
}
