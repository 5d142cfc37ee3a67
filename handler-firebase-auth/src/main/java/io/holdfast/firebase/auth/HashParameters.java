package io.holdfast.firebase.auth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.Secret;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;

/**
 * How the passwords of imported users were hashed: what {@code accounts:batchCreate} has to be told
 * besides hash and salt. Immutable, safe for use by many threads, equal by value. It may hold the
 * key that passwords were hashed with, so it prints without it.
 *
 * <p>Limits are those of Google's documentation of {@code UploadAccountRequest} and of
 * firebase-tools. Keys and separators are given as base64, standard or URL-safe, as the Firebase
 * console shows them.
 */
public final class HashParameters {
  /** The algorithms that an import knows, by Google's names. */
  public enum Algorithm {
    /** Firebase's own variant of scrypt, which needs the project's signer key. */
    SCRYPT,
    /** scrypt of RFC 7914. */
    STANDARD_SCRYPT,
    /** bcrypt; the hash is the whole text that begins with {@code $2}. */
    BCRYPT,
    /** Argon2 of RFC 9106. */
    ARGON2,
    /** PBKDF2 with HMAC-SHA-1. */
    PBKDF_SHA1,
    /** PBKDF2 with HMAC-SHA-256. */
    PBKDF2_SHA256,
    /** HMAC with SHA-512. */
    HMAC_SHA512,
    /** HMAC with SHA-256. */
    HMAC_SHA256,
    /** HMAC with SHA-1. */
    HMAC_SHA1,
    /** HMAC with MD5. */
    HMAC_MD5,
    /** MD5. */
    MD5,
    /** SHA-1. */
    SHA1,
    /** SHA-256. */
    SHA256,
    /** SHA-512. */
    SHA512
  }

  /** Which of the two comes first in what is hashed. */
  public enum Order {
    /** The salt comes first. */
    SALT_AND_PASSWORD,
    /** The password comes first. */
    PASSWORD_AND_SALT
  }

  /**
   * The parameters of Argon2, as RFC 9106 names them.
   *
   * @param type which of its variants
   * @param hashLengthBytes how long a hash is, 4 to 1024
   * @param parallelism how many lanes, 1 to 16
   * @param iterations how many passes, 1 to 16
   * @param memoryCostKib how much memory, in KiB, 8 for each lane to 32768
   * @param version which version of the algorithm
   * @param associatedData the associated data as base64; empty for none
   */
  public record Argon2(
      Type type,
      int hashLengthBytes,
      int parallelism,
      int iterations,
      int memoryCostKib,
      Version version,
      Secret associatedData) {
    /** The variants. */
    public enum Type {
      /** Data-dependent. */
      ARGON2_D,
      /** Data-independent. */
      ARGON2_I,
      /** Half of each; the usual one. */
      ARGON2_ID
    }

    /** The versions. */
    public enum Version {
      /** 0x10. */
      VERSION_10,
      /** 0x13, that of RFC 9106. */
      VERSION_13
    }
  }

  private static final String ALGORITHM = "algorithm";
  private static final String HASH_ALGORITHM = "hashAlgorithm";
  private static final String SIGNER_KEY = "signerKey";
  private static final String SALT_SEPARATOR = "saltSeparator";
  private static final String ROUNDS = "rounds";
  private static final String MEMORY_COST = "memoryCost";
  private static final String CPU_MEM_COST = "cpuMemCost";
  private static final String PARALLELIZATION = "parallelization";
  private static final String BLOCK_SIZE = "blockSize";
  private static final String DK_LEN = "dkLen";
  private static final String ORDER = "passwordHashOrder";
  private static final String UNSPECIFIED_ORDER = "UNSPECIFIED_ORDER";
  private static final String ARGON2 = "argon2Parameters";
  private static final String ASSOCIATED_DATA = "associatedData";
  private static final int MAX_PBKDF_ROUNDS = 120_000;
  private static final int MAX_DIGEST_ROUNDS = 8192;

  private final Algorithm algorithm;

  /** What {@link #toConfig} gives, checked, with standard base64 and nothing besides. */
  private final ObjectNode config;

  private HashParameters(Algorithm algorithm, ObjectNode config) {
    this.algorithm = algorithm;
    this.config = config;
  }

