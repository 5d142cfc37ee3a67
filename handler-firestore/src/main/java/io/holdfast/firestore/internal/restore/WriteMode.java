package io.holdfast.firestore.internal.restore;

/**
 * How documents are written.
 *
 * @param mustBeNew whether a document that is there already is an error
 * @param readBack whether what was written is read again and compared
 * @param commitsFirst whether a batch is tried as one transaction before its documents are written
 *     one by one
 */
public record WriteMode(boolean mustBeNew, boolean readBack, boolean commitsFirst) {}
