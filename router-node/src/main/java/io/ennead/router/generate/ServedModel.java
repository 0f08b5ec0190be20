package io.ennead.router.generate;

import io.ennead.router.model.ChatTemplate;
import io.ennead.router.model.TextCodec;
import io.ennead.router.moe.MoeLayer;
import java.util.Optional;

/**
 * A model that is being served: everything the API needs to answer for it.
 *
 * @param chat absent when the model comes without a chat template
 */
public record ServedModel(
    ModelInfo info,
    RequestPolicy policy,
    TextCodec codec,
    Optional<ChatTemplate> chat,
    Generator generator,
    Scorer scorer,
    MoeLayer moe) {}
