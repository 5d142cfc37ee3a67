package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.ConfigurationException;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.Retry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConnectionUriTest {
  @TempDir Path home;

  @Test
  void readsEveryPart() {
    ConnectionSettings settings =
        parse("postgresql://ada:s%40crt@db.example:5433/app?sslmode=require");
    assertThat(settings.driverUrl()).isEqualTo("jdbc:postgresql://db.example:5433/app");
    assertThat(settings.user()).isEqualTo("ada");
    assertThat(settings.password().revealString()).isEqualTo("s@crt");
    assertThat(settings.parameters()).containsEntry("sslmode", "require");
    assertThat(settings.location()).isEqualTo("postgresql://db.example:5433/app");
  }

  @Test
  void readsTheShortScheme() {
    assertThat(parse("postgres://db/app").driverUrl()).isEqualTo("jdbc:postgresql://db:5432/app");
  }

  @Test
  void decodesPercentSigns() {
    ConnectionSettings settings = parse("postgresql://a%2Fb@h/my%20db%2F%C3%BC");
    assertThat(settings.user()).isEqualTo("a/b");
    assertThat(settings.driverUrl()).isEqualTo("jdbc:postgresql://h:5432/my+db%2F%C3%BC");
  }

  @Test
  void readsSeveralHostsAndIpv6() {
    assertThat(parse("postgresql://a:1,b,[::1]:3/db?target_session_attrs=read-write").driverUrl())
        .isEqualTo("jdbc:postgresql://a:1,b:5432,[::1]:3/db");
    assertThat(parse("postgresql://a,b/db?target_session_attrs=read-write").parameters())
        .containsEntry("targetServerType", "primary");
  }

  @Test
  void letsParametersOverrideTheAuthority() {
    ConnectionSettings settings = parse("postgresql:///?host=h&port=7&user=u&dbname=d&password=p");
    assertThat(settings.driverUrl()).isEqualTo("jdbc:postgresql://h:7/d");
    assertThat(settings.user()).isEqualTo("u");
    assertThat(settings.password().revealString()).isEqualTo("p");
  }

  @Test
  void takesWhatIsMissingFromTheEnvironment() {
    ConnectionSettings settings =
        parse(
            "postgresql://",
            Map.of(
                "PGHOST",
                "h",
                "PGPORT",
                "7",
                "PGUSER",
                "u",
                "PGPASSWORD",
                "p",
                "PGDATABASE",
                "d",
                "PGSSLMODE",
                "disable"));
    assertThat(settings.driverUrl()).isEqualTo("jdbc:postgresql://h:7/d");
    assertThat(settings.user()).isEqualTo("u");
    assertThat(settings.password().revealString()).isEqualTo("p");
    assertThat(settings.parameters()).containsEntry("sslmode", "disable");
  }

  @Test
  void fallsBackToLocalhostAndTheUsersName() {
    ConnectionSettings settings = parse("postgresql://");
    String user = System.getProperty("user.name");
    assertThat(settings.driverUrl()).isEqualTo("jdbc:postgresql://localhost:5432/" + user);
    assertThat(settings.user()).isEqualTo(user);
  }

  @Test
  void reportsEveryProblemAtOnceAndNoPassword() {
    ConfigurationException error =
        catchThrowableOfType(
            ConfigurationException.class,
            () ->
                parse(
                    "postgresql://u:hunter2%zz@%2Fvar%2Frun:99999/db"
                        + "?sslmode=maybe&colour=red&connect_timeout=soon&service=x"));
    assertThat(error.problems()).hasSize(7);
    assertThat(error)
        .hasMessageContaining("password")
        .hasMessageContaining("Unix-domain socket")
        .hasMessageContaining("99999")
        .hasMessageContaining("sslmode")
        .hasMessageContaining("\"colour\"")
        .hasMessageContaining("connect_timeout")
        .hasMessageContaining("\"service\"");
    assertThat(error.getMessage()).doesNotContain("hunter2");
  }

  @Test
  void printsNoSecret() {
    ConnectionSettings settings = parse("postgresql://u:hunter2@h/db?sslpassword=hunter3");
    assertThat(settings.toString()).doesNotContain("hunter");
    assertThat(settings.location()).doesNotContain("hunter");
    assertThat(PostgresHandler.at("postgresql://u:hunter2@h/db").toString())
        .isEqualTo("PostgresHandler[postgresql://h:5432/db]");
  }

  @Test
  void findsThePasswordInThePasswordFile() throws Exception {
    passwordFile(
        "rw-------",
        "# a comment",
        "other:5432:app:ada:wrong",
        "db.example:*:a\\:p\\\\p:ada:col\\:on\\\\slash:ignored",
        "*:*:*:*:anything");
    assertThat(password("postgresql://ada@db.example/a:p%5Cp")).isEqualTo("col:on\\slash");
    assertThat(password("postgresql://ada@db.example/app")).isEqualTo("anything");
  }

  @Test
  void prefersThePasswordOfTheUri() throws Exception {
    passwordFile("rw-------", "*:*:*:*:anything");
    assertThat(password("postgresql://ada:own@db.example/app")).isEqualTo("own");
  }

  @Test
  void ignoresAPasswordFileThatOthersCanRead() throws Exception {
    passwordFile("rw-r-----", "*:*:*:*:anything");
    assertThat(password("postgresql://ada@db.example/app")).isEmpty();
  }

  @Test
  void readsThePasswordFileThatIsNamed() throws Exception {
    Path file = Files.writeString(home.resolve("other"), "*:*:*:*:named\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    assertThat(password("postgresql://ada@h/app?passfile=" + file)).isEqualTo("named");
    assertThat(
            parse("postgresql://ada@h/app", Map.of("PGPASSFILE", file.toString()))
                .password()
                .revealString())
        .isEqualTo("named");
  }

  @Test
  void neverLeavesThePasswordToTheDriver() {
    // It would look into the password file by itself, without looking at its permissions.
    assertThat(parse("postgresql://ada@h/app").driverProperties()).containsEntry("password", "");
  }

  private void passwordFile(String permissions, String... lines) throws Exception {
    Path file = Files.write(home.resolve(".pgpass"), List.of(lines));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
  }

  private String password(String uri) {
    return parse(uri).password().revealString();
  }

  private ConnectionSettings parse(String uri) {
    return parse(uri, Map.of());
  }

  private ConnectionSettings parse(String uri, Map<String, String> environment) {
    Map<String, String> all = new HashMap<>(environment);
    all.put("HOME", home.toString());
    return ConnectionSettings.of(Location.parse(uri), new ProviderContext(Retry.none(), all));
  }
}
