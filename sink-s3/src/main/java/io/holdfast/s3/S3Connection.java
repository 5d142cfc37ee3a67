package io.holdfast.s3;

import io.holdfast.spi.ProviderContext;
import java.util.Optional;

/**
 * How to reach a server: what a location says about it.
 *
 * @param region the region; empty for the one that the environment or the profile names
 * @param endpoint the server's URL; empty for Amazon's own
 * @param pathStyle whether the bucket stands in the path, not in the host's name
 * @param profile the profile in the AWS configuration files; empty for the default chain
 * @param checksums whether the server knows checksums
 * @param context the environment
 */
record S3Connection(
    Optional<String> region,
    Optional<String> endpoint,
    boolean pathStyle,
    Optional<String> profile,
    boolean checksums,
    ProviderContext context) {}
