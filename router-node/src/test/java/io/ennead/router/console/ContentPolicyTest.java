package io.ennead.router.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContentPolicyTest {
  private static final OptionalInt PORT = OptionalInt.of(8472);

  @Test
  void thePlaygroundMayAskThePortBesideThePage() {
    assertThat(ContentPolicy.of(false, Optional.of("10.0.0.7:8471"), PORT))
        .startsWith("default-src 'none'; script-src 'self'; style-src 'self';")
        .endsWith("connect-src 'self' http://10.0.0.7:8472");
    assertThat(ContentPolicy.of(true, Optional.of("[::1]:8471"), PORT))
        .endsWith("connect-src 'self' https://[::1]:8472");
  }

  @Test
  void withoutAPortItMayAskNobodyElse() {
    assertThat(ContentPolicy.of(false, Optional.of("localhost"), OptionalInt.empty()))
        .endsWith("connect-src 'self'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "evil.example; script-src *", "a b", "*", "host:port", "a/b", "[x]"})
  void whatIsNoHostIsNotRepeated(String host) {
    assertThat(ContentPolicy.of(false, Optional.of(host), PORT)).endsWith("connect-src 'self'");
    assertThat(ContentPolicy.of(false, Optional.empty(), PORT)).endsWith("connect-src 'self'");
  }
}
