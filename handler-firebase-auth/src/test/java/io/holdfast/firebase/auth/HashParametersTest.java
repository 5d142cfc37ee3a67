package io.holdfast.firebase.auth;

import static io.holdfast.firebase.auth.HashParameters.Order.PASSWORD_AND_SALT;
import static io.holdfast.firebase.auth.HashParameters.Order.SALT_AND_PASSWORD;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.Secret;
import io.holdfast.firebase.auth.HashParameters.Argon2;
import java.util.Base64;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What imports are told of each algorithm, and that it is what the hashes are checked with. */
class HashParametersTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The example in the README of https://github.com/firebase/scrypt. */
  private static final String SIGNER_KEY =
      "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==";

  private static final HashParameters FIREBASE =
      HashParameters.scrypt(Secret.of(SIGNER_KEY), Secret.of("Bw=="), 8, 14);

  private static final Secret KEY = Secret.of("+/+/SmVmZQ==");
  private static final Secret NONE = Secret.of("");

  static Stream<Arguments> requests() {
    return Stream.of(
        Arguments.of(
            FIREBASE,
            "{'hashAlgorithm':'SCRYPT','signerKey':'"
                + SIGNER_KEY.replace('+', '-').replace('/', '_')
                + "','saltSeparator':'Bw==','rounds':8,'memoryCost':14}"),
        Arguments.of(
            HashParameters.scrypt(KEY, NONE, 1, 1),
            "{'hashAlgorithm':'SCRYPT','signerKey':'-_-_SmVmZQ==','rounds':1,'memoryCost':1}"),
        Arguments.of(
            HashParameters.standardScrypt(1024, 8, 16, 64),
            "{'hashAlgorithm':'STANDARD_SCRYPT','cpuMemCost':1024,'parallelization':16,"
                + "'blockSize':8,'dkLen':64}"),
        Arguments.of(HashParameters.bcrypt(), "{'hashAlgorithm':'BCRYPT'}"),
        Arguments.of(
            HashParameters.argon2(argon2(Argon2.Type.ARGON2_ID, "+/8=")),
            "{'hashAlgorithm':'ARGON2','argon2Parameters':{'hashLengthBytes':32,"
                + "'hashType':'ARGON2_ID','parallelism':4,'iterations':3,'memoryCostKib':32,"
                + "'version':'VERSION_13','associatedData':'-_8='}}"),
        Arguments.of(
            HashParameters.argon2(argon2(Argon2.Type.ARGON2_D, "")),
            "{'hashAlgorithm':'ARGON2','argon2Parameters':{'hashLengthBytes':32,"
                + "'hashType':'ARGON2_D','parallelism':4,'iterations':3,'memoryCostKib':32,"
                + "'version':'VERSION_13'}}"),
        Arguments.of(
            HashParameters.pbkdfSha1(120_000), "{'hashAlgorithm':'PBKDF_SHA1','rounds':120000}"),
        Arguments.of(
            HashParameters.pbkdf2Sha256(0), "{'hashAlgorithm':'PBKDF2_SHA256','rounds':0}"),
        Arguments.of(
            HashParameters.hmacSha512(KEY, SALT_AND_PASSWORD),
            "{'hashAlgorithm':'HMAC_SHA512','signerKey':'-_-_SmVmZQ==',"
                + "'passwordHashOrder':'SALT_AND_PASSWORD'}"),
        Arguments.of(
            HashParameters.hmacSha256(KEY, PASSWORD_AND_SALT),
            "{'hashAlgorithm':'HMAC_SHA256','signerKey':'-_-_SmVmZQ==',"
                + "'passwordHashOrder':'PASSWORD_AND_SALT'}"),
        Arguments.of(
            HashParameters.hmacSha1(KEY, SALT_AND_PASSWORD),
            "{'hashAlgorithm':'HMAC_SHA1','signerKey':'-_-_SmVmZQ==',"
                + "'passwordHashOrder':'SALT_AND_PASSWORD'}"),
        Arguments.of(
            HashParameters.hmacMd5(KEY, PASSWORD_AND_SALT),
            "{'hashAlgorithm':'HMAC_MD5','signerKey':'-_-_SmVmZQ==',"
                + "'passwordHashOrder':'PASSWORD_AND_SALT'}"),
        Arguments.of(
            HashParameters.md5(0, SALT_AND_PASSWORD),
            "{'hashAlgorithm':'MD5','rounds':0,'passwordHashOrder':'SALT_AND_PASSWORD'}"),
        Arguments.of(
            HashParameters.sha1(8192, PASSWORD_AND_SALT),
            "{'hashAlgorithm':'SHA1','rounds':8192,'passwordHashOrder':'PASSWORD_AND_SALT'}"),
        Arguments.of(
            HashParameters.sha256(2, SALT_AND_PASSWORD),
            "{'hashAlgorithm':'SHA256','rounds':2,'passwordHashOrder':'SALT_AND_PASSWORD'}"),
        Arguments.of(
            HashParameters.sha512(1, PASSWORD_AND_SALT),
            "{'hashAlgorithm':'SHA512','rounds':1,'passwordHashOrder':'PASSWORD_AND_SALT'}"));
  }

  @ParameterizedTest
  @MethodSource("requests")
  void anImportIsToldExactlyWhatTheAlgorithmNeeds(HashParameters parameters, String request)
      throws Exception {
    ObjectNode body = JSON.createObjectNode();
    parameters.addTo(body);
    assertThat(body).isEqualTo(json(request));
  }

  @ParameterizedTest
  @MethodSource("requests")
  void theConfigurationIsTheInverse(HashParameters parameters, String request) throws Exception {
    HashParameters again = HashParameters.ofConfig(parameters.toConfig());
    assertThat(again).isEqualTo(parameters).hasSameHashCodeAs(parameters);
    assertThat(HashParameters.ofConfig(json(request))).isEqualTo(parameters);
    assertThat(parameters.toConfig().get("algorithm").textValue())
        .isEqualTo(parameters.algorithm().name());
  }

  @ParameterizedTest
  @MethodSource("requests")
  void nothingButTheAlgorithmIsPrinted(HashParameters parameters, String request) {
    assertThat(parameters.toString())
        .isEqualTo("HashParameters[" + parameters.algorithm() + ", ***]");
    assertThat(request).isNotEmpty();
  }

  @Test
  void theAdminApisAndTheConsolesFormsAreTheSame() throws Exception {
    ObjectNode admin =
        json(
            "{'algorithm':'SCRYPT','signerKey':'"
                + SIGNER_KEY
                + "','saltSeparator':'Bw==','rounds':8,'memoryCost':14}");
    ObjectNode console =
        json(
            "{'algorithm':'SCRYPT','base64_signer_key':'"
                + SIGNER_KEY
                + "','base64_salt_separator':'Bw==','rounds':8,'mem_cost':14}");
    assertThat(HashParameters.ofConfig(admin)).isEqualTo(FIREBASE);
    assertThat(HashParameters.ofConfig(console)).isEqualTo(FIREBASE);
    assertThat(FIREBASE.toConfig()).isEqualTo(admin);
  }

  @Test
  void aConfigurationThatIsHandedOutCanBeChangedWithoutHarm() {
    FIREBASE.toConfig().put("rounds", 1);
    ObjectNode body = JSON.createObjectNode();
    HashParameters argon2 = HashParameters.argon2(argon2(Argon2.Type.ARGON2_I, ""));
    argon2.addTo(body);
    ((ObjectNode) body.get("argon2Parameters")).put("iterations", 9);
    assertThat(FIREBASE.toConfig().get("rounds").intValue()).isEqualTo(8);
    assertThat(argon2).isEqualTo(HashParameters.argon2(argon2(Argon2.Type.ARGON2_I, "")));
  }

  @Test
  void theServicesDefaultVersionOfArgon2IsSaid() throws Exception {
    HashParameters parameters =
        HashParameters.ofConfig(
            json(
                "{'algorithm':'ARGON2','argon2Parameters':{'hashLengthBytes':32,"
                    + "'hashType':'ARGON2_I','parallelism':4,'iterations':3,'memoryCostKib':32}}"));
    assertThat(parameters).isEqualTo(HashParameters.argon2(argon2(Argon2.Type.ARGON2_I, "")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{'algorithm':'HASH_ALGORITHM_UNSPECIFIED'}",
        "{'algorithm':'scrypt'}",
        "{'algorithm':'SCRYPT','rounds':8,'memoryCost':14}",
        "{'algorithm':'SCRYPT','signerKey':'','rounds':8,'memoryCost':14}",
        "{'algorithm':'SCRYPT','signerKey':'c2VjcmV0*','rounds':8,'memoryCost':14}",
        "{'algorithm':'SCRYPT','signerKey':{'a':1},'rounds':8,'memoryCost':14}",
        "{'algorithm':'SCRYPT','signerKey':'c2VjcmV0','rounds':9,'memoryCost':14}",
        "{'algorithm':'SCRYPT','signerKey':'c2VjcmV0','rounds':0,'memoryCost':14}",
        "{'algorithm':'SCRYPT','signerKey':'c2VjcmV0','rounds':8,'memoryCost':15}",
        "{'algorithm':'SCRYPT','signerKey':'c2VjcmV0','rounds':8}",
        "{'algorithm':'SCRYPT','signerKey':'c2VjcmV0','base64_signer_key':'c2VjcmV0'}",
        "{'algorithm':'SCRYPT','signerKey':'c2VjcmV0','rounds':1.5,'memoryCost':14}",
        "{'algorithm':'SCRYPT','signerKey':'c2VjcmV0','rounds':4294967297,'memoryCost':14}",
        "{'algorithm':'STANDARD_SCRYPT','cpuMemCost':1024,'parallelization':16,'blockSize':8}",
        "{'algorithm':'PBKDF_SHA1','rounds':120001}",
        "{'algorithm':'PBKDF2_SHA256','rounds':-1}",
        "{'algorithm':'HMAC_SHA256'}",
        "{'algorithm':'MD5','rounds':8193}",
        "{'algorithm':'SHA256'}",
        "{'algorithm':'SHA512','rounds':1,'passwordHashOrder':'SALT_FIRST'}",
        "{'algorithm':'ARGON2'}",
        "{'algorithm':'ARGON2','argon2Parameters':{'hashLengthBytes':3,'hashType':'ARGON2_I',"
            + "'parallelism':1,'iterations':1,'memoryCostKib':8}}",
        "{'algorithm':'ARGON2','argon2Parameters':{'hashLengthBytes':32,'hashType':'ARGON2_I',"
            + "'parallelism':17,'iterations':1,'memoryCostKib':1024}}",
        "{'algorithm':'ARGON2','argon2Parameters':{'hashLengthBytes':32,'hashType':'ARGON2_I',"
            + "'parallelism':1,'iterations':17,'memoryCostKib':1024}}",
        "{'algorithm':'ARGON2','argon2Parameters':{'hashLengthBytes':32,'hashType':'ARGON2_I',"
            + "'parallelism':2,'iterations':1,'memoryCostKib':8}}",
        "{'algorithm':'ARGON2','argon2Parameters':{'hashLengthBytes':32,'hashType':'ARGON2_I',"
            + "'parallelism':1,'iterations':1,'memoryCostKib':32769}}",
        "{'algorithm':'ARGON2','argon2Parameters':{'hashLengthBytes':32,"
            + "'hashType':'HASH_TYPE_UNSPECIFIED',"
            + "'parallelism':1,'iterations':1,'memoryCostKib':1024}}"
      })
  void whatTheServiceWouldRefuseOrMisunderstandIsRefusedWithoutItsValue(String config)
      throws Exception {
    ObjectNode given = json(config);
    assertThatThrownBy(() -> HashParameters.ofConfig(given))
        .isInstanceOf(IllegalArgumentException.class)
        .hasNoCause()
        .hasMessageStartingWith("Hash parameters")
        .hasMessageNotContaining("c2VjcmV0");
  }

  static Stream<Arguments> vectors() {
    String data = "what do ya want for nothing?";
    Secret jefe = Secret.of("SmVmZQ==");
    return Stream.of(
        Arguments.of(
            "RFC 7914, section 12",
            HashParameters.standardScrypt(1024, 8, 16, 64),
            "password",
            "NaCl",
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
                + "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"),
        Arguments.of(
            "RFC 7914, section 11",
            HashParameters.pbkdf2Sha256(1),
            "passwd",
            "salt",
            "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
                + "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"),
        Arguments.of(
            "RFC 7914, section 11",
            HashParameters.pbkdf2Sha256(80000),
            "Password",
            "NaCl",
            "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"
                + "a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d"),
        Arguments.of(
            "RFC 6070",
            HashParameters.pbkdfSha1(1),
            "password",
            "salt",
            "0c60c80f961f0e71f3a9b524af6012062fe037a6"),
        Arguments.of(
            "RFC 6070",
            HashParameters.pbkdfSha1(4096),
            "passwordPASSWORDpassword",
            "saltSALTsaltSALTsaltSALTsaltSALTsalt",
            "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038"),
        Arguments.of(
            "RFC 4231, case 2",
            HashParameters.hmacSha512(jefe, SALT_AND_PASSWORD),
            data.substring(11),
            data.substring(0, 11),
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
                + "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"),
        Arguments.of(
            "RFC 4231, case 2",
            HashParameters.hmacSha256(jefe, PASSWORD_AND_SALT),
            data.substring(0, 11),
            data.substring(11),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        Arguments.of(
            "RFC 2202, case 2",
            HashParameters.hmacSha1(jefe, SALT_AND_PASSWORD),
            data.substring(11),
            data.substring(0, 11),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        Arguments.of(
            "RFC 2202, case 2",
            HashParameters.hmacMd5(jefe, PASSWORD_AND_SALT),
            data.substring(0, 11),
            data.substring(11),
            "750c783e6ab0b503eaa86e310a5db738"),
        Arguments.of(
            "RFC 1321, A.5",
            HashParameters.md5(0, SALT_AND_PASSWORD),
            "digest",
            "message ",
            "f96b697d7cb7938d525a2f31aaf161d0"),
        Arguments.of(
            "FIPS 180, examples",
            HashParameters.sha1(1, PASSWORD_AND_SALT),
            "a",
            "bc",
            "a9993e364706816aba3e25717850c26c9cd0d89d"),
        Arguments.of(
            "FIPS 180, examples",
            HashParameters.sha256(1, SALT_AND_PASSWORD),
            "bc",
            "a",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        Arguments.of(
            "FIPS 180, examples",
            HashParameters.sha512(1, PASSWORD_AND_SALT),
            "ab",
            "c",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"),
        Arguments.of(
            "phc-winner-argon2, src/test.c",
            reference(Argon2.Type.ARGON2_ID, 1, Argon2.Version.VERSION_13),
            "password",
            "somesalt",
            "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"),
        Arguments.of(
            "phc-winner-argon2, src/test.c",
            reference(Argon2.Type.ARGON2_ID, 2, Argon2.Version.VERSION_13),
            "password",
            "somesalt",
            "6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037"),
        Arguments.of(
            "phc-winner-argon2, src/test.c",
            reference(Argon2.Type.ARGON2_I, 1, Argon2.Version.VERSION_10),
            "password",
            "somesalt",
            "fd4dd83d762c49bdeaf57c47bdcd0c2f1babf863fdeb490df63ede9975fccf06"));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("vectors")
  void publishedHashesMatchTheirPasswordsAndNoOther(
      String source, HashParameters parameters, String password, String salt, String hex) {
    byte[] hash = HexFormat.of().parseHex(hex);
    assertThat(PasswordCheck.matches(parameters, password, salt.getBytes(UTF_8), hash))
        .as(source)
        .isTrue();
    assertThat(PasswordCheck.matches(parameters, password + "x", salt.getBytes(UTF_8), hash))
        .isFalse();
  }

  @Test
  void theExampleOfFirebasesScryptMatches() {
    byte[] salt = Base64.getDecoder().decode("42xEC+ixf3L2lw==");
    byte[] hash =
        Base64.getDecoder()
            .decode(
                "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz"
                    + "+VHjoZilo78198JAdRuid5lQ==");
    assertThat(PasswordCheck.matches(FIREBASE, "user1password", salt, hash)).isTrue();
    assertThat(PasswordCheck.matches(FIREBASE, "user2password", salt, hash)).isFalse();
    HashParameters otherKey = HashParameters.scrypt(KEY, Secret.of("Bw=="), 8, 14);
    assertThat(PasswordCheck.matches(otherKey, "user1password", salt, hash)).isFalse();
  }

  /** The vectors of jBCrypt's own test. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "a $2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe",
        "abc $2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i"
      })
  void knownBcryptHashesMatch(String passwordAndHash) {
    String[] parts = passwordAndHash.split(" ", 2);
    byte[] hash = parts[1].getBytes(UTF_8);
    assertThat(PasswordCheck.matches(HashParameters.bcrypt(), parts[0], new byte[0], hash))
        .isTrue();
    assertThat(PasswordCheck.matches(HashParameters.bcrypt(), "b", new byte[0], hash)).isFalse();
  }

  /** RFC 9106, section 5. Its vectors have a secret besides, which no import can name. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "ARGON2_D 512b391b6f1162975371d30919734294f868e3be3984f3c1a13a4db9fabe4acb",
        "ARGON2_I c814d9d1dc7f37aa13f0d77f2494bda1c8de6b016dd388d29952a4c4672b6ce8",
        "ARGON2_ID 0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"
      })
  void theVectorsOfArgon2Match(String typeAndTag) {
    String[] parts = typeAndTag.split(" ", 2);
    HashParameters parameters =
        HashParameters.argon2(argon2(Argon2.Type.valueOf(parts[0]), "BAQEBAQEBAQEBAQE"));
    byte[] tag =
        PasswordCheck.argon2(
            parameters.toConfig().get("argon2Parameters"),
            filled(32, 1),
            filled(16, 2),
            filled(8, 3));
    assertThat(HexFormat.of().formatHex(tag)).isEqualTo(parts[1]);
  }

  private static byte[] filled(int length, int value) {
    byte[] bytes = new byte[length];
    java.util.Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  private static Argon2 argon2(Argon2.Type type, String associatedData) {
    return new Argon2(type, 32, 4, 3, 32, Argon2.Version.VERSION_13, Secret.of(associatedData));
  }

  private static HashParameters reference(Argon2.Type type, int lanes, Argon2.Version version) {
    return HashParameters.argon2(new Argon2(type, 32, lanes, 2, 256, version, NONE));
  }

  private static ObjectNode json(String text) throws JsonProcessingException {
    return (ObjectNode) JSON.readTree(text.replace('\'', '"'));
  }
}
