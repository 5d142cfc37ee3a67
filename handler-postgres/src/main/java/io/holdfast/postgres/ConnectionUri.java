package io.holdfast.postgres;

import io.holdfast.ConfigurationException;
import io.holdfast.Secret;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Reads a connection URI as libpq does (PostgreSQL documentation, section "Connection URIs") and
 * says it in the driver's words. Collects every problem before it throws. No problem quotes a
 * password.
 */
final class ConnectionUri {
  private static final int DEFAULT_PORT = 5432;

  /** Parameters that the driver takes as they are: libpq's name, the driver's name, variable. */
  private static final List<List<String>> PASSED_ON =
      List.of(
          List.of("sslmode", "sslmode", "PGSSLMODE"),
          List.of("sslrootcert", "sslrootcert", "PGSSLROOTCERT"),
          List.of("sslcert", "sslcert", "PGSSLCERT"),
          List.of("sslkey", "sslkey", "PGSSLKEY"),
          List.of("sslpassword", "sslpassword", ""),
          List.of("sslnegotiation", "sslNegotiation", "PGSSLNEGOTIATION"),
          List.of("channel_binding", "channelBinding", "PGCHANNELBINDING"),
          List.of("gssencmode", "gssEncMode", "PGGSSENCMODE"),
          List.of("krbsrvname", "kerberosServerName", "PGKRBSRVNAME"),
          List.of("application_name", "ApplicationName", "PGAPPNAME"),
          List.of("connect_timeout", "connectTimeout", "PGCONNECT_TIMEOUT"),
          List.of("options", "options", "PGOPTIONS"));

  /** libpq's target_session_attrs in the words of the driver's targetServerType. */
  private static final Map<String, String> SERVER_TYPES =
      Map.of(
          "any", "any",
          "read-write", "primary",
          "primary", "primary",
          "read-only", "secondary",
          "standby", "secondary",
          "prefer-standby", "preferSecondary");

