package io.ennead.router;

import io.ennead.node.Setting;
import java.util.List;

/** Where OpenAI's HTTP API is served, and to whom. */
public record HttpConfig(
    @Setting(
            help =
                "address of OpenAI's HTTP API; other than loopback needs TLS or --allow-insecure",
            byDefault = "127.0.0.1")
        String httpHost,
    @Setting(help = "its port; 0: any free one; -1: the admin port and 1", byDefault = "-1")
        int httpPort,
    @Setting(
            help =
                "origins of web pages that may call it beside the console's, as"
                    + " https://chat.example.org",
            byDefault = "")
        List<String> httpOrigins) {

  /** Checks the port. */
  public HttpConfig {
    httpOrigins = List.copyOf(httpOrigins);
    RouterConfig.requireAtLeast("http-port", httpPort, -1);
  }

  /** The port to bind, beside an admin port. */
  public int port(int adminPort) {
    return RouterConfig.beside(adminPort, 1, httpPort);
  }
}
