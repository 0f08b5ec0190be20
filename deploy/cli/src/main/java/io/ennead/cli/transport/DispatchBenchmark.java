package io.ennead.cli.transport;

import io.ennead.cli.transport.Transport.RoundTrip;
import io.ennead.wire.ComputeType;
import io.ennead.wire.TensorCodec;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;

/**
 * The round trip of a layer call by every transport, in turns: what else the machine does strikes
 * all of them alike.
 */
public final class DispatchBenchmark implements AutoCloseable {
  private static final int DIGITS = 3;

  private final Plan plan;
  private final List<Transport> transports = new ArrayList<>();

  /**
   * How long to measure.
   *
   * @param warmUp of each transport before the first call that counts
   * @param rounds turns of each transport per kind of call, after one that does not count
   * @param turn how long a turn takes
   */
  public record Plan(Duration warmUp, int rounds, Duration turn) {}

  private DispatchBenchmark(Plan plan) {
    this.plan = plan;
  }

  /**
   * Starts the nodes of all transports.
   *
   * @param directory where a model for our nodes is made; must not exist
   * @param nodes the most that take part in a call
   */
  public static DispatchBenchmark start(
      Path directory, int hidden, ComputeType type, int nodes, Plan plan)
      throws IOException, InterruptedException {
    int bytesPerRow = hidden * TensorCodec.bytesPerElement(type.wireType());
    DispatchBenchmark benchmark = new DispatchBenchmark(plan);
    try {
      benchmark.transports.add(EnneadTransport.start(directory, hidden, type, nodes));
      for (GrpcEcho.Kind kind : GrpcEcho.Kind.values()) {
        benchmark.transports.add(GrpcEcho.start(nodes, bytesPerRow, kind));
      }
      benchmark.transports.add(TcpEcho.start(nodes, bytesPerRow));
      return benchmark;
    } catch (IOException | InterruptedException | RuntimeException e) {
      benchmark.close();
      throw e;
    }
  }

  /**
   * A layer of a model on expert nodes that run, against the same kernels in this process.
   *
   * @param model directory of the model that the nodes hold
   * @param nodes their addresses
   * @param threads native threads of the kernels here
   * @throws IllegalStateException when the nodes cannot be reached
   */
  public static DispatchBenchmark ofProcesses(
      Path model, List<String> nodes, ComputeType type, int threads, Plan plan)
      throws InterruptedException {
    DispatchBenchmark benchmark = new DispatchBenchmark(plan);
    try {
      InProcess here = InProcess.load(model, type, threads);
      benchmark.transports.add(here);
      benchmark.transports.add(0, RunningNodes.connect(model, nodes, type, here));
      return benchmark;
    } catch (InterruptedException | RuntimeException e) {
      benchmark.close();
      throw e;
    }
  }

  /**
   * Measures kinds of calls, one after the other.
   *
   * @param results gets those of one kind as soon as they are there, ours first
   */
  public void run(List<LayerCall> calls, Consumer<List<RoundTrips>> results)
      throws InterruptedException {
    warmUp(turns(calls.get(0)));
    for (LayerCall call : calls) {
      results.accept(measure(call, turns(call)));
    }
  }

  private List<Turns> turns(LayerCall call) {
    return transports.stream()
        .map(transport -> new Turns(transport.name(), transport.prepare(call)))
        .toList();
  }

  private void warmUp(List<Turns> all) throws InterruptedException {
    for (Turns turns : all) {
      turns.take(plan.warmUp());
    }
  }

  private List<RoundTrips> measure(LayerCall call, List<Turns> all) throws InterruptedException {
    round(all);
    all.forEach(Turns::forget);
    List<Turns> order = new ArrayList<>(all);
    for (int i = 0; i < plan.rounds(); i++) {
      round(order);
      Collections.rotate(order, 1); // nobody is always the one after another
    }
    return all.stream().map(turns -> turns.result(call)).toList();
  }

  private void round(List<Turns> order) throws InterruptedException {
    for (Turns turns : order) {
      turns.take(plan.turn());
    }
  }

  @Override
  public void close() {
    transports.forEach(Transport::close);
  }

  /** What one transport has done of one kind of call. */
  private static final class Turns {
    private final String transport;
    private final RoundTrip roundTrip;
    private final Histogram nanos = new Histogram(DIGITS);
    private final List<Double> medians = new ArrayList<>();

    Turns(String transport, RoundTrip roundTrip) {
      this.transport = transport;
      this.roundTrip = roundTrip;
    }

    /** At least one call, then as many as there is time for. */
    void take(Duration time) throws InterruptedException {
      Histogram turn = new Histogram(DIGITS);
      long begin = System.nanoTime();
      long now = begin;
      do {
        roundTrip.run();
        long end = System.nanoTime();
        turn.recordValue(end - now);
        now = end;
      } while (now - begin < time.toNanos());
      nanos.add(turn);
      medians.add((double) turn.getValueAtPercentile(50));
    }

    void forget() {
      nanos.reset();
      medians.clear();
    }

    RoundTrips result(LayerCall call) {
      return new RoundTrips(transport, call, nanos, medians);
    }
  }
}
