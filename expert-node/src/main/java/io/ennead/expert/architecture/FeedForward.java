package io.ennead.expert.architecture;

/** What follows attention in a layer. */
public sealed interface FeedForward permits GatedFfn, MixtureOfExperts {}
