package io.ennead.cli.attack;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Sends requests with bytes changed by a seed: each is answered, or refused by what it is. */
final class RequestMutants {
  /** What error_reason.proto promises to requests that are wrong; nothing of these is INTERNAL. */
  private static final Set<Status.Code> TYPED =
      EnumSet.of(
          Status.Code.OK,
          Status.Code.INVALID_ARGUMENT,
          Status.Code.NOT_FOUND,
          Status.Code.FAILED_PRECONDITION,
          Status.Code.RESOURCE_EXHAUSTED);

  private final ManagedChannel channel;
  private final long seed;
  private final Duration limit;

  RequestMutants(ManagedChannel channel, long seed, Duration limit) {
    this.channel = channel;
    this.seed = seed;
    this.limit = limit;
  }

  /** Sends so many mutants of a valid request. */
  void send(MethodDescriptor<?, ?> method, byte[] valid, int mutants) throws Exception {
    MethodDescriptor<byte[], byte[]> raw = method.toBuilder(new Bytes(), new Bytes()).build();
    Random random = new Random(seed);
    for (int round = 0; round < mutants; round++) {
      byte[] mutant = mutant(valid, random);
      String what =
          "%s, seed %d, round %d: %s"
              .formatted(method.getBareMethodName(), seed, round, HexFormat.of().formatHex(mutant));
      assertThat(TYPED).as(what).contains(codeOf(raw, mutant, what));
    }
  }

  private static byte[] mutant(byte[] valid, Random random) {
    byte[] bytes = valid.clone();
    if (random.nextInt(8) == 0) {
      return Arrays.copyOf(bytes, random.nextInt(bytes.length + 8));
    }
    byte[] extremes = {0, 1, 0x7f, (byte) 0x80, -1};
    for (int hit = 0; hit <= random.nextInt(3); hit++) {
      int at = place(bytes.length, random);
      bytes[at] =
          random.nextBoolean()
              ? (byte) (bytes[at] ^ 1 << random.nextInt(8))
              : extremes[random.nextInt(extremes.length)];
    }
    return bytes;
  }

  /** Mostly near an end: a tensor's bytes in the middle say little. */
  private static int place(int length, Random random) {
    int near = random.nextInt(Math.min(length, 64));
    return switch (random.nextInt(3)) {
      case 0 -> random.nextInt(length);
      case 1 -> near;
      default -> length - 1 - near;
    };
  }

  /** How the call ends; one that is answered is cancelled, since its text is of no interest. */
  private Status.Code codeOf(MethodDescriptor<byte[], byte[]> method, byte[] message, String what)
      throws InterruptedException, ExecutionException {
    CompletableFuture<Status.Code> end = new CompletableFuture<>();
    ClientCall<byte[], byte[]> call = channel.newCall(method, CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(byte[] answer) {
            end.complete(Status.Code.OK);
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            end.complete(overflowed(status) ? Status.Code.OK : status.getCode());
          }
        },
        new Metadata());
    call.request(1);
    call.sendMessage(message);
    call.halfClose();
    try {
      return end.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError("no answer: " + what, e);
    } finally {
      call.cancel("seen enough", null);
    }
  }

  /** Rows of finite numbers may be so large that an expert's are not; the router says so. */
  private static boolean overflowed(Status status) {
    return String.valueOf(status.getDescription()).contains("(expected: finite values)");
  }

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] bytes) {
      return new ByteArrayInputStream(bytes);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
