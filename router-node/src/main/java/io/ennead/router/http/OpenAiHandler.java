package io.ennead.router.http;

import io.ennead.errors.ServingException;
import io.ennead.node.GrpcErrors;
import io.ennead.node.RequestContext;
import io.ennead.node.http.Exchange;
import io.ennead.node.http.Exchange.Gone;
import io.ennead.node.http.HttpHandler;
import io.ennead.node.http.Request;
import io.ennead.router.api.Caller;
import io.ennead.router.api.GenerationReader;
import io.ennead.router.api.GenerationReader.Checked;
import io.ennead.router.api.SlowReaders;
import io.ennead.v1.GenerateRequest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.slf4j.MDC;

/**
 * Answers one of the two routes that generate: reads and checks the request, hands it to the
 * model's generator, and never waits for it. Safe for use by several threads.
 */
final class OpenAiHandler implements HttpHandler {
  static final String REQUEST_ID = "x-request-id";
  static final String IGNORED = "x-ennead-ignored";
  private static final String TIMEOUT = "x-request-timeout-seconds";
  private static final double MAX_TIMEOUT_SECONDS = 1e6;

  private final GenerationReader generations;
  private final SlowReaders readers;
  private final Answers answers;
  private final long maxAnswer;
  private final Function<Parameters, Asked> reader;
  private final Function<TokenNames, ChoiceFormat> format;

  /**
   * A handler of a route.
   *
   * @param readers count the clients that did not read
   * @param maxAnswer bytes of an answer that is not streamed
   * @param reader of its requests
   * @param format of its choices
   */
  OpenAiHandler(
      GenerationReader generations,
      SlowReaders readers,
      Answers answers,
      long maxAnswer,
      Function<Parameters, Asked> reader,
      Function<TokenNames, ChoiceFormat> format) {
    this.generations = generations;
    this.readers = readers;
    this.answers = answers;
    this.maxAnswer = maxAnswer;
    this.reader = reader;
    this.format = format;
  }

  @Override
  public void handle(Exchange exchange) {
    String id = UUID.randomUUID().toString();
    MDC.put(RequestContext.REQUEST_ID, id);
    Answers named = answers.with(REQUEST_ID, id);
    try {
      Asked asked = reader.apply(new Parameters(Json.object(exchange.request().body()), ""));
      Caller caller = new Caller(id, exchange.request().tenant(), deadline(exchange.request()));
      Answers telling =
          asked.ignored().isEmpty()
              ? named
              : named.with(IGNORED, String.join(", ", asked.ignored()));
      answer(exchange, asked, read(asked, caller), telling);
    } catch (RuntimeException e) {
      exchange.answer(named.failure(GrpcErrors.shown(e)));
    } finally {
      MDC.remove(RequestContext.REQUEST_ID);
    }
  }

  private static long deadline(Request request) {
    return request
        .header(TIMEOUT)
        .map(value -> System.nanoTime() + (long) (seconds(value) * 1e9))
        .orElse(Long.MAX_VALUE);
  }

  private static double seconds(String value) {
    try {
      double seconds = Double.parseDouble(value);
      if (seconds > 0 && seconds <= MAX_TIMEOUT_SECONDS) {
        return seconds;
      }
    } catch (NumberFormatException e) {
      // refused below
    }
    throw ServingException.invalidField(
        TIMEOUT, value, "more than 0, at most %.0f".formatted(MAX_TIMEOUT_SECONDS));
  }

  /** Choices of several prompts share one id and count from 0 each: no rating could tell them. */
  private List<Checked> read(Asked asked, Caller caller) {
    GenerationReader reading = asked.prompts().size() == 1 ? generations : generations.unrated();
    try {
      List<Checked> read = new ArrayList<>();
      for (GenerateRequest prompt : asked.prompts()) {
        read.add(read(reading, asked, prompt, caller));
      }
      return read;
    } catch (ServingException e) {
      throw asked.names().translate(e);
    }
  }

  /** A length that nobody asked for gives way to a context that ends before it. */
  private static Checked read(
      GenerationReader reading, Asked asked, GenerateRequest prompt, Caller caller) {
    try {
      return reading.read(prompt, caller);
    } catch (ServingException e) {
      boolean length = "stopping.max_tokens".equals(e.metadata().get("field"));
      if (!length || asked.lengthGiven() || !prompt.getStopping().hasMaxTokens()) {
        throw e;
      }
      GenerateRequest.Builder longest = prompt.toBuilder();
      longest.getStoppingBuilder().clearMaxTokens();
      return reading.read(longest.build(), caller);
    }
  }

  private void answer(Exchange exchange, Asked asked, List<Checked> prompts, Answers telling) {
    Checked first = prompts.get(0);
    ChoiceFormat written = format.apply(new TokenNames(first.model().codec()));
    String responseId = first.request().responseId();
    Envelope envelope =
        new Envelope(
            written.idPrefix() + responseId,
            Instant.now().getEpochSecond(),
            first.model().info(),
            written,
            asked.detailed());
    int choices = prompts.size() * asked.continuations();
    Reply reply =
        asked.stream()
            ? new StreamedReply(exchange, envelope, telling, choices, asked.usage())
            : new WholeReply(exchange, envelope, telling, choices, maxAnswer);
    Running running = new Running(responseId, reply, asked.continuations(), asked.names());
    exchange.onGone(why -> gone(why, responseId, running));
    running.submit(prompts);
  }

  private void gone(Gone why, String responseId, Running running) {
    switch (why) {
      case OVERFLOW -> readers.overflow(responseId);
      case STALLED -> readers.stalled();
      case LEFT, CLOSING -> {}
    }
    running.cancel();
  }
}
