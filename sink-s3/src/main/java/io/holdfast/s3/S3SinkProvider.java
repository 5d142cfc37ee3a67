package io.holdfast.s3;

import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StorageSinkProvider;

/**
 * Opens {@code s3://bucket/prefix}. Parameters:
 *
 * <ul>
 *   <li>{@code region=eu-central-1}; without it that of the environment or the profile
 *   <li>{@code endpoint=http://127.0.0.1:9000}, for servers other than Amazon's
 *   <li>{@code path-style=true}, if the bucket stands in the path and not in the host's name
 *   <li>{@code profile=backup}, of the AWS configuration files; without it the credentials come
 *       from the default chain: environment, web identity, files, container, machine
 *   <li>{@code storage-class=STANDARD_IA}
 *   <li>{@code sse=AES256} or {@code sse=aws:kms}, with {@code kms-key=…}
 *   <li>{@code object-lock=governance} or {@code compliance}, with {@code retain=30d} (hours, days,
 *       weeks or years: h, d, w, y), and {@code legal-hold=true}
 *   <li>{@code tag=name:value}, up to ten times
 *   <li>{@code checksums=off}, for servers that know none
 * </ul>
 *
 * <p>Requests are given up after 10 s without a connection, 60 s without a byte, and 2 minutes in
 * all besides the time for what they send.
 */
public final class S3SinkProvider implements StorageSinkProvider {
  @Override
  public String scheme() {
    return "s3";
  }

  @Override
  public StorageSink open(Location location, ProviderContext context) {
    return S3Uri.parse(location, context, OwnClient.Timeouts.STANDARD).build();
  }
}
