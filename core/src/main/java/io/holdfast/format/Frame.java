package io.holdfast.format;

/**
 * A record frame as it is stored.
 *
 * @param collection the collection's name
 * @param bytes the compressed bytes; not copied, not to be changed
 * @param rawLength how many bytes they hold
 * @param records how many records they hold
 * @param crc32c CRC-32C of the bytes, or {@link FrameIndex#NO_CRC}
 */
@SuppressWarnings("ArrayRecordComponent") // passed from thread to thread, never compared
public record Frame(String collection, byte[] bytes, int rawLength, int records, long crc32c) {}
