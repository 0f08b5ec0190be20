package io.ennead.node.http;

import io.ennead.access.Tenant;
import io.ennead.errors.ServingException;
import io.ennead.v1.ErrorReason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.io.ByteArrayOutputStream;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A request whose body is arriving. It is judged by its head, so that nobody sends a body for
 * nothing; what a body may hold is counted over all connections. Used by its connection's thread.
 */
final class Arriving {
  private final Request request;
  private final HttpService service;
  private final long startedNanos = System.nanoTime();
  private final ByteArrayOutputStream body = new ByteArrayOutputStream(0);
  private @Nullable Route route;
  private @Nullable Answer early;
  private Tenant tenant = Tenant.ANYBODY;
  private int held;

  /** A request of which the head is there. */
  Arriving(Request request, HttpService service) {
    this.request = request;
    this.service = service;
  }

  /** Finds the route, and whether the caller may use it in this way. */
  void judge() {
    early = service.guard().before(request).orElse(null);
    if (early != null) {
      return;
    }
    Optional<Route> found = service.routes().find(request.rawPath());
    if (found.isEmpty()) {
      refuse(new Refusal(404, "NOT_FOUND", "not found"));
      return;
    }
    route = found.get();
    judge(found.get());
  }

  private void judge(Route asked) {
    if (!asked.methods().contains(request.method())) {
      String allowed = String.join(", ", new TreeSet<>(asked.methods()));
      refuse(
          new Refusal(
              405,
              "METHOD_NOT_ALLOWED",
              "only " + allowed.replace(", ", " and "),
              Map.of("Allow", allowed)));
    } else if (mayCall(asked)) {
      judgeContent(asked);
    }
  }

  private void judgeContent(Route asked) {
    if (request.decodable()) {
      judgeBody(asked);
    } else {
      refuse(unreadable(null));
    }
  }

  private boolean mayCall(Route asked) {
    try {
      tenant =
          service
              .gatekeeper()
              .check(asked.path(), request.header("Authorization"), request.certificate());
      return true;
    } catch (ServingException e) {
      refuse(denied(e));
      return false;
    }
  }

  private static Refusal denied(ServingException why) {
    String message = Optional.ofNullable(why.getMessage()).orElse("");
    return why.reason() == ErrorReason.ERROR_REASON_PERMISSION_DENIED
        ? new Refusal(403, "PERMISSION_DENIED", message)
        : new Refusal(401, "UNAUTHENTICATED", message, Map.of("WWW-Authenticate", "Bearer"));
  }

  private void judgeBody(Route asked) {
    if (asked.contentType().isPresent() && !asked.contentType().equals(mediaType())) {
      refuse(
          new Refusal(
              415,
              "UNSUPPORTED_MEDIA_TYPE",
              "content-type: %s (expected: %s)"
                  .formatted(mediaType().orElse("none"), asked.contentType().get())));
    } else if (HttpUtil.getContentLength(request.head(), 0L) > asked.maxBody()) {
      refuse(tooLong(asked));
    } else if (unknownExpectation()) {
      refuse(new Refusal(417, "EXPECTATION_FAILED", "expect: only 100-continue"));
    }
  }

  private boolean unknownExpectation() {
    return request.header("Expect").isPresent() && !waits();
  }

  private Optional<String> mediaType() {
    return Optional.ofNullable(HttpUtil.getMimeType(request.head()))
        .map(type -> type.toString().strip().toLowerCase(Locale.ROOT));
  }

  private static Refusal tooLong(Route asked) {
    return new Refusal(
        413, "BODY_TOO_LONG", "body: expected: at most %d bytes".formatted(asked.maxBody()));
  }

  /** Why a request cannot be read. */
  static Refusal unreadable(@Nullable Throwable why) {
    if (why instanceof TooLongHttpLineException) {
      return new Refusal(414, "URI_TOO_LONG", "the request's line is too long");
    }
    return why instanceof TooLongHttpHeaderException
        ? new Refusal(431, "HEADERS_TOO_LONG", "the request's headers are too long")
        : new Refusal(400, "MALFORMED", "not HTTP/1.1 as RFC 9112 has it");
  }

  /** From here on there is an answer, and whatever still comes is dropped. */
  void refuse(Refusal refusal) {
    early = service.format().answer(refusal);
  }

  /** What is answered without a handler. */
  Optional<Answer> early() {
    return Optional.ofNullable(early);
  }

  boolean hasBody() {
    return HttpUtil.getContentLength(request.head(), 0L) > 0
        || HttpUtil.isTransferEncodingChunked(request.head());
  }

  void add(ByteBuf part) {
    Route asked = route;
    int more = part.readableBytes();
    if (early != null || asked == null || more == 0) {
      return;
    }
    if (held + more > asked.maxBody()) {
      refuse(tooLong(asked));
    } else if (!service.holds(more)) {
      refuse(HttpService.BUSY);
    } else {
      held += more;
      body.writeBytes(ByteBufUtil.getBytes(part));
    }
  }

  /** The request with what has arrived of its body. */
  Request arrived() {
    return request.with(tenant, body.toByteArray());
  }

  Optional<Route> route() {
    return Optional.ofNullable(route);
  }

  long startedNanos() {
    return startedNanos;
  }

  /** Bytes of the body that are counted, until somebody gives them back. */
  int held() {
    return held;
  }

  boolean oldClient() {
    return request.head().protocolVersion().compareTo(HttpVersion.HTTP_1_1) < 0;
  }

  boolean keepsAlive() {
    return HttpUtil.isKeepAlive(request.head());
  }

  /** Whether the client waits to be told to send the body. */
  boolean waits() {
    return HttpUtil.is100ContinueExpected(request.head());
  }
}
