package io.ennead.router.generate;

import io.ennead.router.model.TextCodec;
import io.ennead.router.moe.MoeLayer;

/** A model that is being served: everything the API needs to answer for it. */
public record ServedModel(
    ModelInfo info, TextCodec codec, Generator generator, Scorer scorer, MoeLayer moe) {}
