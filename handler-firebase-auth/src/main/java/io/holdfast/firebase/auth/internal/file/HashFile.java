package io.holdfast.firebase.auth.internal.file;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.firebase.auth.HashParameters;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Hash parameters as people keep them: JSON, or what the Firebase console shows to be copied. */
public final class HashFile {
  private static final int MAX_BYTES = 1 << 16;
  private static final List<String> AROUND = List.of("signIn", "hashConfig", "hash_config");

  /** A line of {@code hash_config { algorithm: SCRYPT, base64_signer_key: …, … }}. */
  private static final Pattern LINE = Pattern.compile("([a-z0-9_]+)\\s*:\\s*\"?([^\\s,\"}]*)\"?");

  private HashFile() {}

  /**
   * Reads the file.
   *
   * @throws IOException if it cannot be read
   * @throws IllegalArgumentException if it does not hold hash parameters; shows no value
   */
  public static HashParameters read(Path path) throws IOException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(path)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    }
    if (bytes.length > MAX_BYTES) {
      throw new IllegalArgumentException("Hash parameters: the file is too large to be theirs.");
    }
    String text = new String(bytes, StandardCharsets.UTF_8).strip();
    return HashParameters.ofConfig(text.startsWith("hash_config") ? ofConsole(text) : ofJson(text));
  }

  private static ObjectNode ofConsole(String text) {
    ObjectNode config = UserJson.MAPPER.createObjectNode();
    Matcher lines = LINE.matcher(text);
    while (lines.find()) {
      config.put(lines.group(1), lines.group(2));
    }
    return config;
  }

  private static ObjectNode ofJson(String text) {
    JsonNode node = null;
    try {
      node = UserJson.MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      // Said below, without the cause, whose message shows a part of the file.
    }
    for (String name : AROUND) {
      if (node != null && node.has(name)) {
        node = node.get(name);
      }
    }
    if (node instanceof ObjectNode config) {
      return config;
    }
    throw new IllegalArgumentException("Hash parameters: the file is not a JSON object.");
  }
}
