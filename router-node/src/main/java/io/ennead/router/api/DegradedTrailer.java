package io.ennead.router.api;

import io.ennead.router.generate.Degraded;
import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * The trailer {@value #NAME} of a response whose tokens lack experts: their ids, as "3,5". A proxy
 * can see it that does not know the messages.
 */
public final class DegradedTrailer implements ServerInterceptor {
  /** The trailer's name, and over HTTP the header's. */
  public static final String NAME = "x-degraded-experts";

  private static final Metadata.Key<String> TRAILER =
      Metadata.Key.of(NAME, Metadata.ASCII_STRING_MARSHALLER);
  private static final Context.Key<Note> OF_CALL = Context.key(NAME);

  private DegradedTrailer() {}

  /** What the trailer of one call is to say. Thread-safe. */
  public static final class Note {
    private volatile Degraded degraded = Degraded.NONE;

    private Note() {}

    /** Adds tokens, none of them told before. */
    public synchronized void add(Degraded tokens) {
      degraded = degraded.plus(tokens);
    }
  }

  /** A service whose calls can have the trailer. */
  public static BindableService on(BindableService service) {
    return () -> ServerInterceptors.intercept(service, new DegradedTrailer());
  }

  /** Where the call that this thread begins keeps what its trailer is to say. */
  public static Note ofCall() {
    return Objects.requireNonNullElseGet(OF_CALL.get(), Note::new);
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    Note note = new Note();
    ServerCall<Q, R> telling =
        new SimpleForwardingServerCall<>(call) {
          @Override
          public void close(Status status, Metadata trailers) {
            if (note.degraded.tokens() > 0) {
              trailers.put(TRAILER, text(note.degraded));
            }
            super.close(status, trailers);
          }
        };
    Context context = Context.current().withValue(OF_CALL, note);
    return Contexts.interceptCall(context, telling, headers, next);
  }

  private static String text(Degraded degraded) {
    return degraded.experts().stream().map(String::valueOf).collect(Collectors.joining(","));
  }
}
