package io.ennead.cli.survival;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import io.ennead.v1.GenerateResponse;
import io.ennead.v1.TokenLogprob;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** A request under way, as its client sees it. Thread-safe. */
final class Recording {
  private static final String DOMAIN = "ennead.io";
  private static final Metadata.Key<String> DEGRADED =
      Metadata.Key.of("x-degraded-experts", Metadata.ASCII_STRING_MARSHALLER);

  private final History history;
  private final long id;
  private final int request;
  private final String client;
  private final long start;
  private final long limitMicros;

  @GuardedBy("this")
  private final List<Long> times = new ArrayList<>();

  @GuardedBy("this")
  private final List<Integer> tokens = new ArrayList<>();

  @GuardedBy("this")
  private final List<Double> logprobs = new ArrayList<>();

  @GuardedBy("this")
  private final Set<String> responseIds = new LinkedHashSet<>();

  @GuardedBy("this")
  private boolean degraded;

  @GuardedBy("this")
  private boolean degradedTrailer;

  @GuardedBy("this")
  private int finishes;

  @GuardedBy("this")
  private boolean pieceAfterFinish;

  Recording(History history, long id, int request, String client, long limitMicros) {
    this.history = history;
    this.id = id;
    this.request = request;
    this.client = client;
    this.start = history.nowMicros();
    this.limitMicros = limitMicros;
  }

  long id() {
    return id;
  }

  synchronized void piece(GenerateResponse piece) {
    long now = history.nowMicros();
    pieceAfterFinish |= finishes > 0;
    responseIds.add(piece.getResponseId());
    for (int i = 0; i < piece.getTokenIdsCount(); i++) {
      times.add(now);
      tokens.add(piece.getTokenIds(i));
    }
    for (TokenLogprob token : piece.getLogprobsList()) {
      logprobs.add(token.getLogprob());
    }
    if (piece.hasFinish()) {
      finishes++;
      degraded |= piece.getFinish().hasDegraded();
    }
  }

  synchronized void trailers(Metadata trailers) {
    degradedTrailer = trailers.containsKey(DEGRADED);
  }

  void ended(Status status, String reason) {
    history.ended(line(history.nowMicros(), status, reason));
  }

  void failed(Throwable error) {
    ended(Status.fromThrowable(error), reason(error));
  }

  /** As it is now, without an end. */
  HistoryLine unended() {
    return line(-1, Status.UNKNOWN, "");
  }

  private synchronized HistoryLine line(long end, Status status, String reason) {
    return new HistoryLine(
        id,
        request,
        client,
        start,
        limitMicros,
        List.copyOf(times),
        end,
        status.getCode().name(),
        reason,
        String.valueOf(status.getDescription()),
        List.copyOf(tokens),
        List.copyOf(logprobs),
        degraded,
        degradedTrailer,
        finishes,
        pieceAfterFinish,
        List.copyOf(responseIds));
  }

  /** The reason that the other side gave in an ErrorInfo of ours; else empty. */
  private static String reason(Throwable error) {
    com.google.rpc.Status status = StatusProto.fromThrowable(error);
    if (status == null) {
      return "";
    }
    return status.getDetailsList().stream()
        .filter(detail -> detail.is(ErrorInfo.class))
        .map(Recording::info)
        .filter(info -> info.getDomain().equals(DOMAIN))
        .map(ErrorInfo::getReason)
        .findFirst()
        .orElse("");
  }

  private static ErrorInfo info(Any detail) {
    try {
      return detail.unpack(ErrorInfo.class);
    } catch (InvalidProtocolBufferException e) {
      return ErrorInfo.getDefaultInstance();
    }
  }
}
