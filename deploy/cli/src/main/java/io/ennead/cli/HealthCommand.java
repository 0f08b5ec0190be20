package io.ennead.cli;

import io.ennead.client.EnneadClient;
import io.ennead.errors.ServingException;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Flags and exit codes are those of grpc_health_probe, so that this can stand in for it. */
@Command(
    name = "health",
    description = "Asks a node's gRPC health service; flags and exit codes of grpc_health_probe.",
    exitCodeOnInvalidInput = HealthCommand.BAD_ARGUMENTS,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:serving",
      "1:wrong usage",
      "2:cannot connect",
      "3:the health call failed",
      "4:not serving"
    })
final class HealthCommand implements Callable<Integer> {
  static final int BAD_ARGUMENTS = 1;
  private static final int CANNOT_CONNECT = 2;
  private static final int CALL_FAILED = 3;
  private static final int NOT_SERVING = 4;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private CredentialFlags credentials = new CredentialFlags();

  @Option(
      names = {"-addr", "--addr"},
      defaultValue = "127.0.0.1:8470",
      paramLabel = "HOST:PORT",
      description = "The node's gRPC address (default: ${DEFAULT-VALUE}).")
  private String address = "";

  @Option(
      names = {"-service", "--service"},
      defaultValue = "",
      paramLabel = "NAME",
      description = "Service to ask about (default: the node as a whole).")
  private String service = "";

  @Option(
      names = {"-connect-timeout", "--connect-timeout"},
      defaultValue = "1s",
      converter = DurationConverter.class,
      paramLabel = "TIME",
      description = "Time limit of connecting (default: ${DEFAULT-VALUE}).")
  private Duration connectLimit = Duration.ZERO;

  @Option(
      names = {"-rpc-timeout", "--rpc-timeout"},
      defaultValue = "1s",
      converter = DurationConverter.class,
      paramLabel = "TIME",
      description = "Time limit of the call (default: ${DEFAULT-VALUE}).")
  private Duration callLimit = Duration.ZERO;

  @Override
  public Integer call() throws InterruptedException {
    try (EnneadClient client = EnneadClient.connect(address, credentials.dialer())) {
      if (!client.awaitConnected(connectLimit)) {
        return fail(CANNOT_CONNECT, "cannot connect to " + address);
      }
      ServingStatus status = client.health(service, callLimit);
      spec.commandLine().getOut().println("status: " + status);
      return status == ServingStatus.SERVING ? 0 : NOT_SERVING;
    } catch (ServingException e) {
      return fail(CALL_FAILED, "health call failed: " + Failures.describe(e));
    }
  }

  private int fail(int code, String message) {
    spec.commandLine().getErr().println("error: " + message);
    return code;
  }
}
