package io.holdfast.spi;

import java.time.Instant;

/**
 * What an interrupted write left behind: a temp file, an unfinished upload, orphaned chunks. Never
 * visible to {@code read}, {@code stat} or {@code list}.
 *
 * @param id the sink's own name for it; means something to the sink that returned it only
 * @param lengthBytes how much space it takes, or -1 where the storage does not tell
 * @param modified when it was last written to
 */
public record Leftover(String id, long lengthBytes, Instant modified) {}
