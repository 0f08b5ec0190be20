// What a gate makes of its logits: the formulas of the router, for one token.

const argmax = (values) => values.reduce((best, value, i) => (value > values[best] ? i : best), 0);

/** Logits after the soft cap c tanh(l / c), where there is one. */
export function capped(logits, softCap) {
  return softCap === undefined || softCap === null ? logits : logits.map((l) => softCap * Math.tanh(l / softCap));
}

/** Probabilities at a temperature; they sum to 1. Sigmoid gates: sigmoid(l / T) over their sum. */
export function probabilities(logits, temperature, score) {
  if (temperature === 0) {
    const best = argmax(logits);
    return logits.map((_, i) => (i === best ? 1 : 0));
  }
  if (score === "sigmoid") {
    return normalised(logits.map((l) => 1 / (1 + Math.exp(-l / temperature))));
  }
  const scaled = logits.map((l) => l / temperature);
  const most = Math.max(...scaled);
  return normalised(scaled.map((l) => Math.exp(l - most)));
}

/** The weights of the k best at T = 1, which share everything; the others have nothing. */
export function topK(logits, k, score) {
  const all = probabilities(logits, 1, score);
  const order = [...all.keys()].sort((a, b) => all[b] - all[a] || a - b).slice(0, k);
  return normalised(all.map((p, i) => (order.includes(i) ? p : 0)));
}

function normalised(values) {
  const sum = values.reduce((a, b) => a + b, 0);
  return values.map((value) => value / sum);
}

/** In nats. */
export function entropy(distribution) {
  return distribution.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0);
}
