package io.holdfast.mongo;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientException;
import com.mongodb.MongoClientSettings;
import com.mongodb.MongoConfigurationException;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.spi.dns.DnsClient;
import io.holdfast.ConfigurationException;
import io.holdfast.spi.Location;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * A sink's URI: one that every MongoDB driver takes, and the parameters {@code collection} and
 * {@code layout} of our own, which the driver does not get to see.
 *
 * <p>What would make backups less durable is an error, not ignored: {@code w} other than {@code
 * majority}, {@code journal=false}. Read preference, read concern and the driver's retries are
 * overridden.
 */
final class MongoUri {
  /** The options that the driver knows; one that it does not know it would only log. */
  static final Set<String> DRIVER_OPTIONS =
      Set.of(
          "appname",
          "authmechanism",
          "authmechanismproperties",
          "authsource",
          "compressors",
          "connecttimeoutms",
          "directconnection",
          "enableoverloadretargeting",
          "gssapiservicename",
          "heartbeatfrequencyms",
          "journal",
          "loadbalanced",
          "localthresholdms",
          "maxadaptiveretries",
          "maxconnecting",
          "maxidletimems",
          "maxlifetimems",
          "maxpoolsize",
          "maxstalenessseconds",
          "minpoolsize",
          "proxyhost",
          "proxypassword",
          "proxyport",
          "proxyusername",
          "readconcernlevel",
          "readpreference",
          "readpreferencetags",
          "replicaset",
          "retryreads",
          "retrywrites",
          "servermonitoringmode",
          "serverselectiontimeoutms",
          "sockettimeoutms",
          "srvallowedhostssuffix",
          "srvmaxhosts",
          "srvservicename",
          "ssl",
          "sslinvalidhostnameallowed",
          "timeoutms",
          "tls",
          "tlsallowinvalidhostnames",
          "tlsinsecure",
          "uuidrepresentation",
          "w",
          "waitqueuetimeoutms",
          "wtimeoutms",
          "zlibcompressionlevel");

  private static final String COLLECTION = "collection";
  private static final String LAYOUT = "layout";
  private static final String FORM =
      "Write it as mongodb://user:password@host/database?collection=holdfast, or with mongodb+srv.";
  private static final Pattern SHOWABLE = Pattern.compile("[A-Za-z][A-Za-z0-9_-]{0,39}");

  private static final int SELECTION_SECONDS = 15;

  /** A connection that is silent for longer is thought dead. */
  private static final int SOCKET_SECONDS = 60;

  /** Makes the driver check a mongodb+srv URI without asking the DNS. */
  private static final DnsClient NO_DNS = (name, type) -> List.of();

  private final String driverUri;
  private final ConnectionString checked;
  private final String database;
  private final String collection;
  private final MongoLayout layout;

  private MongoUri(
      String driverUri,
      ConnectionString checked,
      String database,
      String collection,
      MongoLayout layout) {
    this.driverUri = driverUri;
    this.checked = checked;
    this.database = database;
    this.collection = collection;
    this.layout = layout;
  }

  /**
   * Takes a URI apart. Contacts nothing.
   *
   * @throws ConfigurationException with every problem
   */
  static MongoUri parse(Location location) {
    String text = location.reveal();
    int question = text.indexOf('?');
    List<String> problems = new ArrayList<>();
    List<String> driverOptions = new ArrayList<>();
    Map<String, String> own = new LinkedHashMap<>();
    if (question >= 0) {
      // An @ behind it may mean that the question mark belongs to a password.
      boolean showsNames = text.indexOf('@', question) < 0;
      for (String option : text.substring(question + 1).split("[&;]", -1)) {
        sort(option, showsNames, own, driverOptions, problems);
      }
    }
    String collection = own.getOrDefault(COLLECTION, MongoSink.Builder.COLLECTION);
    MongoSink.Builder.problemOfCollection(collection).ifPresent(problems::add);
    MongoLayout layout = layout(own.getOrDefault(LAYOUT, "chunks"), problems);

    String driverUri =
        (question < 0 ? text : text.substring(0, question))
            + (driverOptions.isEmpty() ? "" : "?" + String.join("&", driverOptions));
    ConnectionString checked = null;
    String database = null;
    try {
      checked = new ConnectionString(driverUri, NO_DNS);
      database = checked.getDatabase();
      checkDatabase(checked, problems);
      settings(checked);
    } catch (IllegalArgumentException | IllegalStateException | MongoClientException e) {
      // The driver's own text can quote a part of a password that is not encoded.
      problems.add(
          "The MongoDB driver does not take the URI"
              + (text.indexOf('@') < 0 ? ": " + e.getMessage() : "")
              + ". Hosts are separated by commas; special characters in user and password must be"
              + " percent-encoded, @ as %40, : as %3A, / as %2F, ? as %3F. "
              + FORM);
    }
    if (!problems.isEmpty() || checked == null || database == null) {
      throw new ConfigurationException(problems);
    }
    return new MongoUri(driverUri, checked, database, collection, layout);
  }

