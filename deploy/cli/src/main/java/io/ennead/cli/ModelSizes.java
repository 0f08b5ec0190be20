package io.ennead.cli;

import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.Family;
import io.ennead.expert.checkpoint.TensorInfo;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;

/**
 * How large a model is and which part of it the routed experts are.
 *
 * @param parameters all parameters
 * @param bytes all bytes on disk
 * @param expertParameters parameters of one expert, in all layers together
 * @param expertBytes bytes on disk of one expert, in all layers together
 * @param experts routed experts
 */
record ModelSizes(
    long parameters, long bytes, long expertParameters, long expertBytes, int experts) {

  static ModelSizes of(Checkpoint checkpoint) {
    long parameters = 0;
    long bytes = 0;
    long expertParameters = 0;
    long expertBytes = 0;
    Set<String> expert = expertTensors(checkpoint);
    for (String name : checkpoint.names()) {
      TensorInfo tensor = checkpoint.info(name);
      parameters += tensor.elements();
      bytes += tensor.bytes();
      expertParameters += expert.contains(name) ? tensor.elements() : 0;
      expertBytes += expert.contains(name) ? tensor.bytes() : 0;
    }
    return new ModelSizes(
        parameters, bytes, expertParameters, expertBytes, checkpoint.config().experts());
  }

  /** What the router holds: everything but the routed experts. */
  long denseParameters() {
    return parameters - experts * expertParameters;
  }

  /** What the router holds, on disk. */
  long denseBytes() {
    return bytes - experts * expertBytes;
  }

  /** Of the first expert: all are of one shape. */
  private static Set<String> expertTensors(Checkpoint checkpoint) {
    Family family = checkpoint.config().family();
    Set<String> names = new HashSet<>();
    for (int layer = 0; layer < checkpoint.config().layers(); layer++) {
      Stream.of(family.expertGate(layer, 0), family.expertUp(layer, 0), family.expertDown(layer, 0))
          .forEach(names::add);
    }
    return names;
  }
}
