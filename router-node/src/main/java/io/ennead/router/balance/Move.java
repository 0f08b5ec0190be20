package io.ennead.router.balance;

import io.ennead.expert.architecture.ExpertId;
import io.ennead.router.peer.ExpertHolder;
import java.util.Optional;

/**
 * An expert that changes places.
 *
 * @param from the node that frees it; empty: a replica is added
 * @param to the node that loads it; empty: a replica is taken away
 */
public record Move(ExpertId expert, Optional<ExpertHolder> from, Optional<ExpertHolder> to) {}
