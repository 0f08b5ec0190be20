package io.ennead.router.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.ennead.errors.ServingException;
import io.ennead.node.http.Answer;
import io.ennead.node.http.Exchange;
import io.ennead.router.api.DegradedTrailer;
import io.ennead.v1.GenerateResponse;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A response in one object, given when every choice is complete. It is written by a thread of the
 * server, since the pieces come from the one that computes.
 */
final class WholeReply implements Reply {
  private final Exchange exchange;
  private final Envelope envelope;
  private final Answers answers;
  private final long maxBytes;

  @GuardedBy("this")
  private final Usage usage = new Usage();

  @GuardedBy("this")
  private final Map<Integer, JoinedPieces> choices = new TreeMap<>();

  @GuardedBy("this")
  private int unfinished;

  @GuardedBy("this")
  private long bytes;

  @GuardedBy("this")
  private boolean ended;

  /**
   * A response of so many choices, to be given through an exchange.
   *
   * @param maxBytes of its pieces, which wait for the last
   */
  WholeReply(Exchange exchange, Envelope envelope, Answers answers, int choices, long maxBytes) {
    this.exchange = exchange;
    this.envelope = envelope;
    this.answers = answers;
    this.unfinished = choices;
    this.maxBytes = maxBytes;
  }

  @Override
  public synchronized boolean piece(int choice, GenerateResponse piece) {
    if (ended) {
      return true;
    }
    bytes += piece.getSerializedSize();
    if (bytes > maxBytes) {
      choices.clear();
      failed(
          ServingException.invalidField(
              "stream", false, "true: the response is longer than %d bytes".formatted(maxBytes)));
      return false;
    }
    choices.computeIfAbsent(choice, none -> new JoinedPieces()).add(piece);
    return true;
  }

  @Override
  public synchronized void finished(int choice, GenerateResponse finish, boolean firstOfPrompt) {
    if (ended) {
      return;
    }
    choices.computeIfAbsent(choice, none -> new JoinedPieces()).add(finish);
    usage.add(finish.getFinish(), firstOfPrompt);
    unfinished--;
    if (unfinished == 0) {
      ended = true;
      exchange.answerLater(this::answer); // who tells the last token has others to compute
    }
  }

  private synchronized Answer answer() {
    ObjectNode response = envelope.object(false);
    ArrayNode all = response.putArray("choices");
    TreeSet<Integer> missing = new TreeSet<>();
    choices.forEach(
        (index, pieces) -> {
          GenerateResponse joined = pieces.joined();
          all.add(choice(index, joined));
          missing.addAll(joined.getFinish().getDegraded().getExpertsList());
        });
    response.set("usage", usage.json());
    return answers.ok(response).with(degraded(missing));
  }

  private ObjectNode choice(int index, GenerateResponse joined) {
    ObjectNode choice = Json.object().put("index", index);
    envelope.format().whole(choice, joined.getText());
    if (joined.getLogprobsCount() == 0) {
      choice.putNull("logprobs");
    } else {
      choice.set("logprobs", envelope.format().logprobs(joined.getLogprobsList(), 0));
    }
    choice.put("finish_reason", Envelope.reason(joined.getFinish()));
    envelope.addDetails(choice, joined);
    return choice;
  }

  private static Map<String, String> degraded(TreeSet<Integer> experts) {
    return experts.isEmpty()
        ? Map.of()
        : Map.of(
            DegradedTrailer.NAME,
            experts.stream().map(String::valueOf).collect(Collectors.joining(",")));
  }

  @Override
  public synchronized void failed(ServingException failure) {
    if (!ended) {
      ended = true;
      exchange.answer(answers.failure(failure));
    }
  }
}
