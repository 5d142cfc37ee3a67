package io.holdfast.postgres;

import io.holdfast.Secret;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import java.util.Map;
import java.util.Properties;

/**
 * Which database to connect to, and how: a libpq URI, completed from libpq's environment variables
 * and password file.
 *
 * @param driverUrl the JDBC URL, without user, password and parameters
 * @param location for people: {@code postgresql://host:port/database}
 * @param user the role to log in as
 * @param password empty text if none was found
 * @param parameters the driver's connection properties, without user and password
 */
record ConnectionSettings(
    String driverUrl,
    String location,
    String user,
    Secret password,
    Map<String, String> parameters) {
  /** Copies the map. */
  ConnectionSettings {
    parameters = Map.copyOf(parameters);
  }

  /**
   * Reads a URI.
   *
   * @throws io.holdfast.ConfigurationException with every problem
   */
  static ConnectionSettings of(Location location, ProviderContext context) {
    return ConnectionUri.parse(location, context);
  }

  /** What the driver is given with the URL. Holds the password: do not print it. */
  Properties driverProperties() {
    Properties properties = new Properties();
    properties.putAll(parameters);
    properties.setProperty("user", user);
    // Also if empty: without one, the driver reads the password file by itself, without looking at
    // its permissions.
    properties.setProperty("password", password.revealString());
    return properties;
  }

  /** The location alone: parameters can hold a key's password. */
  @Override
  public String toString() {
    return location;
  }
}
