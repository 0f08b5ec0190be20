package io.ennead.router.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PeerAddressTest {

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1:8500", "expert-0.experts:1", "[::1]:65535"})
  void textReadsBack(String text) {
    assertThat(PeerAddress.parse(text)).hasToString(text);
  }

  @Test
  void ipv6LosesItsBrackets() {
    assertThat(PeerAddress.parse("[::1]:8500")).isEqualTo(new PeerAddress("::1", 8500));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "host", "host:", ":8500", "host:0", "host:65536", "host:x"})
  void anythingElseIsNamed(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PeerAddress.parse(text))
        .withMessage("peer: %s (expected: host:port, port 1 to 65535)", text);
  }
}
