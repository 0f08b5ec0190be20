package io.ennead.cli.cluster;

/** Why a cluster could not be started, found or ended; the message is for the terminal. */
public final class ClusterException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ClusterException(String message) {
    super(message);
  }

  ClusterException(String message, Throwable cause) {
    super(message, cause);
  }
}