  private static void checkDatabase(ConnectionString checked, List<String> problems) {
    String database = checked.getDatabase();
    if (database == null || database.isEmpty()) {
      problems.add("The database is missing. " + FORM);
      return;
    }
    if (checked.getCollection() != null) {
      problems.add(
          "The database's name has a dot. A collection is given as ?collection=name instead.");
    } else {
      MongoSink.Builder.problemOfDatabase(database).ifPresent(problems::add);
    }
  }

  private static void sort(
      String option,
      boolean showsNames,
      Map<String, String> own,
      List<String> driver,
      List<String> problems) {
    int equals = option.indexOf('=');
    if (equals <= 0) {
      if (!option.isEmpty()) {
        problems.add("After the question mark, every parameter needs the form name=value.");
      }
      return;
    }
    String name = option.substring(0, equals);
    String value = option.substring(equals + 1);
    if (name.equals(COLLECTION) || name.equals(LAYOUT)) {
      if (own.put(name, decode(value, problems)) != null) {
        problems.add("The parameter " + name + " is given twice.");
      }
      return;
    }
    String lower = name.toLowerCase(Locale.ROOT);
    if (!DRIVER_OPTIONS.contains(lower)) {
      problems.add(
          (showsNames && SHOWABLE.matcher(name).matches() ? "The parameter " + name : "A parameter")
              + " is neither known to the MongoDB driver nor one of collection and layout.");
      return;
    }
    if (lower.equals("w") && !value.equals("majority")) {
      problems.add(
          "w must be majority: a backup that an election can undo is none. Remove w from the URI.");
    } else if (lower.equals("journal") && !value.equalsIgnoreCase("true")) {
      problems.add(
          "journal must be true: a backup must outlast a crash. Remove journal from the URI.");
    } else {
      driver.add(option);
    }
  }

  private static String decode(String text, List<String> problems) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      problems.add("A percent sign is not followed by two hexadecimal digits.");
      return text;
    }
  }

  private static MongoLayout layout(String name, List<String> problems) {
    return switch (name) {
      case "chunks" -> MongoLayout.CHUNKS;
      case "document" -> MongoLayout.DOCUMENT;
      default -> {
        problems.add("layout must be chunks or document.");
        yield MongoLayout.CHUNKS;
      }
    };
  }

  String database() {
    return database;
  }

  String collection() {
    return collection;
  }

  MongoLayout layout() {
    return layout;
  }

  /** For people; without user, password and the driver's options. */
  String location() {
    return MongoSink.Builder.location(
        checked.isSrvProtocol() ? "mongodb+srv" : "mongodb",
        checked.getHosts(),
        database,
        collection,
        layout);
  }

  /** Makes a client, which begins to connect; the DNS is asked here. */
  MongoClient connect() {
    try {
      return MongoClients.create(settings(new ConnectionString(driverUri)));
    } catch (IllegalArgumentException e) {
      // The URI alone is fine, so it is the TXT record. Without the cause, which may quote the URI.
      throw new MongoConfigurationException("The TXT record of the cluster is malformed.");
    }
  }

  /** Without the driver's retries, so that nothing is retried twice, and with timeouts. */
  static MongoClientSettings settings(ConnectionString uri) {
    MongoClientSettings.Builder settings =
        MongoClientSettings.builder()
            .applyConnectionString(uri)
            .retryReads(false)
            .retryWrites(false);
    if (uri.getServerSelectionTimeout() == null) {
      settings.applyToClusterSettings(
          cluster -> cluster.serverSelectionTimeout(SELECTION_SECONDS, TimeUnit.SECONDS));
    }
    if (uri.getSocketTimeout() == null && uri.getTimeout() == null) {
      settings.applyToSocketSettings(
          socket -> socket.readTimeout(SOCKET_SECONDS, TimeUnit.SECONDS));
    }
    if (uri.getApplicationName() == null) {
      settings.applicationName("holdfast");
    }
    return settings.build();
  }
}
