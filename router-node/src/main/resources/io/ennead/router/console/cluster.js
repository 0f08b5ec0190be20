// The router and its expert nodes: figures, map and table.

import { byId, bytes, chip, colour, count, el, micros, percent, rate, reconcile, setText, svg } from "./dom.js";

const CENTRE = 210;
const RADIUS = 158;
const MOST_CHIPS = 8;
const MOST_DRAWN = 3;
const STATES = { ready: "ready", connecting: "connecting", lost: "lost", refused: "refused", open: "no calls", incomplete: "not ready" };

/** What is shown of a node's state: a node that answers may still get no calls. */
const shownState = (node) => (node.state === "ready" && node.open ? "open" : node.state);

const rows = (address) => (snapshot) => snapshot.nodes.find((node) => node.address === address)?.rows;
const generated = (snapshot) => snapshot.router.generated_tokens;
const prompts = (snapshot) => snapshot.router.prompt_tokens;

export function showCluster(history) {
  const { router, nodes } = history.latest;
  const rates = new Map(nodes.map((node) => [node.address, history.rate(rows(node.address))]));
  showTiles(history, router);
  showMissing(router.missing);
  drawMap(nodes, rates);
  showNodes(history, router, nodes, rates);
}

const TILES = [
  { id: "generated", name: "Generated", unit: "tokens/s" },
  { id: "prompts", name: "Prompts", unit: "tokens/s" },
  { id: "running", name: "Running", unit: "sequences" },
  { id: "waiting", name: "Waiting", unit: "" },
  { id: "kv", name: "KV cache in use", unit: "" },
  { id: "memory", name: "Router memory", unit: "" },
];

function showTiles(history, router) {
  const tiles = byId("tiles");
  if (tiles.children.length === 0) {
    tiles.append(...TILES.map(tile));
  }
  setTile("generated", rate(history.rate(generated)));
  setTile("prompts", rate(history.rate(prompts)));
  setTile("running", count(router.running));
  setTile("waiting", count(router.waiting));
  setTile("kv", percent(router.kv_usage, router.kv_usage > 0 && router.kv_usage < 0.1 ? 1 : 0));
  setTile("memory", bytes(memory(router)));
  setText(byId("waiting-unit"), router.waiting_tokens > 0 ? `${count(router.waiting_tokens)} tokens` : "");
  byId("memory-value").title = `${bytes(router.heap_bytes)} of the JVM's heap in use`;
  spark("generated", history.rates(generated));
  spark("prompts", history.rates(prompts));
  spark("running", history.values((snapshot) => snapshot.router.running));
  spark("waiting", history.values((snapshot) => snapshot.router.waiting));
  spark("kv", history.values((snapshot) => snapshot.router.kv_usage), 1);
  spark("memory", history.values((snapshot) => memory(snapshot.router)));
}

const memory = (router) => router.resident_bytes ?? router.heap_bytes;

function tile({ id, name, unit }) {
  const value = el("dd", {}, el("span", { id: `${id}-value` }, "–"), " ", el("small", { id: `${id}-unit` }, unit));
  const box = el("div", { class: "tile" }, el("dt", {}, name), value);
  const line = svg("path", { class: "spark", id: `${id}-line` });
  const area = svg("path", { class: "spark-area", id: `${id}-area` });
  box.append(svg("svg", { viewBox: "0 0 60 20", preserveAspectRatio: "none", "aria-hidden": "true" }, area, line));
  return box;
}

const setTile = (id, text) => setText(byId(`${id}-value`), text);

/** The last minute; the height is the largest value, or a fixed one. */
function spark(id, values, full) {
  const most = full ?? Math.max(1, ...values);
  const points = values.map((value, i) => `${60 - values.length + i + 1} ${(19 - (18 * value) / most).toFixed(1)}`);
  const line = points.length < 2 ? "" : `M${points.join("L")}`;
  byId(`${id}-line`).setAttribute("d", line);
  byId(`${id}-area`).setAttribute("d", line === "" ? "" : `${line}V20H${60 - values.length + 1}Z`);
}

function showMissing(missing) {
  byId("missing").hidden = missing.length === 0;
  setText(byId("missing"), missing.length === 0 ? "" : `Not ready: ${missing.join("; ")}`);
}

function drawMap(nodes, rates) {
  const map = byId("map");
  const busiest = Math.max(1, ...[...rates.values()].map((value) => value ?? 0));
  const size = Math.min(33, (Math.PI * RADIUS * 0.72) / Math.max(1, nodes.length));
  const ready = nodes.filter((node) => shownState(node) === "ready").length;
  setText(byId("map-title"), `The router and ${nodes.length} expert nodes, ${ready} of them ready`);
  if (map.querySelector(".hub") === null) {
    map.append(svg("g", { id: "spokes" }), svg("circle", { class: "hub", cx: CENTRE, cy: CENTRE, r: 46 }));
    map.append(text(CENTRE, CENTRE - 3, "strong", "router"), text(CENTRE, CENTRE + 14, "small", "", "hub-text"));
  }
  const running = byId("running-value").textContent;
  setText(byId("hub-text"), running === "0" ? "idle" : `${running} running`);
  reconcile(
    byId("spokes"),
    nodes.map((node, i) => ({ node, i })),
    ({ node }) => node.address,
    () => svg("g"),
    (group, { node, i }) => drawNode(group, node, place(i, nodes.length), size, (rates.get(node.address) ?? 0) / busiest),
  );
}

