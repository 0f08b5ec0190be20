package io.ennead.router.api.kserve;

import io.ennead.v1.GenerateRequest;
import java.util.EnumSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** What a request for text says, while it is read. Used by one thread. */
final class TextDraft {
  final GenerateRequest.Builder request = GenerateRequest.newBuilder();
  final Set<TextOutput> outputs = EnumSet.noneOf(TextOutput.class);
  boolean stream;
  Optional<Boolean> excludeInput = Optional.empty();
  OptionalInt inputLength = OptionalInt.empty();

  /** Asks for an output, or says that it is not asked for. */
  void want(TextOutput output, boolean wanted) {
    if (wanted) {
      outputs.add(output);
    }
  }
}
