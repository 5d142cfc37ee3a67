package io.holdfast.spi;

/**
 * Something of the source that the backup does not hold, because the caller allowed that.
 *
 * @param object what it is: {@code foreign table public.remote}
 * @param reason why it is not in the backup
 */
public record NotCaptured(String object, String reason) {}