  /**
   * Firebase's own scrypt, with the parameters that a project has.
   *
   * @param signerKey the project's signer key
   * @param saltSeparator the project's salt separator; empty for none
   * @param rounds 1 to 8
   * @param memoryCost 1 to 14
   * @throws IllegalArgumentException if one is out of range or is not base64
   */
  public static HashParameters scrypt(
      Secret signerKey, Secret saltSeparator, int rounds, int memoryCost) {
    return ofConfig(
        of(Algorithm.SCRYPT)
            .put(SIGNER_KEY, signerKey.revealString())
            .put(SALT_SEPARATOR, saltSeparator.revealString())
            .put(ROUNDS, rounds)
            .put(MEMORY_COST, memoryCost));
  }

  /**
   * scrypt of RFC 7914.
   *
   * @param cpuMemCost N itself, not its logarithm
   * @param blockSize r
   * @param parallelization p
   * @param dkLen how long a hash is, in bytes
   * @throws IllegalArgumentException if one is below 1
   */
  public static HashParameters standardScrypt(
      int cpuMemCost, int blockSize, int parallelization, int dkLen) {
    return ofConfig(
        of(Algorithm.STANDARD_SCRYPT)
            .put(CPU_MEM_COST, cpuMemCost)
            .put(PARALLELIZATION, parallelization)
            .put(BLOCK_SIZE, blockSize)
            .put(DK_LEN, dkLen));
  }

  /** bcrypt, whose hashes tell their parameters themselves. */
  public static HashParameters bcrypt() {
    return ofConfig(of(Algorithm.BCRYPT));
  }

  /**
   * Argon2.
   *
   * @throws IllegalArgumentException if a parameter is out of range or is not base64
   */
  public static HashParameters argon2(Argon2 parameters) {
    ObjectNode config = of(Algorithm.ARGON2);
    ObjectNode node =
        config
            .putObject(ARGON2)
            .put("hashLengthBytes", parameters.hashLengthBytes())
            .put("hashType", parameters.type().name())
            .put("parallelism", parameters.parallelism())
            .put("iterations", parameters.iterations())
            .put("memoryCostKib", parameters.memoryCostKib())
            .put("version", parameters.version().name());
    if (!parameters.associatedData().isEmpty()) {
      node.put(ASSOCIATED_DATA, parameters.associatedData().revealString());
    }
    return ofConfig(config);
  }

  /**
   * PBKDF2 with HMAC-SHA-1.
   *
   * @throws IllegalArgumentException if the rounds are not 0 to 120,000
   */
  public static HashParameters pbkdfSha1(int rounds) {
    return ofConfig(of(Algorithm.PBKDF_SHA1).put(ROUNDS, rounds));
  }

  /**
   * PBKDF2 with HMAC-SHA-256.
   *
   * @throws IllegalArgumentException if the rounds are not 0 to 120,000
   */
  public static HashParameters pbkdf2Sha256(int rounds) {
    return ofConfig(of(Algorithm.PBKDF2_SHA256).put(ROUNDS, rounds));
  }

  /**
   * HMAC with SHA-512.
   *
   * @throws IllegalArgumentException if the key is missing or is not base64
   */
  public static HashParameters hmacSha512(Secret key, Order order) {
    return hmac(Algorithm.HMAC_SHA512, key, order);
  }

  /**
   * HMAC with SHA-256.
   *
   * @throws IllegalArgumentException if the key is missing or is not base64
   */
  public static HashParameters hmacSha256(Secret key, Order order) {
    return hmac(Algorithm.HMAC_SHA256, key, order);
  }

  /**
   * HMAC with SHA-1.
   *
   * @throws IllegalArgumentException if the key is missing or is not base64
   */
  public static HashParameters hmacSha1(Secret key, Order order) {
    return hmac(Algorithm.HMAC_SHA1, key, order);
  }

  /**
   * HMAC with MD5.
   *
   * @throws IllegalArgumentException if the key is missing or is not base64
   */
  public static HashParameters hmacMd5(Secret key, Order order) {
    return hmac(Algorithm.HMAC_MD5, key, order);
  }

  /**
   * MD5.
   *
   * @throws IllegalArgumentException if the rounds are not 0 to 8192
   */
  public static HashParameters md5(int rounds, Order order) {
    return digest(Algorithm.MD5, rounds, order);
  }

  /**
   * SHA-1.
   *
   * @throws IllegalArgumentException if the rounds are not 1 to 8192
   */
  public static HashParameters sha1(int rounds, Order order) {
    return digest(Algorithm.SHA1, rounds, order);
  }

  /**
   * SHA-256.
   *
   * @throws IllegalArgumentException if the rounds are not 1 to 8192
   */
  public static HashParameters sha256(int rounds, Order order) {
    return digest(Algorithm.SHA256, rounds, order);
  }

