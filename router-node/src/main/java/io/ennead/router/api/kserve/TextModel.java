package io.ennead.router.api.kserve;

import inference.ModelInferRequest;
import io.ennead.errors.ServingException;
import io.ennead.router.api.Caller;
import io.ennead.router.api.GenerationReader;
import io.ennead.router.generate.Generation;
import io.ennead.router.generate.ModelInfo;
import io.ennead.router.generate.ServedModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** A language model: text in, text out. */
final class TextModel implements InferModel {
  private final ModelInfo info;
  private final GenerationReader generations;
  private final TextReader reader;
  private final TextWriter writer;
  private final ModelCounts counts;

  TextModel(ServedModel model, GenerationReader generations) {
    this.info = model.info();
    this.generations = generations;
    this.reader = new TextReader(info);
    this.writer = new TextWriter(info, model.codec());
    this.counts = new ModelCounts(info.name());
  }

  @Override
  public String name() {
    return info.name();
  }

  @Override
  public Map<String, String> properties() {
    return Map.of(
        "family", info.family(),
        "fingerprint", info.fingerprint(),
        "dtype", info.dtype(),
        "context_length", Integer.toString(info.contextLength()),
        "vocabulary_size", Integer.toString(info.vocabularySize()),
        "experts", Integer.toString(info.experts()),
        "experts_per_token", Integer.toString(info.expertsPerToken()));
  }

  @Override
  public List<TensorSpec> inputs() {
    List<TensorSpec> inputs = new ArrayList<>();
    inputs.add(new TensorSpec(TextReader.TEXT, Datatype.BYTES, List.of(1L), true));
    inputs.add(new TensorSpec(TextReader.IDS, Datatype.INT32, List.of(-1L), true));
    inputs.add(new TensorSpec(TextReader.SAMPLING, Datatype.BYTES, List.of(1L), true));
    reader.table().options().forEach(option -> inputs.add(TensorSpec.of(option)));
    return inputs;
  }

  @Override
  public List<TensorSpec> outputs() {
    return Arrays.stream(TextOutput.values())
        .map(output -> new TensorSpec(output.label(), output.datatype(), output.shape(), false))
        .toList();
  }

  @Override
  public boolean decoupled() {
    return true;
  }

  @Override
  public ModelCounts counts() {
    return counts;
  }

  @Override
  public Generation infer(
      ModelInferRequest request, boolean mayStream, Caller caller, Replies replies) {
    long begun = System.nanoTime();
    TextQuery query = reader.read(request, mayStream, caller);
    try {
      GenerationReader.Checked checked = generations.read(query.request(), query.caller());
      long read = System.nanoTime() - begun;
      TextReplies sink =
          new TextReplies(query, checked.request(), writer, replies, counts, begun, read);
      return sink.cancelling(checked.submit(sink));
    } catch (ServingException e) {
      throw query.names().translate(e);
    }
  }
}
