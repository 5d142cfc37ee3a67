package io.holdfast.mongo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import io.holdfast.BackupExecutor;
import io.holdfast.ConfigurationException;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.Retry;
import io.holdfast.spi.SinkCapability;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StorageSinkProvider;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Field;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The URI of a MongoDB sink")
final class MongoUriTest {
  private static final String SECRET = "s3cretpart";

  private static StorageSink open(String uri) {
    Location location = Location.parse(uri);
    return ServiceLoader.load(StorageSinkProvider.class).stream()
        .map(ServiceLoader.Provider::get)
        .filter(provider -> provider.scheme().equals(location.scheme()))
        .findFirst()
        .orElseThrow()
        .open(location, new ProviderContext(Retry.none(), Map.of()));
  }

  private static List<String> problems(String uri) {
    ConfigurationException refused =
        catchThrowableOfType(ConfigurationException.class, () -> open(uri).close());
    assertThat(refused).as("the refusal of %s", uri).isNotNull();
    return refused.problems();
  }

  @ParameterizedTest
  @CsvSource({
    "mongodb://localhost/shop, mongodb://localhost/shop?collection=holdfast",
    "mongodb://localhost/shop?, mongodb://localhost/shop?collection=holdfast",
    "mongodb://a:27017/shop?collection=db.backups, mongodb://a:27017/shop?collection=db.backups",
    "mongodb://a/shop?layout=document, mongodb://a/shop?collection=holdfast&layout=document",
    "mongodb://a/shop?layout=chunks, mongodb://a/shop?collection=holdfast",
    "'mongodb://u:s3cretpart@a,b:1/shop?replicaSet=r&authSource=admin', "
        + "'mongodb://a,b:1/shop?collection=holdfast'",
    "'mongodb+srv://u:s3cretpart@cluster0.example.mongodb.net/shop?retryWrites=true&w=majority', "
        + "'mongodb+srv://cluster0.example.mongodb.net/shop?collection=holdfast'",
    "'mongodb://a/shop?w=majority&journal=true&readPreference=secondary', "
        + "'mongodb://a/shop?collection=holdfast'",
    "'mongodb://a/shop?tls=true;collection=x', 'mongodb://a/shop?collection=x'"
  })
  void isOpenedWithoutContactAndShownWithoutSecrets(String uri, String shown) {
    try (StorageSink sink = open(uri)) {
      assertThat(sink.location()).isEqualTo(shown);
      assertThat(sink).hasToString(shown);
      assertThat(sink.capabilities()).containsExactly(SinkCapability.METADATA);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "mongodb://localhost, The database is missing",
    "mongodb://localhost/, The database is missing",
    "mongodb://localhost/?collection=x, The database is missing",
    "mongodb://localhost/shop.backups, The database's name has a dot",
    "mongodb://localhost/shop?layout=gridfs, layout must be chunks or document",
    "mongodb://localhost/shop?collection=, The collection's name",
    "mongodb://localhost/shop?collection=system.users, The collection's name",
    "mongodb://localhost/shop?collection=a%24b, The collection's name",
    "mongodb://localhost/shop?collection=a..b, The collection's name",
    "mongodb://localhost/shop?collection=%zz, A percent sign",
    "mongodb://localhost/shop?collection=a&collection=b, is given twice",
    "mongodb://localhost/shop?colection=a, The parameter colection is neither known",
    "mongodb://localhost/shop?Collection=a, The parameter Collection is neither known",
    "mongodb://localhost/shop?layout, needs the form name=value",
    "mongodb://localhost/shop?w=1, w must be majority",
    "mongodb://localhost/shop?w=0, w must be majority",
    "mongodb://localhost/shop?W=3, w must be majority",
    "mongodb://localhost/shop?journal=false, journal must be true",
    "mongodb://localhost/shop?maxPoolSize=1&minPoolSize=5, The MongoDB driver does not take",
    "mongodb://localhost:99999/shop, The MongoDB driver does not take",
    "mongodb:localhost/shop, The MongoDB driver does not take",
    "mongodb+srv://a.example.com:27017/shop, The MongoDB driver does not take"
  })
  void isRefusedWithWhatIsWrong(String uri, String problem) {
    assertThat(problems(uri)).anySatisfy(found -> assertThat(found).contains(problem));
  }

