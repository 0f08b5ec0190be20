package io.ennead.cli.attack;

import java.util.function.Function;

/**
 * One way of misusing a port.
 *
 * @param open sends what there is to send and gives back the connection, which its caller closes:
 *     what a server keeps for it, it keeps until then
 */
record Attack(String name, Function<Victim, AutoCloseable> open) {

  /**
   * Who is attacked.
   *
   * @param port gRPC or admin HTTP
   * @param method full name of a gRPC method
   * @param message a valid request of it
   * @param seed of what is random
   */
  record Victim(int port, String method, byte[] message, long seed) {
    Victim withSeed(long other) {
      return new Victim(port, method, message, other);
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