  /**
   * SHA-512.
   *
   * @throws IllegalArgumentException if the rounds are not 1 to 8192
   */
  public static HashParameters sha512(int rounds, Order order) {
    return digest(Algorithm.SHA512, rounds, order);
  }

  private static ObjectNode of(Algorithm algorithm) {
    return JsonNodeFactory.instance.objectNode().put(ALGORITHM, algorithm.name());
  }

  private static HashParameters hmac(Algorithm algorithm, Secret key, Order order) {
    return ofConfig(of(algorithm).put(SIGNER_KEY, key.revealString()).put(ORDER, order.name()));
  }

  private static HashParameters digest(Algorithm algorithm, int rounds, Order order) {
    return ofConfig(of(algorithm).put(ROUNDS, rounds).put(ORDER, order.name()));
  }

  /**
   * The parameters that {@code signIn.hashConfig} of a project or {@code hashConfig} of a tenant
   * tells: {@code {"algorithm":"SCRYPT","signerKey":"…","saltSeparator":"…","rounds":8,
   * "memoryCost":14}}. What it says of other algorithms has the names of {@code
   * UploadAccountRequest}. The Firebase console's names are taken too: {@code base64_signer_key},
   * {@code base64_salt_separator}, {@code mem_cost}. Fields that the algorithm does not use are
   * left out; a number that is missing is 0.
   *
   * @throws IllegalArgumentException if the algorithm is missing or unknown, or a parameter of it
   *     is missing, out of range or malformed; the message names the field and no value
   */
  public static HashParameters ofConfig(ObjectNode hashConfig) {
    ObjectNode given = hashConfig.deepCopy();
    rename(given, HASH_ALGORITHM, ALGORITHM);
    rename(given, "base64_signer_key", SIGNER_KEY);
    rename(given, "base64_salt_separator", SALT_SEPARATOR);
    rename(given, "mem_cost", MEMORY_COST);
    Algorithm algorithm = choice(given, ALGORITHM, Algorithm.class);
    ObjectNode config = of(algorithm);
    switch (algorithm) {
      case SCRYPT -> {
        config.put(SIGNER_KEY, key(given));
        String separator = base64(given, SALT_SEPARATOR);
        if (!separator.isEmpty()) {
          config.put(SALT_SEPARATOR, separator);
        }
        number(given, config, ROUNDS, 1, 8);
        number(given, config, MEMORY_COST, 1, 14);
      }
      case STANDARD_SCRYPT -> {
        for (String name : List.of(CPU_MEM_COST, PARALLELIZATION, BLOCK_SIZE, DK_LEN)) {
          number(given, config, name, 1, Integer.MAX_VALUE);
        }
      }
      case BCRYPT -> {}
      case ARGON2 -> argon2(given, config.putObject(ARGON2));
      case PBKDF_SHA1, PBKDF2_SHA256 -> number(given, config, ROUNDS, 0, MAX_PBKDF_ROUNDS);
      case HMAC_SHA512, HMAC_SHA256, HMAC_SHA1, HMAC_MD5 -> {
        config.put(SIGNER_KEY, key(given));
        order(given, config);
      }
      case MD5 -> {
        number(given, config, ROUNDS, 0, MAX_DIGEST_ROUNDS);
        order(given, config);
      }
      case SHA1, SHA256, SHA512 -> {
        number(given, config, ROUNDS, 1, MAX_DIGEST_ROUNDS);
        order(given, config);
      }
    }
    return new HashParameters(algorithm, config);
  }

  /** The algorithm. */
  public Algorithm algorithm() {
    return algorithm;
  }

  /** The parameters in the form that {@link #ofConfig} reads. It holds the key: do not print it. */
  public ObjectNode toConfig() {
    return config.deepCopy();
  }

  /**
   * Writes the parameters into the body of a request to {@code accounts:batchCreate}, as it wants
   * them: {@code hashAlgorithm} and what the algorithm needs, bytes as URL-safe base64.
   */
  public void addTo(ObjectNode batchCreateRequest) {
    batchCreateRequest.put(HASH_ALGORITHM, algorithm.name());
    config
        .properties()
        .forEach(
            field -> {
              String name = field.getKey();
              JsonNode value = field.getValue();
              if (name.equals(SIGNER_KEY) || name.equals(SALT_SEPARATOR)) {
                batchCreateRequest.put(name, urlSafe(value.textValue()));
              } else if (value instanceof ObjectNode argon2) {
                ObjectNode copy = argon2.deepCopy();
                if (copy.has(ASSOCIATED_DATA)) {
                  copy.put(ASSOCIATED_DATA, urlSafe(copy.get(ASSOCIATED_DATA).textValue()));
                }
                batchCreateRequest.set(name, copy);
              } else if (!name.equals(ALGORITHM)) {
                batchCreateRequest.set(name, value);
              }
            });
  }

