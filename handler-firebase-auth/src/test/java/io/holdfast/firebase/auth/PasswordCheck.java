package io.holdfast.firebase.auth;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.digests.SHA1Digest;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.generators.OpenBSDBCrypt;
import org.bouncycastle.crypto.generators.PKCS5S2ParametersGenerator;
import org.bouncycastle.crypto.generators.SCrypt;
import org.bouncycastle.crypto.params.Argon2Parameters;
import org.bouncycastle.crypto.params.KeyParameter;

/** Checks a password against hash and salt, as whoever hashed it with those parameters did. */
final class PasswordCheck {
  private PasswordCheck() {}

  /** Whether the password has that hash. */
  static boolean matches(HashParameters parameters, String password, byte[] salt, byte[] hash) {
    if (parameters.algorithm() == HashParameters.Algorithm.BCRYPT) {
      return OpenBSDBCrypt.checkPassword(new String(hash, US_ASCII), password.toCharArray());
    }
    return MessageDigest.isEqual(
        hash(parameters, password.getBytes(UTF_8), salt, hash.length), hash);
  }

  private static byte[] hash(
      HashParameters parameters, byte[] password, byte[] salt, int hashBytes) {
    JsonNode config = parameters.toConfig();
    String name = parameters.algorithm().name();
    try {
      return switch (parameters.algorithm()) {
        case SCRYPT -> {
          // https://github.com/firebase/scrypt: the derived key encrypts the signer key.
          byte[] key =
              SCrypt.generate(
                  password,
                  join(salt, bytes(config, "saltSeparator")),
                  1 << config.get("memoryCost").intValue(),
                  config.get("rounds").intValue(),
                  1,
                  32);
          Cipher cipher = Cipher.getInstance("AES/CTR/NoPadding");
          cipher.init(
              Cipher.ENCRYPT_MODE,
              new SecretKeySpec(key, "AES"),
              new IvParameterSpec(new byte[16]));
          yield cipher.doFinal(bytes(config, "signerKey"));
        }
        case STANDARD_SCRYPT ->
            SCrypt.generate(
                password,
                salt,
                config.get("cpuMemCost").intValue(),
                config.get("blockSize").intValue(),
                config.get("parallelization").intValue(),
                config.get("dkLen").intValue());
        case ARGON2 -> argon2(config.get("argon2Parameters"), password, salt, new byte[0]);
        case PBKDF_SHA1, PBKDF2_SHA256 -> {
          var generator =
              new PKCS5S2ParametersGenerator(
                  name.endsWith("SHA1") ? new SHA1Digest() : new SHA256Digest());
          generator.init(password, salt, config.get("rounds").intValue());
          yield ((KeyParameter) generator.generateDerivedMacParameters(8 * hashBytes)).getKey();
        }
        case HMAC_SHA512, HMAC_SHA256, HMAC_SHA1, HMAC_MD5 -> {
          String mac = "Hmac" + name.substring("HMAC_".length());
          Mac hmac = Mac.getInstance(mac);
          hmac.init(new SecretKeySpec(bytes(config, "signerKey"), mac));
          yield hmac.doFinal(ordered(config, password, salt));
        }
        case MD5, SHA1, SHA256, SHA512 -> {
          MessageDigest digest = MessageDigest.getInstance(name.replace("SHA", "SHA-"));
          byte[] hash = digest.digest(ordered(config, password, salt));
          for (int round = 1; round < config.get("rounds").intValue(); round++) {
            hash = digest.digest(hash);
          }
          yield hash;
        }
        case BCRYPT -> throw new IllegalStateException("bcrypt");
      };
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * @param secret RFC 9106's optional secret, which an import cannot name; the RFC's vectors have
   *     one
   */
  static byte[] argon2(JsonNode config, byte[] password, byte[] salt, byte[] secret) {
    int type =
        switch (config.get("hashType").textValue().toUpperCase(Locale.ROOT)) {
          case "ARGON2_D" -> Argon2Parameters.ARGON2_d;
          case "ARGON2_I" -> Argon2Parameters.ARGON2_i;
          default -> Argon2Parameters.ARGON2_id;
        };
    Argon2Parameters parameters =
        new Argon2Parameters.Builder(type)
            .withVersion(
                config.get("version").textValue().equals("VERSION_10")
                    ? Argon2Parameters.ARGON2_VERSION_10
                    : Argon2Parameters.ARGON2_VERSION_13)
            .withIterations(config.get("iterations").intValue())
            .withMemoryAsKB(config.get("memoryCostKib").intValue())
            .withParallelism(config.get("parallelism").intValue())
            .withSalt(salt)
            .withSecret(secret)
            .withAdditional(bytes(config, "associatedData"))
            .build();
    Argon2BytesGenerator generator = new Argon2BytesGenerator();
    generator.init(parameters);
    byte[] hash = new byte[config.get("hashLengthBytes").intValue()];
    generator.generateBytes(password, hash);
    return hash;
  }

  private static byte[] ordered(JsonNode config, byte[] password, byte[] salt) {
    if (salt.length == 0) {
      return password;
    }
    return switch (config.path("passwordHashOrder").asText()) {
      case "SALT_AND_PASSWORD" -> join(salt, password);
      case "PASSWORD_AND_SALT" -> join(password, salt);
      default -> throw new IllegalArgumentException("The order of salt and password is not known.");
    };
  }

  private static byte[] bytes(JsonNode config, String name) {
    return Base64.getDecoder().decode(config.path(name).asText(""));
  }

  private static byte[] join(byte[] first, byte[] second) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    joined.writeBytes(first);
    joined.writeBytes(Arrays.copyOf(second, second.length));
    return joined.toByteArray();
  }
}
