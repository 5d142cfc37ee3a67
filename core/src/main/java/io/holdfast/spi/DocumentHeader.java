package io.holdfast.spi;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * What stands before the records in a document.
 *
 * @param backupId the id, as written; empty for foreign forms that have none
 * @param version the format's version; 0 for foreign forms
 * @param source where the records came from; for foreign forms, handler {@code plain}
 * @param schema what the handler wrote; an empty object for foreign forms
 */
public record DocumentHeader(String backupId, int version, SourceInfo source, ObjectNode schema) {}
