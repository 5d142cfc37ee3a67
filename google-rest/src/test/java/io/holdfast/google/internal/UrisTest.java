package io.holdfast.google.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;

class UrisTest {
  @Test
  void theEndpointMayHaveAPathAndEndInASlash() {
    URI expected = URI.create("http://h:1/identitytoolkit.googleapis.com/v1/projects/p?a=b");
    for (String end : new String[] {"", "/"}) {
      URI base = URI.create("http://h:1/identitytoolkit.googleapis.com" + end);
      assertThat(Uris.of(base, "v1/projects/p", Map.of("a", "b"))).isEqualTo(expected);
    }
  }

  @Test
  void aNameStaysOneSegmentAndOneValue() {
    assertThat(Uris.encode("a/b?c#d&e=f%+ é😀"))
        .isEqualTo("a%2Fb%3Fc%23d%26e%3Df%25%2B%20%C3%A9%F0%9F%98%80");
    assertThat(Uris.encode("(default)-._~*")).isEqualTo("(default)-._~*");
  }
}
