// How a layer's tokens are divided among its experts.

import { byId, el, setText } from "./dom.js";

const MOST_NUMBERED = 16;
let cells = new Map();

/** Draws the grid once: a row for each layer, a column for each expert. */
export function openHeat(model) {
  const many = model.experts > MOST_NUMBERED;
  const table = byId("heat");
  table.className = many ? "heat many" : "heat";
  const every = many ? 16 : 1;
  table.style.setProperty("min-width", many ? `${5 * model.experts}px` : "0");
  const heads = numbers(model.experts).map((expert) =>
    el("th", { scope: "col", "aria-label": `Expert ${expert}` }, expert % every === 0 ? String(expert) : ""),
  );
  table.tHead.replaceChildren(el("tr", {}, el("th", { scope: "col" }, "Layer"), ...heads));
  cells = new Map(model.moe_layers.map((layer) => [layer, numbers(model.experts).map(() => el("td"))]));
  const lines = model.moe_layers.map((layer) => el("tr", {}, el("th", { scope: "row" }, String(layer)), ...cells.get(layer)));
  table.tBodies[0].replaceChildren(...lines);
  for (const input of document.querySelectorAll("input[name=span]")) {
    input.addEventListener("change", () => document.dispatchEvent(new Event("span")));
  }
}

const numbers = (n) => [...Array(n).keys()];

/** Shows shares: of the snapshots at hand, a minute at most, or of everything counted. */
export function showHeat(history) {
  const all = document.querySelector("input[name=span]:checked").value === "all";
  const before = all || history.first === history.latest ? {} : history.first.rows;
  let tokens = 0;
  for (const [layer, row] of cells) {
    const now = history.latest.rows[layer] ?? [];
    const added = row.map((_, expert) => (now[expert] ?? 0) - (before[layer]?.[expert] ?? 0));
    const sum = added.reduce((a, b) => a + b, 0);
    tokens = Math.max(tokens, sum);
    row.forEach((cell, expert) => fill(cell, expert, sum === 0 ? null : added[expert] / sum, row.length));
  }
  setText(byId("heat-note"), note(all, tokens));
}

function note(all, tokens) {
  const what = "Share of a layer's tokens that each expert computed, in per cent";
  if (tokens === 0) {
    return all ? `${what}. Nothing has been computed yet.` : `${what}. Nothing was computed in the last minute.`;
  }
  return `${what}. Of ${tokens.toLocaleString("en")} per layer, ${all ? "since the start or the last balancing" : "in the last minute"}.`;
}

/** Full colour: twice an even share, or more. */
function fill(cell, expert, share, experts) {
  const part = share === null ? 0 : Math.min(1, (share * experts) / 2);
  cell.style.setProperty("--part", part.toFixed(3));
  const text = share === null ? "" : (100 * share).toFixed(share < 0.0995 ? 1 : 0);
  if (experts <= MOST_NUMBERED) {
    setText(cell, text);
  } else {
    cell.title = share === null ? "" : `Expert ${expert}: ${text}%`;
  }
}
