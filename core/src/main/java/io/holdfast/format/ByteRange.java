package io.holdfast.format;

/**
 * A part of an object.
 *
 * @param offset where it begins, in bytes from the beginning
 * @param lengthBytes how many bytes it has
 */
public record ByteRange(long offset, long lengthBytes) {}
