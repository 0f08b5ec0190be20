package io.ennead.router.api;

import io.ennead.access.Tenant;
import io.ennead.node.CallingTenant;
import io.ennead.node.RequestContext;

/**
 * Who asks for a response, whatever the protocol.
 *
 * @param responseId identifies the response to the caller and in logs
 * @param tenant the holder of the caller's key
 * @param deadlineNanos {@link System#nanoTime()} at which the caller gives up; {@link
 *     Long#MAX_VALUE} for never
 */
public record Caller(String responseId, Tenant tenant, long deadlineNanos) {

  /** Of the gRPC call that the current thread serves. */
  public static Caller current() {
    return new Caller(RequestContext.requestId(), CallingTenant.current(), CallDeadline.nanos());
  }

  /** The same, who gives up after so many nanoseconds at the latest. */
  public Caller within(long nanos) {
    long now = System.nanoTime();
    long left = deadlineNanos == Long.MAX_VALUE ? nanos : Math.min(deadlineNanos - now, nanos);
    return new Caller(responseId, tenant, now + left);
  }

  /** The same, of one request of a call that brings several. */
  public Caller numbered(long request) {
    return new Caller(responseId + "-" + request, tenant, deadlineNanos);
  }
}
