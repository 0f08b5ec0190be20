package io.ennead.node.http;

import io.ennead.access.Certified;
import io.ennead.access.Tenant;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.List;
import java.util.Optional;

/** A request: its head, and its body once that has arrived. Immutable. */
public final class Request {
  private final HttpRequest head;
  private final QueryStringDecoder uri;
  private final Certified certificate;
  private final Tenant tenant;
  private final byte[] body;

  private Request(HttpRequest head, Certified certificate, Tenant tenant, byte[] body) {
    this.head = head;
    this.uri = new QueryStringDecoder(head.uri());
    this.certificate = certificate;
    this.tenant = tenant;
    this.body = body;
  }

  /** A request of which the head is there. */
  static Request of(HttpRequest head, Certified certificate) {
    return new Request(head, certificate, Tenant.ANYBODY, new byte[0]);
  }

  /** What stands for a request that cannot be read. */
  static Request unreadable() {
    return of(new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/"), Certified.NONE);
  }

  /** The same, of a caller who may send it, with its body. */
  Request with(Tenant caller, byte[] arrived) {
    return new Request(head, certificate, caller, arrived);
  }

  /** The same without its body. */
  Request withoutBody() {
    return with(tenant, new byte[0]);
  }

  /** In capitals, as it was sent. */
  public String method() {
    return head.method().name();
  }

  /** As it was sent, without the query. */
  public String rawPath() {
    return uri.rawPath();
  }

  /** Whether the path can be decoded, as that of every request that a handler sees. */
  boolean decodable() {
    try {
      String unused = uri.path();
      return true;
    } catch (IllegalArgumentException e) { // %zz
      return false;
    }
  }

  /** Decoded, without the query. */
  public String path() {
    return uri.path();
  }

  /** What follows the first '?', as it was sent; empty when nothing does. */
  public String query() {
    return uri.rawQuery();
  }

  /** The first header of a name, whatever its case. */
  public Optional<String> header(String name) {
    return Optional.ofNullable(headers().get(name));
  }

  /** All headers of a name. */
  public List<String> headers(String name) {
    return headers().getAll(name);
  }

  HttpHeaders headers() {
    return head.headers();
  }

  HttpRequest head() {
    return head;
  }

  Certified certificate() {
    return certificate;
  }

  /** Who sends it, as the gatekeeper knows it. */
  public Tenant tenant() {
    return tenant;
  }

  /** Not to be modified. */
  public byte[] body() {
    return body;
  }
}
