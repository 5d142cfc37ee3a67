package io.holdfast.firebase.auth;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** Accounts of every shape, the same for the same seed, as an import takes them. */
final class GeneratedUsers {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String UID_CHARACTERS =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:@ é😀".substring(0, 68);
  private static final List<String> PROVIDERS =
      List.of(
          "google.com",
          "facebook.com",
          "twitter.com",
          "github.com",
          "apple.com",
          "microsoft.com",
          "yahoo.com",
          "linkedin.com",
          "gc.apple.com",
          "playgames.google.com",
          "oidc.corp",
          "saml.corp");

  private final Random random;
  private final String space;

  /**
   * @param space makes emails and phone numbers differ from those of other generators
   */
  GeneratedUsers(long seed, String space) {
    this.random = new Random(seed);
    this.space = space;
  }

  List<ObjectNode> make(int count) {
    List<ObjectNode> users = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      users.add(user(i));
    }
    return users;
  }

  private ObjectNode user(int i) {
    ObjectNode user = JSON.createObjectNode().put("localId", uid(i));
    boolean email = random.nextInt(10) < 8;
    boolean verified = random.nextBoolean();
    if (email) {
      user.put("email", email(i)).put("emailVerified", verified);
      if (random.nextInt(10) < 7) {
        user.put("salt", "fakeSalt" + i);
        user.put("passwordHash", "fakeHash:salt=fakeSalt" + i + ":password=" + password(i));
      }
    }
    if (random.nextInt(5) == 0) {
      user.put("phoneNumber", phone(i));
    }
    if (random.nextInt(3) == 0) {
      user.put("displayName", text());
    }
    if (random.nextInt(4) == 0) {
      user.put("photoUrl", "https://photos.example/" + "x".repeat(random.nextInt(900)));
    }
    if (random.nextInt(6) == 0) {
      user.put("disabled", true);
    }
    if (random.nextInt(4) == 0) {
      user.put("customAttributes", claims());
    }
    if (random.nextInt(3) > 0) {
      user.put("createdAt", Long.toString(1_400_000_000_000L + random.nextInt(1_000_000_000)));
      user.put("lastLoginAt", Long.toString(1_600_000_000_000L + random.nextInt(1_000_000_000)));
    }
    if (random.nextInt(3) == 0) {
      providers(i, user);
    }
    if (email && verified && random.nextInt(8) == 0) {
      factors(i, user);
    }
    return user;
  }

  private String uid(int i) {
    String number = Integer.toString(i, 36) + ".";
    int length = random.nextInt(128 - number.length());
    if (i % 3 > 0) {
      length = Math.min(length, 28);
    }
    StringBuilder uid = new StringBuilder(number);
    while (uid.length() < length) {
      uid.append(UID_CHARACTERS.charAt(random.nextInt(64)));
    }
    return uid.toString();
  }

  String email(int i) {
    return "user." + i + "+" + space + "@mail" + i % 7 + ".example";
  }

  String password(int i) {
    return "secret " + i + " é";
  }

  private String phone(int i) {
    int area = 200 + Math.floorMod(space.hashCode(), 700);
    return String.format(Locale.ROOT, "+1%d%07d", area, 2_000_000 + i);
  }

  private String text() {
    return List.of("Ada Lovelace", "Lín \"Q\" \\ O'Neil", "名前 😀", "a\tb\nc", " ")
        .get(random.nextInt(5));
  }

  private String claims() {
    ObjectNode claims = JSON.createObjectNode().put("role", text()).put("n", random.nextLong());
    claims.putObject("nested").put("x", random.nextDouble()).putNull("none");
    if (random.nextInt(5) == 0) {
      claims.put("long", "y".repeat(700));
    }
    return claims.toString();
  }

  private void providers(int i, ObjectNode user) {
    ArrayNode providers = user.putArray("providerUserInfo");
    int first = random.nextInt(PROVIDERS.size());
    for (int p = 0; p <= random.nextInt(3); p++) {
      String id = PROVIDERS.get((first + p) % PROVIDERS.size());
      ObjectNode provider =
          providers.addObject().put("providerId", id).put("rawId", space + id + i);
      if (random.nextBoolean()) {
        provider.put("email", "other" + i + "@" + id + ".example");
      }
      if (random.nextBoolean()) {
        provider.put("displayName", text()).put("photoUrl", "https://p.example/" + i);
      }
    }
  }

  private void factors(int i, ObjectNode user) {
    ArrayNode factors = user.putArray("mfaInfo");
    for (int f = 0; f <= random.nextInt(2); f++) {
      factors
          .addObject()
          .put("mfaEnrollmentId", space + "-factor-" + i + "-" + f)
          .put("displayName", "phone " + f)
          .put("phoneInfo", String.format(Locale.ROOT, "+1650%d%06d", 2 + f, i))
          .put("enrolledAt", "2026-01-0" + (f + 1) + "T00:00:00.000Z");
    }
  }
}
