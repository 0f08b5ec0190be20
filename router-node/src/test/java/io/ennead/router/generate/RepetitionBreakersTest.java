package io.ennead.router.generate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class RepetitionBreakersTest {

  @Test
  void aTokenBreaksWhenItsBytesContainATextWhole() {
    RepetitionBreakers breakers = new RepetitionBreakers(new ByteCodec(), List.of("s>", "\n"));
    assertThat(breakers.test('\n')).isTrue();
    assertThat(breakers.test(256)).as("<s>").isTrue();
    assertThat(breakers.test('s')).isFalse();
    assertThat(new RepetitionBreakers(new ByteCodec(), List.of()).test('\n')).isFalse();
  }
}
