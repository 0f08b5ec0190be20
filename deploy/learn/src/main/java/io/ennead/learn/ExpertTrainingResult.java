package io.ennead.learn;

import io.ennead.expert.pack.PackManifest;
import io.ennead.learn.train.Validation;

/**
 * What came out.
 *
 * @param pack as written
 * @param parameters that were trained
 * @param before validation text by the model alone
 * @param after validation text with the pack
 */
public record ExpertTrainingResult(
    PackManifest pack, long parameters, Validation before, Validation after) {}
