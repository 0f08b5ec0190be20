package io.ennead.cli.survival;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Lets the kernel drop a share of the TCP packets to and from a port of this machine: nftables, of
 * which it needs the command and the right to use it.
 */
final class PacketLoss implements AutoCloseable {
  private static final long LIMIT_SECONDS = 10;
  private static final Pattern PACKETS = Pattern.compile("packets (\\d+)");

  private final String table;

  private PacketLoss(String table) {
    this.table = table;
  }

  /** Whether this machine lets us. */
  static boolean possible() {
    try {
      var unused = run("add table inet ennead_probe\ndelete table inet ennead_probe\n");
      return true;
    } catch (UncheckedIOException e) {
      return false;
    }
  }

  /** Drops packets from now on. */
  static PacketLoss begin(int port, int percent) {
    String table = "ennead_%d_%d".formatted(ProcessHandle.current().pid(), port);
    var unused =
        run(
            """
        table inet %s {
          chain out {
            type filter hook output priority 0;
            tcp dport %d numgen random mod 100 < %d counter drop
            tcp sport %d numgen random mod 100 < %d counter drop
          }
        }
        """
                .formatted(table, port, percent, port, percent));
    return new PacketLoss(table);
  }

  /** Packets dropped so far. */
  long dropped() {
    Matcher counter = PACKETS.matcher(run("list table inet %s\n".formatted(table)));
    return counter.results().mapToLong(found -> Long.parseLong(found.group(1))).sum();
  }

  private static String run(String script) {
    try {
      Process nft = new ProcessBuilder(List.of("nft", "-f", "-")).redirectErrorStream(true).start();
      nft.getOutputStream().write(script.getBytes(StandardCharsets.UTF_8));
      nft.getOutputStream().close();
      String said = new String(nft.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!nft.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS) || nft.exitValue() != 0) {
        throw new IOException("nft: " + said);
      }
      return said;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    var unused = run("delete table inet %s\n".formatted(table));
  }
}
