package io.holdfast.mongo;

/**
 * A chunk as it was read.
 *
 * @param number which one, from 0; -1 if it does not tell
 * @param crc32c of its bytes; -1 if it does not tell
 * @param buffer its bytes, and more behind them; from {@link ChunkBuffers}
 * @param lengthBytes how many there are; -1 if it has none
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Chunk(int number, long crc32c, byte[] buffer, int lengthBytes) {}
