package io.holdfast.internal.age;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.AgeKeyPair;
import io.holdfast.DecryptionKeys;
import io.holdfast.Encryption;
import io.holdfast.Secret;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Our files in the hands of the real age, and its files in ours. */
class AgeInteropTest {
  /**
   * Runs a program in a terminal of its own, since age asks for passphrases there and nowhere else:
   * types the answer at each prompt, and passes the exit code on.
   */
  private static final String TERMINAL =
      """
      import os, pty, sys
      answer = sys.argv[1].encode() + b"\\n"
      prompts = int(sys.argv[2])
      pid, terminal = pty.fork()
      if pid == 0:
          os.execvp(sys.argv[3], sys.argv[3:])
      seen = b""
      while True:
          try:
              data = os.read(terminal, 4096)
          except OSError:
              break
          if not data:
              break
          seen += data
          while prompts > 0 and b": " in seen:
              seen = seen.split(b": ", 1)[1]
              os.write(terminal, answer)
              prompts -= 1
      _, status = os.waitpid(pid, 0)
      sys.stderr.write(seen.decode(errors="replace"))
      sys.exit(os.waitstatus_to_exitcode(status))
      """;

  private static final String WORDS = "correct horse battery";

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 65535, 65536, 65537, 131072, 500_000})
  void ageReadsWhatIsWrittenToPublicKeys(int size) throws Exception {
    assumeAge();
    AgeKeyPair other = AgeKeyPair.generate();
    AgeKeyPair pair = AgeKeyPair.generate();
    Path key = folder.resolve("key.txt");
    Files.writeString(key, "# made by a test\n" + pair.identity().revealString() + "\n");
    byte[] plain = Age.random(size, size);
    Path file = folder.resolve("backup.age");
    Files.write(
        file, Age.encrypt(plain, Encryption.recipients(other.recipient(), pair.recipient())));
    run("age", "-d", "-i", key.toString(), "-o", path("plain"), file.toString());
    Path opened = folder.resolve("plain");
    if (size == 0 && !Files.exists(opened)) {
      return; // age creates its output with the first byte.
    }
    assertThat(Files.readAllBytes(opened)).isEqualTo(plain);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 65535, 65536, 65537, 131072, 500_000})
  void whatAgeWritesToAPublicKeyIsReadWithTheFileOfAgeKeygen(int size) throws Exception {
    assumeAge();
    Path key = folder.resolve("key.txt");
    run("age-keygen", "-o", key.toString());
    String recipient =
        Files.readAllLines(key).stream()
            .filter(line -> line.startsWith("# public key: "))
            .map(line -> line.substring("# public key: ".length()))
            .findFirst()
            .orElseThrow();
    byte[] plain = Age.random(size, size);
    Files.write(folder.resolve("plain"), plain);
    run(
        "age",
        "-r",
        AgeKeyPair.generate().recipient(),
        "-r",
        recipient,
        "-o",
        path("backup.age"),
        path("plain"));
    assertThat(
            Age.decrypt(
                Files.readAllBytes(folder.resolve("backup.age")), DecryptionKeys.identityFile(key)))
        .isEqualTo(plain);
  }

  @Test
  void ageKeygenFindsThePublicKeyOfAPairMadeHere() throws Exception {
    assumeAge();
    AgeKeyPair pair = AgeKeyPair.generate();
    Path key = folder.resolve("key.txt");
    Files.writeString(key, pair.identity().revealString() + "\n");
    assertThat(run("age-keygen", "-y", key.toString()).strip()).isEqualTo(pair.recipient());
  }

  @Test
  void ageReadsWhatIsWrittenWithAPassphrase() throws Exception {
    assumeAge();
    assumeTerminal();
    byte[] plain = Age.random(100_000, 1);
    try (OutputStream sink = Files.newOutputStream(folder.resolve("backup.age"));
        EncryptingOutputStream out =
            AgeStreams.encrypting(sink, Encryption.passphrase(Secret.of(WORDS)))) {
      out.write(plain);
      out.finish();
    }
    inTerminal(1, "age", "-d", "-o", path("plain"), path("backup.age"));
    assertThat(Files.readAllBytes(folder.resolve("plain"))).isEqualTo(plain);
  }

  @Test
  void whatAgeWritesWithAPassphraseIsRead() throws Exception {
    assumeAge();
    assumeTerminal();
    byte[] plain = Age.random(100_000, 2);
    Files.write(folder.resolve("plain"), plain);
    inTerminal(2, "age", "-p", "-o", path("backup.age"), path("plain"));
    assertThat(
            Age.decrypt(
                Files.readAllBytes(folder.resolve("backup.age")),
                DecryptionKeys.passphrase(Secret.of(WORDS))))
        .isEqualTo(plain);
  }

  @Test
  void armorThatAgeWritesIsRefusedByName() throws Exception {
    assumeAge();
    Files.write(folder.resolve("plain"), new byte[10]);
    run(
        "age",
        "-a",
        "-r",
        AgeKeyPair.generate().recipient(),
        "-o",
        path("backup.age"),
        path("plain"));
    assertThat(
            Age.outcome(
                    Files.readAllBytes(folder.resolve("backup.age")),
                    DecryptionKeys.identities(AgeKeyPair.generate().identity()))
                .error())
        .hasMessageContaining("ASCII armor");
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }

  private static void assumeAge() {
    assumeTrue(
        onPath("age") && onPath("age-keygen"),
        "needs the programs age and age-keygen: apt-get install age, brew install age");
  }

  private static void assumeTerminal() {
    assumeTrue(
        !System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("windows")
            && onPath("python3"),
        "needs python3 (3.9 or later) on Linux or macOS, for a terminal that age can ask in");
  }

  private static boolean onPath(String program) {
    String path = System.getenv().getOrDefault("PATH", "");
    return Arrays.stream(path.split(java.io.File.pathSeparator, -1))
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
  }

  private static void inTerminal(int prompts, String... command) throws Exception {
    List<String> all =
        new ArrayList<>(List.of("python3", "-c", TERMINAL, WORDS, Integer.toString(prompts)));
    all.addAll(List.of(command));
    run(all.toArray(new String[0]));
  }

  private static String run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    process.getInputStream().transferTo(output);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    String text = output.toString(java.nio.charset.StandardCharsets.UTF_8);
    assertThat(process.exitValue()).as("%s: %s", command[0], text).isZero();
    return text;
  }
}
