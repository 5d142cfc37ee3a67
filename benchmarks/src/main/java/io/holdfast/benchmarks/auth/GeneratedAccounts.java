package io.holdfast.benchmarks.auth;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.SplittableRandom;

/**
 * Accounts as the API lists them, made from their numbers: of the same number always the same. Safe
 * for use by many threads.
 */
final class GeneratedAccounts {
  private static final long CREATED = 1_600_000_000_000L;

  private final long count;

  GeneratedAccounts(long count) {
    this.count = count;
  }

  long count() {
    return count;
  }

  /** The uid of an account; its end is the number. */
  static String uid(long number) {
    return String.format("%016x%012d", new SplittableRandom(number).nextLong(), number);
  }

  /** The number in a uid. */
  static long number(String uid) {
    return Long.parseLong(uid.substring(16));
  }

  /** The account, as a JSON object. */
  void write(long number, StringBuilder to) {
    SplittableRandom random = new SplittableRandom(number);
    random.nextLong();
    String email = "user" + number + "@mail" + number % 97 + ".example";
    to.append("{\"localId\":\"").append(uid(number));
    to.append("\",\"email\":\"").append(email);
    to.append("\",\"displayName\":\"Bench Märk ").append(number);
    to.append("\",\"photoUrl\":\"https://photos.example/").append(noise(random, 24));
    to.append("\",\"passwordHash\":\"").append(noise(random, 64));
    to.append("\",\"emailVerified\":").append(number % 3 == 0);
    to.append(",\"passwordUpdatedAt\":").append(CREATED + number);
    to.append(",\"providerUserInfo\":[{\"providerId\":\"password\",\"email\":\"").append(email);
    to.append("\",\"federatedId\":\"").append(email);
    to.append("\",\"rawId\":\"").append(email).append("\"}");
    if (number % 4 == 0) {
      to.append(",{\"providerId\":\"google.com\",\"rawId\":\"10").append(CREATED + number);
      to.append("\",\"email\":\"").append(email);
      to.append("\",\"displayName\":\"Bench Märk ").append(number).append("\"}");
    }
    to.append("],\"validSince\":\"").append(CREATED / 1000 + number % 1000);
    to.append("\",\"disabled\":").append(number % 50 == 0);
    to.append(",\"lastLoginAt\":\"").append(CREATED + 5 * number);
    to.append("\",\"createdAt\":\"").append(CREATED + number);
    to.append("\",\"salt\":\"").append(noise(random, 12));
    if (number % 5 == 0) {
      to.append("\",\"customAttributes\":\"{\\\"role\\\":\\\"editor\\\",\\\"team\\\":");
      to.append(number % 1000).append("}");
    }
    if (number % 10 == 0) {
      to.append("\",\"phoneNumber\":\"+1650").append(String.format("%09d", number));
    }
    to.append("\",\"version\":0,\"lastRefreshAt\":\"2026-01-09T00:00:00Z\"}");
  }

  private static String noise(SplittableRandom random, int bytes) {
    byte[] noise = new byte[bytes];
    random.nextBytes(noise);
    return new String(
        Base64.getUrlEncoder().withoutPadding().encode(noise), StandardCharsets.US_ASCII);
  }
}
