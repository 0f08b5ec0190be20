package io.ennead.node.http;

import io.prometheus.metrics.exporter.common.PrometheusHttpExchange;
import io.prometheus.metrics.exporter.common.PrometheusHttpRequest;
import io.prometheus.metrics.exporter.common.PrometheusHttpResponse;
import io.prometheus.metrics.exporter.common.PrometheusScrapeHandler;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Collections;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.Map;

/** The page that Prometheus reads, in the format and encoding that it asks for. */
final class MetricsPage implements HttpHandler {
  private final PrometheusScrapeHandler scrapes;

  MetricsPage(PrometheusRegistry registry) {
    scrapes = new PrometheusScrapeHandler(registry);
  }

  @Override
  public void handle(Exchange exchange) throws IOException {
    Scrape scrape = new Scrape(exchange.request());
    scrapes.handleRequest(scrape);
    exchange.answer(scrape.answer());
  }

  /** One reading of the page, in the words of Prometheus' library. */
  private record Scrape(
      Request request, int[] status, Map<String, String> headers, ByteArrayOutputStream body)
      implements PrometheusHttpExchange, PrometheusHttpRequest, PrometheusHttpResponse {

    Scrape(Request request) {
      this(request, new int[1], new LinkedHashMap<>(), new ByteArrayOutputStream());
    }

    Answer answer() {
      return new Answer(status[0], headers, body.toByteArray());
    }

    @Override
    public PrometheusHttpRequest getRequest() {
      return this;
    }

    @Override
    public PrometheusHttpResponse getResponse() {
      return this;
    }

    @Override
    public String getQueryString() {
      return request.query();
    }

    @Override
    public Enumeration<String> getHeaders(String name) {
      return Collections.enumeration(request.headers(name));
    }

    @Override
    public String getMethod() {
      return request.method();
    }

    @Override
    public String getRequestPath() {
      return request.path();
    }

    @Override
    public void setHeader(String name, String value) {
      headers.put(name, value);
    }

    @Override
    public OutputStream sendHeadersAndGetBody(int code, int contentLength) {
      status[0] = code;
      return body;
    }

    @Override
    public void handleException(IOException failure) throws IOException {
      throw failure;
    }

    @Override
    public void handleException(RuntimeException failure) {
      throw failure;
    }

    @Override
    public void close() {}
  }
}
