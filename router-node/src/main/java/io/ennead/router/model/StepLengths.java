package io.ennead.router.model;

import io.ennead.expert.engine.RunLengths;
import io.ennead.expert.engine.TorchCall;
import io.ennead.expert.engine.TorchModule;
import io.ennead.router.moe.ExpertLayer.Phase;
import java.util.Arrays;

/**
 * How many rows the products of a step may have, by phase.
 *
 * @param decode also of logits
 */
record StepLengths(RunLengths decode, RunLengths prefill) {

  /** Tries a loaded module's products. */
  static StepLengths of(TorchModule module, DecoderOptions options) {
    if (!options.fixedTiles()) {
      return new StepLengths(RunLengths.ANY, RunLengths.ANY);
    }
    RunLengths decode = tried(module, options.decodeTile());
    int prefillTile = options.prefillTile();
    return new StepLengths(
        decode, decode.allows(prefillTile) ? decode : tried(module, prefillTile));
  }

  private static RunLengths tried(TorchModule module, int tile) {
    int[] candidates = RunLengths.candidates();
    long[] lengths = Arrays.stream(candidates).asLongStream().toArray();
    try (TorchCall call = module.call("alike")) {
      long alike = call.withList(lengths).with(tile).runLong();
      return RunLengths.of(tile, n -> ((alike >> Arrays.binarySearch(candidates, n)) & 1) == 1);
    }
  }

  /** Rows of every product of a call with so many rows, which are padded to a multiple of it. */
  int of(Phase phase, int rows) {
    RunLengths lengths =
        switch (phase) {
          case DECODE -> decode;
          case PREFILL -> prefill;
        };
    return lengths.even(Math.max(rows, 1));
  }
}
