package io.ennead.cli;

import io.ennead.access.Role;
import io.ennead.cli.certs.DevelopmentCa;
import io.ennead.cli.certs.DevelopmentCa.Issued;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "certs",
    description =
        "Issues a certificate of a development CA, which it makes on first use. Roles make a"
            + " client known by its certificate; nodes need the role node.")
final class CertsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--dir",
      defaultValue = "certs",
      paramLabel = "DIR",
      description = "Where CA and certificates are (default: ${DEFAULT-VALUE}).")
  private Path directory = Path.of("certs");

  @Parameters(
      paramLabel = "NAME",
      description = "Name of the certificate and its files: NAME.pem and NAME-key.pem.")
  private String name = "";

  @Option(
      names = "--host",
      split = ",",
      paramLabel = "HOST",
      description = "DNS names and addresses of the holder, besides localhost, 127.0.0.1 and ::1.")
  private List<String> hosts = List.of();

  @Option(
      names = "--role",
      split = ",",
      converter = RoleConverter.class,
      paramLabel = "ROLE",
      description = "What the holder may do: infer, read, admin, node.")
  private List<Role> roles = List.of();

  @Option(
      names = "--days",
      defaultValue = "90",
      paramLabel = "N",
      description = "Days of validity (default: ${DEFAULT-VALUE}).")
  private int days;

  @Override
  public Integer call() throws IOException {
    DevelopmentCa ca = DevelopmentCa.open(directory);
    Issued issued = ca.issue(name, DevelopmentCa.andLoopback(hosts), roles, Duration.ofDays(days));
    PrintWriter out = spec.commandLine().getOut();
    out.printf("--tls-cert %s%n", issued.certificate());
    out.printf("--tls-key %s%n", issued.key());
    out.printf("--tls-ca %s%n", ca.caFile());
    return 0;
  }
}
