package io.holdfast.postgres;

import io.holdfast.Secret;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Properties;
import java.util.function.Function;

/**
 * Which database to connect to, and how: a libpq URI, completed from libpq's environment variables
 * and password file.
 *
 * @param address hosts and ports: {@code host:port,host:port}
 * @param database the database's name
 * @param user the role to log in as
 * @param passwords the password for a database by its name, since the password file knows more than
 *     one; empty text if none was found
 * @param parameters the driver's connection properties, without user and password
 */
record ConnectionSettings(
    String address,
    String database,
    String user,
    Function<String, Secret> passwords,
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

  /** The same for another database of the server. */
  ConnectionSettings to(String otherDatabase) {
    return new ConnectionSettings(address, otherDatabase, user, passwords, parameters);
  }

  /** The JDBC URL, without user, password and parameters. */
  String driverUrl() {
    return "jdbc:postgresql://"
        + address
        + "/"
        + URLEncoder.encode(database, StandardCharsets.UTF_8);
  }

  /** For people: {@code postgresql://host:port/database}. */
  String location() {
    return "postgresql://" + address + "/" + database;
  }

  /** Empty text if none was found. */
  Secret password() {
    return passwords.apply(database);
  }

  /** What the driver is given with the URL. Holds the password: do not print it. */
  Properties driverProperties() {
    Properties properties = new Properties();
    properties.putAll(parameters);
    properties.setProperty("user", user);
    // Also if empty: without one, the driver reads the password file by itself, without looking at
    // its permissions.
    properties.setProperty("password", password().revealString());
    return properties;
  }

  /** The location alone: parameters can hold a key's password. */
  @Override
  public String toString() {
    return location();
  }
}
