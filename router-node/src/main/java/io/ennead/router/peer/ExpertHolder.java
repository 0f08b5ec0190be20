package io.ennead.router.peer;

import io.ennead.expert.architecture.ExpertId;
import io.ennead.expert.pack.PackSource;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A remote expert node that can be told which experts to hold. Safe for use by several threads. */
public interface ExpertHolder extends ExpertPeer {

  /**
   * Has the node load experts; returns when it has announced them. What it announces becomes {@link
   * #state()} with the next poll.
   *
   * @param pack that they come from; empty: the model's own
   * @throws io.ennead.errors.ServingException what the node answers, or that it does not
   */
  void load(List<ExpertId> experts, Optional<PackSource> pack, Duration deadline);

  /**
   * Has the node free experts; returns when it has.
   *
   * @throws io.ennead.errors.ServingException what the node answers, or that it does not
   */
  void unload(List<ExpertId> experts, Duration deadline);
}
