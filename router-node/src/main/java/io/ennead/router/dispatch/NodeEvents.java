package io.ennead.router.dispatch;

import io.ennead.router.peer.ExpertPeer;

/**
 * Told of what goes wrong with calls to expert nodes, and of when it is right again. Called by
 * whichever thread sees it, the generation loop's too, so it must neither block nor throw.
 */
public interface NodeEvents {
  /** For those who do not want to know. */
  NodeEvents NOBODY =
      new NodeEvents() {
        @Override
        public void failedOver(ExpertPeer from, String reason) {}

        @Override
        public void hedged(ExpertPeer slow) {}

        @Override
        public void opened(ExpertPeer node, String why) {}

        @Override
        public void closed(ExpertPeer node) {}
      };

  /**
   * What a node was to do is asked of another one; once for each call that failed.
   *
   * @param reason a word from a small set
   */
  void failedOver(ExpertPeer from, String reason);

  /** A node is slow, and another one is asked as well. */
  void hedged(ExpertPeer slow);

  /** A node gets no calls but probes from now on. */
  void opened(ExpertPeer node, String why);

  /** It gets calls again. */
  void closed(ExpertPeer node);
}
