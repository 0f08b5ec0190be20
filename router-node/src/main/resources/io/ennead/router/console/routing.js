// Puts the pieces of a generation's routing trace together.

/** How the tokens of one continuation were routed, by their number among those generated. */
export class Routes {
  #first = null;
  #tokens = [];
  truncated = false;

  /** Takes a RoutingTrace as proto3 JSON; columns are [tokens, experts] and [tokens, k]. */
  add(trace) {
    this.truncated ||= trace.truncated === true;
    const tokens = trace.tokens ?? 0;
    if (tokens === 0 || trace.layers === undefined) {
      return;
    }
    const first = trace.first_position ?? 0;
    this.#first ??= first; // the prompt is left out of the trace
    for (let token = 0; token < tokens; token++) {
      const layers = trace.layers.map((layer) => [layer.layer ?? 0, one(layer, token, tokens, trace.nodes ?? [])]);
      this.#tokens[first - this.#first + token] = new Map(layers);
    }
  }

  /** Of a token at a layer; undefined when it is not known (yet). */
  at(token, layer) {
    return this.#tokens[token]?.get(layer);
  }
}

function one(layer, token, tokens, nodes) {
  const k = layer.experts_per_token ?? 0;
  const cut = (column, width) => (column ?? []).slice(token * width, (token + 1) * width);
  const logits = numbers(cut(layer.logits, (layer.logits ?? []).length / tokens));
  return {
    logits,
    experts: cut(layer.expert_ids, k),
    weights: numbers(cut(layer.weights, k)),
    shares: numbers(cut(layer.shares, k)),
    nodes: cut(layer.node, k).map((index) => nodes[index - 1] ?? ""),
  };
}

/** proto3 JSON writes what is no finite number as text. */
const numbers = (values) => values.map(Number);
