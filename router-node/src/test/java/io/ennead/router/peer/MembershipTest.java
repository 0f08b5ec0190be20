package io.ennead.router.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.node.Dialer;
import io.ennead.node.EventLoops;
import io.ennead.wire.ComputeType;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Names whose addresses change. Nobody listens: what counts is who is asked. */
class MembershipTest {
  private static final PeerSource LISTED = PeerSource.parse("127.0.0.9:1");
  private static final PeerSource NAMED = PeerSource.parse("dns:///experts.local:8500");

  private final EventLoops loops = EventLoops.named("test");
  private final List<Optional<String>> certificates = new ArrayList<>();
  private List<String> addresses = List.of();
  private Membership members = new Membership(List.of(LISTED, NAMED), this::resolve, this::open);

  private InetAddress[] resolve(String host) throws UnknownHostException {
    assertThat(host).isEqualTo("experts.local");
    if (addresses.isEmpty()) {
      throw new UnknownHostException(host);
    }
    InetAddress[] found = new InetAddress[addresses.size()];
    for (int i = 0; i < found.length; i++) {
      found[i] = InetAddress.getByName(addresses.get(i));
    }
    return found;
  }

  private GrpcExpertPeer open(PeerAddress address, Optional<String> name) {
    certificates.add(name);
    var expected =
        new Expectations(
            "model", ComputeType.F32, true, 4, 8, false, Expectations.ExpertFingerprints.UNKNOWN);
    return GrpcExpertPeer.open(
        address, name, Dialer.PLAINTEXT, loops, new PeerCodec(expected), () -> {});
  }

  @AfterEach
  void close() {
    members.close();
    loops.close();
  }

  private List<String> known() {
    return members.peers().stream().map(peer -> peer.address().toString()).toList();
  }

  @Test
  void listedNodesComeFirstAndThoseOfANameByAddress() {
    addresses = List.of("127.0.0.3", "127.0.0.2");
    assertThat(members.refresh()).isTrue();
    assertThat(known()).containsExactly("127.0.0.9:1", "127.0.0.2:8500", "127.0.0.3:8500");
    assertThat(certificates)
        .containsExactly(
            Optional.empty(), Optional.of("experts.local"), Optional.of("experts.local"));
    assertThat(members.refresh()).isFalse();
  }

  @Test
  void nodesComeAndGoWithTheirAddressesAndTheOthersStayTheSame() {
    addresses = List.of("127.0.0.2", "127.0.0.3");
    members.refresh();
    GrpcExpertPeer second = members.peers().get(2);
    addresses = List.of("127.0.0.3", "127.0.0.4");
    assertThat(members.refresh()).isTrue();
    assertThat(known()).containsExactly("127.0.0.9:1", "127.0.0.3:8500", "127.0.0.4:8500");
    assertThat(members.peers().get(1)).isSameAs(second);
  }

  @Test
  void aNodeThatServesStaysWhateverDnsSays() {
    addresses = List.of("127.0.0.2", "127.0.0.3");
    members.refresh();
    GrpcExpertPeer serving = members.peers().get(1);
    serving.become(
        new PeerState.Ready(
            new PeerDescription("a", "1", "model", "f32", "cpu", "id", true, 4, Map.of())));
    addresses = List.of("127.0.0.3");
    assertThat(members.refresh()).isFalse();
    serving.become(new PeerState.Lost("gone"));
    assertThat(members.refresh()).isTrue();
    assertThat(known()).containsExactly("127.0.0.9:1", "127.0.0.3:8500");
  }

  @Test
  void aNameThatCannotBeLookedUpChangesNothing() {
    members.refresh();
    assertThat(known()).containsExactly("127.0.0.9:1");
    addresses = List.of("127.0.0.2");
    members.refresh();
    addresses = List.of();
    assertThat(members.refresh()).isFalse();
    assertThat(known()).containsExactly("127.0.0.9:1", "127.0.0.2:8500");
  }

  @Test
  void onlyNamesChange() {
    assertThat(members.changes()).isTrue();
    assertThat(new Membership(List.of(LISTED), this::resolve, this::open).changes()).isFalse();
  }

  @Test
  void badNamesAreRefused() {
    assertThatThrownBy(() -> PeerSource.parse("dns:///experts.local"))
        .hasMessageContaining("experts.local (expected: host:port");
  }
}
