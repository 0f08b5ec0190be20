package io.ennead.cli;

import io.ennead.cli.cluster.ClusterException;
import io.ennead.errors.ServingException;
import io.ennead.node.ConfigException;
import io.ennead.node.GrpcErrors;
import java.net.BindException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.Objects;
import java.util.stream.Stream;

/** Turns what went wrong into one line for a person. */
final class Failures {
  private Failures() {}

  static String describe(Throwable failure) {
    if (failure instanceof ClusterException || failure instanceof ConfigException) {
      return message(failure); // made for people
    }
    if (portInUse(failure)) {
      return "a port is in use: %s (choose others with --base-port or --port)"
          .formatted(message(failure));
    }
    if (failure instanceof NoSuchFileException) {
      return message(failure) + ": no such file"; // the message is its path alone
    }
    if (failure instanceof AccessDeniedException) {
      return message(failure) + ": access denied";
    }
    if (failure instanceof ServingException serving) {
      return "%s: %s".formatted(GrpcErrors.label(serving.reason()), message(serving));
    }
    return message(failure);
  }

  /** Netty's native transports have an exception of their own for a port that is taken. */
  private static boolean portInUse(Throwable failure) {
    return causes(failure)
        .anyMatch(
            cause ->
                cause instanceof BindException
                    || Objects.toString(cause.getMessage(), "").contains("Address already in use"));
  }

  private static Stream<Throwable> causes(Throwable failure) {
    return Stream.iterate(failure, Objects::nonNull, Throwable::getCause).limit(20);
  }

  private static String message(Throwable failure) {
    String message = failure.getMessage();
    return message == null ? failure.getClass().getSimpleName() : message;
  }
}
