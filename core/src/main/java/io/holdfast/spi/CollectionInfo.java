package io.holdfast.spi;

/**
 * A named list of records in a source.
 *
 * @param name unique in the source; the key under {@code collections} in the document
 * @param estimatedRecords about how many records it has, for progress; -1 if unknown
 * @param estimatedBytes about how many bytes they take as JSON, for splitting; -1 if unknown
 */
public record CollectionInfo(String name, long estimatedRecords, long estimatedBytes) {}
