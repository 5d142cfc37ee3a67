package io.holdfast.google.internal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One call.
 *
 * @param method the HTTP method
 * @param uri where to
 * @param body what is sent, or null
 * @param headers further headers
 * @param project the project that is called for
 * @param doing what is being done, to complete "Could not …"
 * @param right what the caller must be allowed to do
 */
public record RestRequest(
    String method,
    URI uri,
    @Nullable ObjectNode body,
    Map<String, String> headers,
    String project,
    String doing,
    Right right) {}
