package io.ennead.cli;

import io.ennead.cli.route.SyntheticGate;
import io.ennead.v1.Finish;
import io.ennead.v1.FinishReason;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.GenerateResponse;
import io.ennead.v1.Model;
import io.ennead.v1.RequestBounds;
import io.ennead.v1.RoutingTrace;
import io.ennead.v1.TraceLevel;
import io.grpc.stub.StreamObserver;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Generations with traces: every token is the next byte of "wörd ". */
final class FakeTraces {
  private static final byte[] WORD = "wörd ".getBytes(StandardCharsets.UTF_8);
  private static final List<String> TEXTS = List.of("w", "", "ö", "r", "d", " ");
  private static final int CHUNK = 3;
  private static final long ROUTING_SEED = 9;

  volatile SyntheticGate gate = SyntheticGate.of(4, 8, 2, 7);
  volatile TraceLevel bound = TraceLevel.TRACE_LEVEL_FULL;

  /** Position at which the trace is cut. */
  volatile int cut = Integer.MAX_VALUE;

  Model.Builder model() {
    return Model.newBuilder()
        .addAllMoeLayers(gate.layers())
        .setExperts(gate.experts())
        .setBounds(RequestBounds.newBuilder().setTraceLevel(bound).setTraceBytes(4096));
  }

  void generate(GenerateRequest request, StreamObserver<GenerateResponse> response) {
    int prompt = request.getTokenIds().getIdsCount();
    int tokens = request.getStopping().getMaxTokens();
    for (int at = 0; at < prompt; at += CHUNK) {
      boolean last = at + CHUNK >= prompt;
      int size = last ? prompt - at : CHUNK;
      if (!last) {
        response.onNext(piece(request, at, size).build());
      } else {
        token(request, response, at, size, 0);
      }
    }
    for (int i = 1; i < tokens; i++) {
      token(request, response, prompt + i - 1, 1, i);
    }
    response.onNext(finish(request, prompt + tokens - 1, tokens));
    response.onCompleted();
  }

  private void token(
      GenerateRequest request,
      StreamObserver<GenerateResponse> response,
      int at,
      int size,
      int index) {
    int id = 1 + (WORD[index % WORD.length] & 0xff);
    String text = TEXTS.get(index % TEXTS.size());
    response.onNext(piece(request, at, size).addTokenIds(id).setText(text).build());
  }

  private GenerateResponse.Builder piece(GenerateRequest request, int at, int size) {
    GenerateResponse.Builder piece = GenerateResponse.newBuilder().setResponseId("r-1");
    boolean prompt = at < request.getTokenIds().getIdsCount();
    if (prompt && request.getTrace().getOmitPrompt()) {
      return piece;
    }
    if (at >= cut) {
      return piece.setTrace(RoutingTrace.newBuilder().setTruncated(at == cut));
    }
    RoutingTrace.Builder trace = gate.piece(at, Math.min(size, cut - at), request.getRouting());
    return piece.setTrace(trace.setTruncated(at + size > cut));
  }

  private GenerateResponse finish(GenerateRequest request, int fed, int tokens) {
    return GenerateResponse.newBuilder()
        .setResponseId("r-1")
        .setTrace(RoutingTrace.newBuilder().addAllSummary(gate.summary(fed, request.getRouting())))
        .setFinish(
            Finish.newBuilder()
                .setReason(FinishReason.FINISH_REASON_LENGTH)
                .setGeneratedTokens(tokens)
                .setRoutingSeed(ROUTING_SEED))
        .build();
  }
}
