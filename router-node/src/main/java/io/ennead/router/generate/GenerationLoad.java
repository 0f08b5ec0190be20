package io.ennead.router.generate;

/**
 * How much there is to do and how much was done.
 *
 * @param running sequences in the batch
 * @param waiting for a place in it
 * @param waitingTokens of their prompts
 * @param kvUsage share of the KV cache in use, 0 to 1
 * @param promptTokens computed so far
 * @param generatedTokens so far
 */
public record GenerationLoad(
    int running,
    int waiting,
    long waitingTokens,
    double kvUsage,
    long promptTokens,
    long generatedTokens) {}
