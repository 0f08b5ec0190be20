package io.ennead.router.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.ennead.errors.ServingException;
import io.ennead.node.http.Answer;
import io.ennead.node.http.Exchange;
import io.ennead.node.http.StreamedAnswer;
import io.ennead.v1.GenerateResponse;
import io.ennead.v1.TokenLogprob;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A response in server-sent events. The answer begins with the first piece, so that what fails
 * before it has a status of its own.
 */
final class StreamedReply implements Reply {
  private static final String DONE = "[DONE]";

  private final Exchange exchange;
  private final Envelope envelope;
  private final Answers answers;
  private final boolean withUsage;

  @GuardedBy("this")
  private final Usage usage = new Usage();

  /** Characters of each choice that has begun. */
  @GuardedBy("this")
  private final Map<Integer, Integer> offsets = new HashMap<>();

  @GuardedBy("this")
  private int unfinished;

  @GuardedBy("this")
  private @Nullable StreamedAnswer stream;

  @GuardedBy("this")
  private boolean ended;

  /** A response of so many choices, to be given through an exchange. */
  StreamedReply(
      Exchange exchange, Envelope envelope, Answers answers, int choices, boolean withUsage) {
    this.exchange = exchange;
    this.envelope = envelope;
    this.answers = answers;
    this.unfinished = choices;
    this.withUsage = withUsage;
  }

  @Override
  public synchronized boolean piece(int choice, GenerateResponse piece) {
    if (ended) {
      return true;
    }
    open(choice);
    boolean told = envelope.detailed() || piece.getLogprobsCount() > 0;
    if (told || !piece.getText().isEmpty()) {
      ObjectNode part = choice(choice);
      envelope.format().part(part, piece.getText());
      addLogprobs(part, choice, piece);
      part.putNull("finish_reason");
      envelope.addDetails(part, piece);
      send(part);
    }
    return true; // its reader's bounds are the connection's
  }

  @Override
  public synchronized void finished(int choice, GenerateResponse finish, boolean firstOfPrompt) {
    if (ended) {
      return;
    }
    open(choice);
    ObjectNode last = choice(choice);
    envelope.format().closing(last);
    last.putNull("logprobs").put("finish_reason", Envelope.reason(finish.getFinish()));
    envelope.addDetails(last, finish);
    send(last);
    usage.add(finish.getFinish(), firstOfPrompt);
    unfinished--;
    if (unfinished == 0) {
      complete();
    }
  }

  private synchronized void complete() {
    if (withUsage) {
      ObjectNode chunk = envelope.object(true);
      chunk.putArray("choices");
      chunk.set("usage", usage.json());
      begun().event(Json.text(chunk));
    }
    begun().event(DONE);
    begun().end();
    ended = true;
  }

  @Override
  public synchronized void failed(ServingException failure) {
    if (ended) {
      return;
    }
    ended = true;
    if (stream == null) {
      exchange.answer(answers.failure(failure));
    } else {
      stream.event(Json.text(answers.error(failure)));
      stream.end();
    }
  }

  /** The role comes once, before a choice's first text. */
  private synchronized void open(int choice) {
    if (offsets.putIfAbsent(choice, 0) == null) {
      ObjectNode opening = choice(choice);
      if (envelope.format().opening(opening)) {
        opening.putNull("logprobs").putNull("finish_reason");
        send(opening);
      }
    }
  }

  private synchronized void addLogprobs(ObjectNode part, int choice, GenerateResponse piece) {
    if (piece.getLogprobsCount() == 0) {
      part.putNull("logprobs");
      return;
    }
    int offset = offsets.getOrDefault(choice, 0);
    part.set("logprobs", envelope.format().logprobs(piece.getLogprobsList(), offset));
    for (TokenLogprob token : piece.getLogprobsList()) {
      offset += envelope.format().length(token);
    }
    offsets.put(choice, offset);
  }

  private static ObjectNode choice(int index) {
    return Json.object().put("index", index);
  }

  private synchronized void send(ObjectNode choice) {
    ObjectNode chunk = envelope.object(true);
    chunk.putArray("choices").add(choice);
    if (withUsage) {
      chunk.putNull("usage");
    }
    begun().event(Json.text(chunk));
  }

  private synchronized StreamedAnswer begun() {
    StreamedAnswer begun = stream;
    if (begun == null) {
      begun = exchange.stream(Answer.events().with(answers.headers()));
      stream = begun;
    }
    return begun;
  }
}
