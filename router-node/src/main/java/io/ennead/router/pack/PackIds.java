package io.ennead.router.pack;

import io.ennead.errors.ServingException;
import io.ennead.expert.pack.PackSource;
import io.ennead.router.peer.ExpertHolder;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Which ids a pack's experts may get.
 *
 * @param own experts of the model, per layer: the ids of packs lie behind these
 * @param packs that are active
 * @param nodes that may hold packs too
 */
record PackIds(int own, List<PlacedPack> packs, List<ExpertHolder> nodes) {

  /**
   * Puts a pack at the first ids that no other has and under which no node holds anything else.
   * Nodes that another router has told to load the pack hold it under ids already: then it gets
   * these.
   *
   * @throws ServingException INVALID_FIELD when there is no room for it
   */
  PlacedPack place(PlacedPack pack) {
    return first(pack, this::isHeld)
        .or(() -> first(pack, this::isFree))
        .orElseThrow(
            () ->
                ServingException.invalidField(
                    "pack",
                    pack.id(),
                    "at most %d experts of packs".formatted(PackSource.MAX_IDS)));
  }

  private Optional<PlacedPack> first(PlacedPack pack, Predicate<PlacedPack> fits) {
    return IntStream.rangeClosed(own, last(pack))
        .mapToObj(pack::at)
        .filter(this::isApart)
        .filter(fits)
        .findFirst();
  }

  private int last(PlacedPack pack) {
    return own + PackSource.MAX_IDS - pack.gate().experts();
  }

  private boolean isHeld(PlacedPack pack) {
    return pack.fingerprints().keySet().stream()
        .allMatch(id -> nodes.stream().anyMatch(node -> pack.heldBy(node, id)));
  }

  private boolean isFree(PlacedPack pack) {
    return nodes.stream()
        .flatMap(node -> node.state().experts().keySet().stream())
        .noneMatch(id -> id.expert() >= pack.first() && id.expert() < pack.gate().end());
  }

  private boolean isApart(PlacedPack pack) {
    return packs.stream()
        .noneMatch(other -> pack.first() < other.gate().end() && other.first() < pack.gate().end());
  }

  /**
   * Puts a pack at the ids that it had.
   *
   * @throws ServingException INVALID_FIELD when they are no pack's, or another's
   */
  PlacedPack placeAt(int first, PlacedPack pack) {
    PlacedPack placed = pack.at(first);
    if (first < own || first > last(pack) || !isApart(placed)) {
      throw ServingException.invalidField(
          "first_expert",
          first,
          "%d to %d, and ids that no other pack has".formatted(own, last(pack)));
    }
    return placed;
  }
}
