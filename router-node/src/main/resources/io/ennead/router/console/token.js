// One token: whom its gate could have chosen, in four ways.

import { byId, chip, colour, el, percent, svg } from "./dom.js";
import { capped, entropy, probabilities, topK } from "./gate.js";

const SHARPENED = 0.5;
const SOFTENED = 2;
const MOST_NUMBERED = 16;

/** The four distributions of a token at a layer, each summing to 1. */
export function four(logits, model) {
  const effective = capped(logits, model.soft_cap);
  const at = (temperature) => probabilities(effective, temperature, model.score);
  const k = model.experts_per_token;
  return [
    { name: "Top-k", words: `the ${k} best share everything`, values: topK(effective, k, model.score) },
    { name: "T = 1", words: "as the model was trained", values: at(1) },
    { name: `T = ${SHARPENED}`, words: "sharpened: more decisive", values: at(SHARPENED) },
    { name: `T = ${SOFTENED}`, words: "softened: more exploratory", values: at(SOFTENED) },
  ];
}

/**
 * Shows a token.
 *
 * `routed` is what its layer did: logits, experts, weights, shares, and nodes.
 */
export function showToken(text, number, layer, routed, model) {
  const panel = byId("token");
  const title = el("h3", { id: "token-title" }, `Token ${number}, “${visible(text)}”, at layer ${layer}`);
  const columns = four(routed.logits, model);
  const most = Math.max(...columns.flatMap((column) => column.values));
  const charts = columns.map((column) => chart(column, most, new Set(routed.experts)));
  panel.replaceChildren(title, chosen(routed), el("div", { class: "four" }, ...charts), numbers(columns));
  panel.hidden = false;
}

export const visible = (text) => text.replaceAll("\n", "⏎").replaceAll("\t", "⇥");

function chosen({ experts, weights, shares, nodes }) {
  const line = el("p", { class: "hint" }, "Computed by ");
  experts.forEach((expert, i) => {
    if (weights[i] > 0) {
      const share = shares[i] === undefined ? "" : `, ${percent(shares[i])} of the output`;
      const node = nodes[i] === "" ? "" : `, on ${nodes[i]}`;
      line.append(i > 0 ? "; " : "", chip(expert), ` weight ${weights[i].toFixed(3)}${share}${node}`);
    }
  });
  line.append(". Experts with an outline ran.");
  return line;
}

const WIDTH = 240;
const HEIGHT = 130;
const BASE = 112;
const TOP = 14;

function chart({ name, words, values }, most, ran) {
  const step = WIDTH / values.length;
  const numbered = values.length <= MOST_NUMBERED;
  const bars = values.flatMap((value, expert) => {
    const height = ((BASE - TOP) * value) / most;
    const bar = svg("rect", {
      x: expert * step + (numbered ? 2 : 0), y: BASE - height, width: Math.max(0.5, step - (numbered ? 4 : 0.3)), height, rx: numbered ? 2 : 0,
      fill: numbered ? colour(expert) : null,
      class: `${numbered ? "" : "thin"} ${ran.has(expert) ? "chosen" : ""}`.trim(),
    }, svg("title", {}, `Expert ${expert}: ${percent(value, 1)}`));
    if (!numbered) {
      return [bar];
    }
    const middle = (expert + 0.5) * step;
    const label = value >= 0.005 ? [svg("text", { x: middle, y: BASE - height - 4 }, (100 * value).toFixed(0))] : [];
    return [bar, ...label, svg("text", { x: middle, y: HEIGHT - 3, class: "soft" }, String(expert))];
  });
  const best = values.indexOf(Math.max(...values));
  const summary = `${name}: expert ${best} has ${percent(values[best])}; entropy ${entropy(values).toFixed(2)} nats`;
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": summary },
    svg("line", { class: "axis", x1: 0, x2: WIDTH, y1: BASE, y2: BASE }), ...bars);
  const caption = el("figcaption", {}, name, el("span", {}, `${words}; ${entropy(values).toFixed(2)} nats`));
  return el("figure", { class: "distribution" }, caption, picture);
}

function numbers(columns) {
  const head = el("tr", {}, el("th", { scope: "col" }, "Expert"), ...columns.map(({ name }) => el("th", { scope: "col", class: "num" }, name)));
  const rows = columns[0].values.map((_, expert) =>
    el("tr", {}, el("th", { scope: "row" }, String(expert)), ...columns.map(({ values }) => el("td", { class: "num" }, values[expert].toFixed(4)))),
  );
  const sums = columns.map(({ values }) => el("td", { class: "num" }, values.reduce((a, b) => a + b, 0).toFixed(4)));
  const table = el("table", { id: "distributions" }, el("caption", { class: "hidden" }, "The four distributions"),
    el("thead", {}, head), el("tbody", {}, ...rows), el("tfoot", {}, el("tr", {}, el("th", { scope: "row" }, "Sum"), ...sums)));
  return el("details", {}, el("summary", {}, "The numbers"), el("div", { class: "scroll" }, table));
}