function place(i, nodes) {
  const angle = (2 * Math.PI * i) / nodes - Math.PI / 2;
  return { x: CENTRE + RADIUS * Math.cos(angle), y: CENTRE + RADIUS * Math.sin(angle), angle };
}

function text(x, y, type, words, id) {
  return svg("text", { x, y, class: type, id }, words);
}

function drawNode(group, node, { x, y, angle }, size, share) {
  const state = shownState(node);
  group.setAttribute("class", state);
  const title = `${node.name} (${node.address}): ${STATES[state]}`;
  const from = { x: CENTRE + 48 * Math.cos(angle), y: CENTRE + 48 * Math.sin(angle) };
  const to = { x: x - (size + 2) * Math.cos(angle), y: y - (size + 2) * Math.sin(angle) };
  const ends = { x1: from.x, y1: from.y, x2: to.x, y2: to.y };
  if (group.dataset.drawn !== `${x} ${y} ${size} ${node.name} ${node.experts}`) {
    group.dataset.drawn = `${x} ${y} ${size} ${node.name} ${node.experts}`;
    group.replaceChildren(
      svg("title"),
      svg("line", { ...ends, class: "link", "stroke-width": 1.5 }),
      svg("line", { ...ends, class: "flow" }),
      svg("circle", { class: "node", cx: x, cy: y, r: size }),
      ...label(node, x, y, size),
    );
  }
  setText(group.querySelector("title"), title);
  const flow = group.querySelector(".flow");
  flow.setAttribute("stroke-width", (share > 0 ? 1.5 + 6 * share : 0).toFixed(1));
  flow.setAttribute("class", share > 0 ? "flow moving" : "flow");
}

/** The node's number, and its experts as chips where there is room. */
function label(node, x, y, size) {
  const number = /(\d+)\D*$/.exec(node.name)?.[1] ?? node.name.slice(0, 4);
  const chips = node.experts;
  if (size < 24 || chips.length === 0) {
    return [text(x, y + 4, "strong", number)];
  }
  if (chips.length > MOST_DRAWN || chips.at(-1) > 99) {
    return [text(x, y - 2, "strong", number), text(x, y + 13, "small", ranges(chips).split(",")[0])];
  }
  const left = x - (chips.length * 17 - 2) / 2;
  const drawn = chips.flatMap((expert, i) => [
    svg("rect", { class: "chip", x: left + i * 17, y: y + 2, width: 15, height: 14, rx: 3, fill: colour(expert) }),
    svg("text", { class: "chip-text", x: left + i * 17 + 7.5, y: y + 12.5 }, String(expert)),
  ]);
  return [text(x, y - 4, "strong", number), ...drawn];
}

const COLUMNS = ["State", "Experts", "Round trip", "In flight", "Tokens/s", "Memory"];

function showNodes(history, router, nodes, rates) {
  const routerRow = {
    address: "router",
    name: "router",
    state: router.missing.length === 0 ? "ready" : "incomplete",
    in_flight: router.running,
    resident_bytes: memory(router),
    perSecond: history.rate(generated),
  };
  const all = [routerRow, ...nodes.map((node) => ({ ...node, perSecond: rates.get(node.address) }))];
  reconcile(byId("nodes").tBodies[0], all, (node) => node.address, nodeRow, fillNode);
}

function nodeRow() {
  const name = el("th", { scope: "row", role: "rowheader" }, el("span"), el("span", { class: "sub" }));
  const cells = COLUMNS.map((column, i) => el("td", { role: "cell", "data-label": column, class: i > 1 ? "num" : null }));
  cells[0].append(el("span"));
  return el("tr", { role: "row" }, name, ...cells);
}

function fillNode(row, node) {
  const [name, state, experts, roundTrip, inFlight, perSecond, memory] = row.children;
  const shown = shownState(node);
  setText(name.children[0], node.name);
  setText(name.children[1], node.address === "router" ? "" : node.address);
  state.children[0].className = `state ${shown}`;
  setText(state.children[0], STATES[shown]);
  state.title = node.detail ?? "";
  fillExperts(experts, node);
  setText(roundTrip, node.address === "router" ? "" : micros(node.state === "ready" ? node.round_trip_micros : null));
  setText(inFlight, count(node.in_flight));
  setText(perSecond, rate(node.perSecond ?? null));
  setText(memory, bytes(node.state === "lost" ? null : node.resident_bytes));
}

function fillExperts(cell, node) {
  const held = (node.experts ?? []).join(" ");
  if (cell.dataset.held === held) {
    return;
  }
  cell.dataset.held = held;
  const experts = node.experts ?? [];
  cell.replaceChildren(experts.length > MOST_CHIPS ? ranges(experts) : el("span", { class: "chips" }, ...experts.map(chip)));
}

/** Numbers in ascending order as "0–7, 12". */
function ranges(numbers) {
  const runs = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run !== undefined && run.to === number - 1) {
      run.to = number;
    } else {
      runs.push({ from: number, to: number });
    }
  }
  return runs.map(({ from, to }) => (from === to ? `${from}` : `${from}–${to}`)).join(", ");
}
