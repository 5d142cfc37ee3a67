package io.holdfast.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.ConfigurationException;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.Retry;
import io.holdfast.spi.SinkCapability;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StorageSinkProvider;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class S3SinkProviderTest {
  private static StorageSink open(String uri) {
    return new S3SinkProvider()
        .open(Location.parse(uri), new ProviderContext(Retry.none(), Map.of()));
  }

  private static List<String> problems(String uri) {
    return catchThrowableOfType(ConfigurationException.class, () -> open(uri).close()).problems();
  }

  @Test
  void isFoundByItsScheme() {
    assertThat(ServiceLoader.load(StorageSinkProvider.class))
        .anySatisfy(provider -> assertThat(provider.scheme()).isEqualTo("s3"));
  }

  @ParameterizedTest
  @CsvSource({
    "s3://bucket, s3://bucket",
    "s3://bucket/, s3://bucket",
    "S3://bucket/a/b/, s3://bucket/a/b",
    "s3://bucket/a%20b?region=eu-central-1, s3://bucket/a b",
    "s3://Old_Bucket.name/x?endpoint=http://127.0.0.1:9000/&path-style=true, s3://Old_Bucket.name/x?endpoint=http://127.0.0.1:9000"
  })
  void aLocationNamesABucketAndAPrefix(String uri, String location) {
    try (StorageSink sink = open(uri)) {
      assertThat(sink.location()).isEqualTo(location).isEqualTo(sink.toString());
      assertThat(sink.capabilities()).containsExactly(SinkCapability.METADATA);
    }
  }

  @Test
  void everyParameterIsTaken() {
    try (StorageSink sink =
        open(
            "s3://bucket/p?region=eu-central-1&endpoint=https://s3.example.com&path-style=true"
                + "&profile=backup&storage-class=standard_ia&sse=aws:kms&kms-key=k"
                + "&object-lock=governance&retain=2w&legal-hold=true&tag=a:b&tag=c:&checksums=off")) {
      assertThat(sink.capabilities())
          .containsExactlyInAnyOrder(SinkCapability.METADATA, SinkCapability.RETENTION);
    }
  }

  @Test
  void allProblemsAreToldAtOnce() {
    assertThat(
            problems(
                "s3://b//x?colour=red&region=EU!&endpoint=ftp://x&path-style=yes&storage-class=COLD"
                    + "&sse=ROT13&kms-key=k&retain=soon&object-lock=perhaps&legal-hold=1&tag=a"
                    + "&checksums=maybe&profile=&region=x#f"))
        .hasSize(17);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          s3:bucket                               | two slashes
          s3://                                   | bucket is missing
          s3:///a                                 | bucket is missing
          s3://bu%20cket                          | bucket is missing
          s3://a--usw2-az1--x-s3/p                | directory bucket
          s3://key:topsecret@bucket               | Credentials do not belong
          s3://bucket/../x                        | . or ..
          s3://bucket/a%zz                        | percent sign
          s3://bucket/a%C3%A4                     | printable ASCII
          s3://bucket?secret-key=topsecret        | The parameter secret-key is not known
          s3://bucket?topsecret                   | name=value
          s3://bucket?endpoint=http://a:topsecret@h | endpoint is no URL
          s3://bucket?endpoint=topsecret          | endpoint is no URL
          s3://bucket?sse=topsecret               | AES256 or aws:kms
          s3://bucket?kms-key=topsecret           | needs the server-side encryption aws:kms
          s3://bucket?sse=AES256&kms-key=topsecret | needs the server-side encryption aws:kms
          s3://bucket?retain=30d                  | needs an Object Lock mode
          s3://bucket?object-lock=governance&retain=0d | not positive
          s3://bucket?object-lock=topsecret       | governance or compliance
          s3://bucket?checksums=topsecret         | on or off
          s3://bucket?region=a&region=b           | more than once
          s3://bucket?profile=                    | has no value
          s3://bucket?tag=topsecret               | tag=name:value
          s3://bucket?tag=a:%26                   | A tag has a name
          s3://bucket#topsecret                   | %23
          """)
  void aProblemIsTold(String uri, String problem) {
    assertThat(problems(uri))
        .singleElement()
        .satisfies(told -> assertThat(told).contains(problem).doesNotContain("topsecret"));
  }

  @Test
  void moreTagsThanS3TakesAreAProblem() {
    String tags =
        "tag=1:a&tag=2:a&tag=3:a&tag=4:a&tag=5:a&tag=6:a&tag=7:a&tag=8:a&tag=9:a&tag=10:a";
    open("s3://bucket?" + tags).close();
    assertThat(problems("s3://bucket?" + tags + "&tag=11:a"))
        .singleElement()
        .asString()
        .contains("10 tags");
  }
}
