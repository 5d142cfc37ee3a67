package io.holdfast.internal;

import io.holdfast.ConfigurationException;
import io.holdfast.FileSink;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StorageSinkProvider;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Opens {@code file:///var/backups} and {@code file:/var/backups}, on Windows {@code
 * file:///C:/backups}. Characters that a URI does not allow are percent-encoded: {@code
 * file:///my%20backups}.
 */
public final class FileSinkProvider implements StorageSinkProvider {
  private static final String FORM = "Write it as file:///var/backups.";

  @Override
  public String scheme() {
    return "file";
  }

  @Override
  public StorageSink open(Location location, ProviderContext context) {
    return FileSink.at(path(location));
  }

  private static Path path(Location location) {
    URI uri;
    try {
      uri = new URI(location.reveal());
    } catch (URISyntaxException e) {
      throw new ConfigurationException(
          List.of(
              "The location of the file sink is no valid URI: "
                  + e.getReason()
                  + " at character "
                  + (e.getIndex() + 1)
                  + ". Write a space as %20. "
                  + FORM));
    }
    List<String> problems = new ArrayList<>();
    if (!"file".equalsIgnoreCase(uri.getScheme())) {
      problems.add("The scheme of a file sink is file, not " + uri.getScheme() + ". " + FORM);
    }
    if (uri.getRawAuthority() != null) {
      problems.add(
          "The location of the file sink names a host, or lacks a slash: two slashes are followed"
              + " by a host, three by a path. "
              + FORM);
    } else if (uri.isOpaque() || uri.getRawPath() == null || !uri.getRawPath().startsWith("/")) {
      problems.add("The path of the file sink is relative or missing. " + FORM);
    }
    if (uri.getRawQuery() != null) {
      problems.add("A file sink has no parameters; remove everything from the ? on. " + FORM);
    }
    if (uri.getRawFragment() != null) {
      problems.add("A file sink has no fragment; write a # in a path as %23. " + FORM);
    }
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
    try {
      return Path.of(uri);
    } catch (IllegalArgumentException | FileSystemNotFoundException e) {
      throw new ConfigurationException(
          List.of("The path of the file sink is none on this system: " + e.getMessage()));
    }
  }
}