  private static void rename(ObjectNode node, String from, String to) {
    JsonNode value = node.remove(from);
    if (value == null) {
      return;
    }
    if (node.has(to)) {
      throw new IllegalArgumentException("Hash parameters have both " + from + " and " + to + ".");
    }
    node.set(to, value);
  }

  private static void argon2(ObjectNode given, ObjectNode into) {
    if (!(given.get(ARGON2) instanceof ObjectNode node)) {
      throw new IllegalArgumentException("Hash parameters of ARGON2 need " + ARGON2 + ".");
    }
    number(node, into, "hashLengthBytes", 4, 1024);
    into.put("hashType", choice(node, "hashType", Argon2.Type.class).name());
    int lanes = number(node, into, "parallelism", 1, 16);
    number(node, into, "iterations", 1, 16);
    number(node, into, "memoryCostKib", 8 * lanes, 32768);
    Argon2.Version version =
        node.path("version").asText("VERSION_UNSPECIFIED").equals("VERSION_UNSPECIFIED")
            ? Argon2.Version.VERSION_13 // the service's own default, said explicitly
            : choice(node, "version", Argon2.Version.class);
    into.put("version", version.name());
    String data = base64(node, ASSOCIATED_DATA);
    if (!data.isEmpty()) {
      into.put(ASSOCIATED_DATA, data);
    }
  }

  private static void order(ObjectNode given, ObjectNode into) {
    if (!given.path(ORDER).asText(UNSPECIFIED_ORDER).equals(UNSPECIFIED_ORDER)) {
      into.put(ORDER, choice(given, ORDER, Order.class).name());
    }
  }

  private static int number(ObjectNode given, ObjectNode into, String name, int least, int most) {
    JsonNode value = given.get(name);
    BigInteger number = BigInteger.ZERO;
    if (value != null && value.isIntegralNumber()) {
      number = value.bigIntegerValue();
    } else if (value != null && value.isTextual() && value.textValue().matches("[0-9]{1,10}")) {
      number = new BigInteger(value.textValue());
    } else if (value != null && !value.isNull()) {
      throw new IllegalArgumentException("Hash parameters: " + name + " is not a whole number.");
    }
    if (number.compareTo(BigInteger.valueOf(least)) < 0
        || number.compareTo(BigInteger.valueOf(most)) > 0) {
      throw new IllegalArgumentException(
          "Hash parameters: "
              + name
              + " must be "
              + (most == Integer.MAX_VALUE ? "≥ " + least : "from " + least + " to " + most)
              + ".");
    }
    into.put(name, number.intValueExact());
    return number.intValueExact();
  }

  private static <E extends Enum<E>> E choice(ObjectNode given, String name, Class<E> type) {
    String text = given.path(name).asText("");
    for (E constant : type.getEnumConstants()) {
      if (constant.name().equals(text)) {
        return constant;
      }
    }
    throw new IllegalArgumentException(
        "Hash parameters: "
            + name
            + " must be one of "
            + Arrays.stream(type.getEnumConstants())
                .map(Enum::name)
                .collect(Collectors.joining(", "))
            + ".");
  }

  private static String key(ObjectNode given) {
    String key = base64(given, SIGNER_KEY);
    if (key.isEmpty()) {
      throw new IllegalArgumentException("Hash parameters: " + SIGNER_KEY + " is missing.");
    }
    return key;
  }

  /** The bytes as standard base64 with padding, whatever base64 they came as. */
  private static String base64(ObjectNode given, String name) {
    JsonNode value = given.get(name);
    if (value == null || value.isNull()) {
      return "";
    }
    String standard = value.asText("*").strip().replace('-', '+').replace('_', '/');
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(standard);
    } catch (IllegalArgumentException e) {
      // Without the cause, whose message may show a part of the key.
      bytes = null;
    }
    if (bytes == null) {
      throw new IllegalArgumentException("Hash parameters: " + name + " is not base64.");
    }
    return Base64.getEncoder().encodeToString(bytes);
  }

  private static String urlSafe(String standard) {
    return standard.replace('+', '-').replace('/', '_');
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof HashParameters parameters && config.equals(parameters.config);
  }

  @Override
  public int hashCode() {
    return config.hashCode();
  }

  /** The algorithm's name, without any parameter: {@code HashParameters[SCRYPT, ***]}. */
  @Override
  public String toString() {
    return "HashParameters[" + algorithm + ", ***]";
  }
}