  private static final Map<String, List<String>> CHOICES =
      Map.of(
          "sslmode", List.of("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
          "channel_binding", List.of("disable", "prefer", "require"),
          "sslnegotiation", List.of("postgres", "direct"),
          "gssencmode", List.of("disable", "prefer", "require"),
          "keepalives", List.of("0", "1"),
          "load_balance_hosts", List.of("disable", "random"),
          "client_encoding", List.of("auto", "UTF8", "utf8", "UTF-8", "utf-8"),
          "target_session_attrs", List.copyOf(SERVER_TYPES.keySet()));

  private final ProviderContext context;
  private final List<String> problems = new ArrayList<>();
  private final Map<String, String> given = new LinkedHashMap<>();

  private ConnectionUri(ProviderContext context) {
    this.context = context;
  }

  /**
   * Reads a URI.
   *
   * @throws ConfigurationException with every problem
   */
  static ConnectionSettings parse(Location location, ProviderContext context) {
    ConnectionUri uri = new ConnectionUri(context);
    String text = location.reveal();
    String rest = text.substring(text.indexOf(':') + 1);
    if (!rest.startsWith("//")) {
      throw new ConfigurationException(
          List.of(
              "A PostgreSQL URI looks like postgresql://user@host:5432/database, with two slashes"
                  + " after the scheme."));
    }
    uri.split(rest.substring(2));
    return uri.settings();
  }

  /** Takes the text behind {@code scheme://} apart into parameters. */
  private void split(String rest) {
    int question = rest.indexOf('?');
    String base = question < 0 ? rest : rest.substring(0, question);
    int slash = base.indexOf('/');
    String authority = slash < 0 ? base : base.substring(0, slash);
    int at = authority.indexOf('@');
    if (at >= 0) {
      String userInfo = authority.substring(0, at);
      int colon = userInfo.indexOf(':');
      put("user", colon < 0 ? userInfo : userInfo.substring(0, colon));
      if (colon >= 0) {
        put("password", userInfo.substring(colon + 1));
      }
    }
    splitHosts(authority.substring(at + 1));
    if (slash >= 0) {
      put("dbname", base.substring(slash + 1));
    }
    if (question >= 0) {
      for (String pair : rest.substring(question + 1).split("&", -1)) {
        int equals = pair.indexOf('=');
        if (equals > 0) {
          put(decode(pair.substring(0, equals), "a parameter's name"), pair.substring(equals + 1));
        } else if (!pair.isEmpty()) {
          problems.add("After the question mark, every parameter needs the form name=value.");
        }
      }
    }
  }

  private void splitHosts(String hosts) {
    if (hosts.isEmpty()) {
      return;
    }
    List<String> names = new ArrayList<>();
    List<String> ports = new ArrayList<>();
    for (String host : hosts.split(",", -1)) {
      int bracket = host.startsWith("[") ? host.indexOf(']') : 0;
      if (bracket < 0) {
        problems.add("An IPv6 address begins with [ and must end with ].");
        continue;
      }
      int colon = host.indexOf(':', bracket);
      names.add(colon < 0 ? host : host.substring(0, colon));
      ports.add(colon < 0 ? "" : host.substring(colon + 1));
    }
    put("host", String.join(",", names));
    put("port", String.join(",", ports));
  }

  private void put(String name, String encoded) {
    String value = decode(encoded, name.equals("password") ? "the password" : name);
    if (!value.isEmpty()) {
      given.put(name, value);
    }
  }

  private String decode(String encoded, String what) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    byte[] utf8 = encoded.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < utf8.length; i++) {
      if (utf8[i] != '%') {
        bytes.write(utf8[i]);
        continue;
      }
      boolean complete = i + 2 < utf8.length;
      int high = complete ? Character.digit(utf8[i + 1], 16) : -1;
      int low = complete ? Character.digit(utf8[i + 2], 16) : -1;
      if (high < 0 || low < 0 || high + low == 0) {
        problems.add(
            "In "
                + what
                + ", a % must be followed by two hexadecimal digits that are not 00; write a % that"
                + " is meant literally as %25.");
        return "";
      }
      bytes.write(high * 16 + low);
      i += 2;
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes.toByteArray()))
          .toString();
    } catch (CharacterCodingException e) {
      problems.add("Percent-encoded bytes in " + what + " are not UTF-8.");
      return "";
    }
  }

  private ConnectionSettings settings() {
    List<String> hosts = hosts();
    List<Integer> ports = ports(hosts.size());
    String user = take("user", "PGUSER").orElse(System.getProperty("user.name", ""));
    String database = take("dbname", "PGDATABASE").orElse(user);
    Optional<String> password = take("password", "PGPASSWORD");
    Optional<String> passwordFile = take("passfile", "PGPASSFILE");
    Map<String, String> parameters = parameters();
    for (String unknown : given.keySet()) {
      problems.add("Unknown parameter \"" + unknown + "\" in the PostgreSQL URI.");
    }
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
    List<String> addresses = new ArrayList<>();
    for (int i = 0; i < hosts.size(); i++) {
      addresses.add(bracketed(hosts.get(i)) + ":" + ports.get(i));
    }
    String address = String.join(",", addresses);
    return new ConnectionSettings(
        address, database, user, passwords(password, passwordFile, hosts, ports, user), parameters);
  }

  private static String bracketed(String host) {
    return host.indexOf(':') >= 0 && !host.startsWith("[") ? "[" + host + "]" : host;
  }

  private Function<String, Secret> passwords(
      Optional<String> given,
      Optional<String> file,
      List<String> hosts,
      List<Integer> ports,
      String user) {
    if (given.isPresent()) {
      Secret password = Secret.of(given.get());
      return database -> password;
    }
    PasswordFile passwords =
        PasswordFile.read(file.map(Path::of).orElseGet(() -> PasswordFile.locate(context)));
    return database -> fromFile(passwords, hosts, ports, database, user);
  }

  /** The first password in the file that fits one of the hosts; the driver takes only one. */
  private static Secret fromFile(
      PasswordFile passwords, List<String> hosts, List<Integer> ports, String db, String user) {
    for (int i = 0; i < hosts.size(); i++) {
      String host = hosts.get(i).replaceAll("^\\[|]$", "");
      Optional<Secret> found = passwords.find(host, ports.get(i), db, user);
      if (found.isPresent()) {
        return found.get();
      }
    }
    return Secret.of("");
  }

  private List<String> hosts() {
    List<String> hosts = new ArrayList<>();
    for (String host : take("host", "PGHOST").orElse("").split(",", -1)) {
      if (host.startsWith("/") || host.startsWith("@")) {
        problems.add(
            "The host is a Unix-domain socket, which Java's driver cannot use. Give a host name,"
                + " such as localhost, and let the server listen on TCP.");
      } else if (!host.matches("\\[[0-9A-Fa-f:.%]+]|[^\\s/?#@\\[\\]]*")) {
        problems.add("A host name holds a character that host names cannot have.");
      }
      hosts.add(host.isEmpty() ? "localhost" : host);
    }
    return hosts;
  }

  private List<Integer> ports(int hosts) {
    String[] texts = take("port", "PGPORT").orElse("").split(",", -1);
    if (texts.length != 1 && texts.length != hosts) {
      problems.add("There are " + hosts + " hosts, but " + texts.length + " ports.");
      return List.of();
    }
    List<Integer> ports = new ArrayList<>();
    for (int i = 0; i < hosts; i++) {
      ports.add(port(texts[texts.length == 1 ? 0 : i]));
    }
    return ports;
  }

  private int port(String text) {
    if (text.isEmpty()) {
      return DEFAULT_PORT;
    }
    if (!text.matches("[0-9]{1,5}")
        || Integer.parseInt(text) < 1
        || Integer.parseInt(text) > 65535) {
      problems.add("A port must be a number from 1 to 65535, not \"" + text + "\".");
      return DEFAULT_PORT;
    }
    return Integer.parseInt(text);
  }

  private Map<String, String> parameters() {
    Map<String, String> driver = new LinkedHashMap<>();
    driver.put("ApplicationName", take("fallback_application_name", "").orElse("holdfast"));
    // The connection that holds the snapshot is idle for as long as the backup takes.
    driver.put("tcpKeepAlive", "true");
    for (List<String> names : PASSED_ON) {
      take(names.get(0), names.get(2)).ifPresent(value -> driver.put(names.get(1), value));
    }
    take("target_session_attrs", "PGTARGETSESSIONATTRS")
        .ifPresent(
            value -> driver.put("targetServerType", SERVER_TYPES.getOrDefault(value, value)));
    take("load_balance_hosts", "PGLOADBALANCEHOSTS")
        .ifPresent(
            value -> driver.put("loadBalanceHosts", Boolean.toString(value.equals("random"))));
    take("keepalives", "")
        .ifPresent(value -> driver.put("tcpKeepAlive", Boolean.toString(value.equals("1"))));
    take("client_encoding", ""); // Always UTF-8; another one was refused by take.
    String timeout = driver.getOrDefault("connectTimeout", "0");
    if (!timeout.matches("[0-9]{1,9}")) {
      problems.add("connect_timeout must be a number of seconds.");
    }
    if ("system".equals(driver.get("sslrootcert"))) {
      // libpq's word for the operating system's certificates; Java has its own list.
      driver.remove("sslrootcert");
      driver.put("sslfactory", "org.postgresql.ssl.DefaultJavaSSLFactory");
      driver.put("sslmode", "verify-full");
    }
    return driver;
  }

  /** Removes a parameter from what was given; what remains in the end is unknown. */
  private Optional<String> take(String name, String variable) {
    Optional<String> value =
        Optional.ofNullable(given.remove(name))
            .or(() -> variable.isEmpty() ? Optional.empty() : context.variable(variable));
    List<String> choices = CHOICES.get(name);
    if (value.isPresent() && choices != null && !choices.contains(value.get())) {
      problems.add(
          name
              + " must be one of "
              + choices.stream().sorted().collect(Collectors.joining(", "))
              + ", not \""
              + value.get()
              + "\".");
    }
    if (name.equals("passfile") && value.isPresent() && !isPath(value.get())) {
      problems.add("passfile is not a path.");
      return Optional.empty();
    }
    return value;
  }

  private static boolean isPath(String text) {
    try {
      return !Path.of(text).toString().isEmpty();
    } catch (InvalidPathException e) {
      return false;
    }
  }
}
