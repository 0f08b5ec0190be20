package io.ennead.expert.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class DirectBuffersTest {
  private final DirectBuffers buffers = new DirectBuffers();

  @Test
  void aBufferIsAsLongAsAskedForAndInTheMachinesOrder() {
    for (int bytes : new int[] {0, 1, 4096, 4097, (16 << 20) + 1}) {
      ByteBuffer buffer = buffers.take(bytes);
      assertThat(buffer.remaining()).isEqualTo(bytes);
      assertThat(buffer.isDirect()).isTrue();
      assertThat(buffer.order()).isEqualTo(ByteOrder.nativeOrder());
    }
  }

  @Test
  void whatWasGivenBackIsUsedAgainFromItsStart() {
    ByteBuffer first = buffers.take(5000);
    first.putLong(1);
    buffers.give(first);
    ByteBuffer second = buffers.take(8000);
    assertThat(second).isSameAs(first);
    assertThat(second.position()).isZero();
    assertThat(second.remaining()).isEqualTo(8000);
  }

  @Test
  void twoThatAreOutAreTwo() {
    assertThat(buffers.take(10)).isNotSameAs(buffers.take(10));
  }

  @Test
  void oneThatIsTooShortGivesWayToALongerOne() {
    buffers.give(buffers.take(10));
    ByteBuffer longer = buffers.take(10_000);
    buffers.give(longer);
    assertThat(buffers.take(10)).isSameAs(longer);
  }

  @Test
  void longOnesAreNotKept() {
    ByteBuffer huge = buffers.take((32 << 20) + 1);
    buffers.give(huge);
    assertThat(buffers.take(10)).isNotSameAs(huge);
  }
}
