package io.ennead.cli.route;

import io.ennead.v1.Finish;
import io.ennead.v1.GenerateResponse;
import java.util.ArrayList;
import java.util.List;

/** What the pieces of a traced response add up to. Not for several threads. */
public final class TracedAnswer {
  private final TraceAssembly assembly = new TraceAssembly();
  private final List<Integer> ids = new ArrayList<>();
  private final StringBuilder text = new StringBuilder();
  private Finish finish = Finish.getDefaultInstance();
  private String responseId = "";

  /** The next piece of one continuation. */
  public void add(GenerateResponse piece) {
    ids.addAll(piece.getTokenIdsList());
    text.append(piece.getText());
    responseId = piece.getResponseId();
    if (piece.hasTrace()) {
      assembly.add(piece.getTrace());
    }
    if (piece.hasFinish()) {
      finish = piece.getFinish();
    }
  }

  List<Integer> ids() {
    return ids;
  }

  /** The text so far. */
  public String text() {
    return text.toString();
  }

  /** Of an answer that is whole; else nothing is set. */
  public Finish finish() {
    return finish;
  }

  String responseId() {
    return responseId;
  }

  Trace trace() {
    return assembly.trace();
  }
}
