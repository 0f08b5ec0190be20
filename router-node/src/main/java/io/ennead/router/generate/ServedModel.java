package io.ennead.router.generate;

import io.ennead.router.model.ChatTemplate;
import io.ennead.router.model.TextCodec;
import io.ennead.router.moe.MoeLayer;
import io.ennead.router.profile.Profiles;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A model that is being served: everything the API needs to answer for it.
 *
 * @param chat absent when the model comes without a chat template
 * @param profiles that requests may pick now
 */
public record ServedModel(
    ModelInfo info,
    RequestPolicy policy,
    TextCodec codec,
    Optional<ChatTemplate> chat,
    Generator generator,
    Scorer scorer,
    MoeLayer moe,
    Supplier<Profiles> profiles) {

  /** A model without routing profiles. */
  public ServedModel(
      ModelInfo info,
      RequestPolicy policy,
      TextCodec codec,
      Optional<ChatTemplate> chat,
      Generator generator,
      Scorer scorer,
      MoeLayer moe) {
    this(info, policy, codec, chat, generator, scorer, moe, () -> Profiles.NONE);
  }
}