  @Test
  void everyProblemIsTold() {
    assertThat(problems("mongodb://localhost?collection=1&layout=x&w=1&journal=false&what=1"))
        .hasSize(6);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mongodb://user:s3cretpart@evil@host/shop",
        "mongodb://user:a/s3cretpart@host/shop",
        "mongodb://user:a?s3cretpart@host/shop",
        "mongodb://user:a?s3cretpart=x@host/shop",
        "mongodb://user:s3cretpart%zz@host/shop",
        "mongodb://user:s3cretpart@host:port/shop",
        "mongodb://user:s3cretpart@host/?w=1",
        "mongodb://host/shop?proxyPassword=s3cretpart"
      })
  void aRefusalNeverShowsASecret(String uri) {
    ConfigurationException refused =
        catchThrowableOfType(ConfigurationException.class, () -> open(uri).close());
    assertThat(refused).isNotNull();
    StringWriter trace = new StringWriter();
    refused.printStackTrace(new PrintWriter(trace, true));
    assertThat(trace.toString()).doesNotContain(SECRET);
  }

  @Test
  void bothSchemesAreFoundByTheExecutor() {
    for (String uri : List.of("mongodb://a/shop?layout=x", "mongodb+srv://a.b.c/shop?layout=x")) {
      assertThat(
              catchThrowableOfType(
                  ConfigurationException.class, () -> BackupExecutor.builder().sink(uri).build()))
          .hasMessageContaining("layout must be chunks or document");
    }
  }

  @Test
  void theDriversOptionsAreThoseThatTheDriverKnows() throws ReflectiveOperationException {
    Field keys = ConnectionString.class.getDeclaredField("ALL_KEYS");
    keys.setAccessible(true);
    Set<Object> known = new HashSet<>((Set<?>) keys.get(null));
    known.remove("safe"); // The old spelling of w.
    assertThat(MongoUri.DRIVER_OPTIONS).containsExactlyInAnyOrderElementsOf(strings(known));
  }

  private static List<String> strings(Set<Object> objects) {
    return objects.stream().map(String::valueOf).toList();
  }

  @Test
  void aClientOfOurOwnDoesNotRetryAndDoesNotWaitForEver() {
    MongoClientSettings settings = MongoUri.settings(new ConnectionString("mongodb://a/shop"));
    assertThat(settings.getRetryWrites()).isFalse();
    assertThat(settings.getRetryReads()).isFalse();
    assertThat(settings.getApplicationName()).isEqualTo("holdfast");
    assertThat(settings.getClusterSettings().getServerSelectionTimeout(TimeUnit.SECONDS))
        .isEqualTo(15);
    assertThat(settings.getSocketSettings().getReadTimeout(TimeUnit.SECONDS)).isEqualTo(60);
  }

  @Test
  void whatTheUriSaysOfTimeoutsHolds() {
    MongoClientSettings settings =
        MongoUri.settings(
            new ConnectionString(
                "mongodb://a/shop?serverSelectionTimeoutMS=1000&socketTimeoutMS=2000&appName=x"));
    assertThat(settings.getApplicationName()).isEqualTo("x");
    assertThat(settings.getClusterSettings().getServerSelectionTimeout(TimeUnit.SECONDS))
        .isEqualTo(1);
    assertThat(settings.getSocketSettings().getReadTimeout(TimeUnit.SECONDS)).isEqualTo(2);
  }

  @Test
  void aBuilderTellsEveryProblemToo() {
    try (MongoClient client = MongoClients.create("mongodb://127.0.0.1:1")) {
      ConfigurationException refused =
          catchThrowableOfType(
              ConfigurationException.class,
              () -> MongoSink.builder(client, "a.b").collection("$").build());
      assertThat(refused.problems()).hasSize(2);
      assertThat(MongoSink.builder(client, "shop").layout(MongoLayout.DOCUMENT).build().location())
          .isEqualTo("mongodb://127.0.0.1:1/shop?collection=holdfast&layout=document");
    }
  }
}
