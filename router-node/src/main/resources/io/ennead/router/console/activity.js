// Requests that run or wait, and what happened to nodes.

import { age, byId, count, el, percent, reconcile, setText } from "./dom.js";

const PHASES = { waiting: "waiting", prefill: "prompt", decode: "generating", set_aside: "waits for an expert" };
const MOST_INCIDENTS = 200;

const KINDS = {
  ready: ["good", "✓", "is ready"],
  connecting: ["", "○", "is connecting"],
  lost: ["bad", "✕", "is lost"],
  refused: ["bad", "!", "is refused"],
  left: ["", "–", "has left"],
  failover: ["warn", "↪", "was replaced for a call"],
  hedge: ["", "⇉", "was slow, another was asked too"],
  circuit_opened: ["warn", "◐", "gets no more calls"],
  circuit_closed: ["good", "●", "gets calls again"],
};

export function showRequests({ requests, all_requests: all }) {
  setText(byId("requests-count"), count(all));
  byId("requests-none").hidden = all > 0;
  byId("request-rows").hidden = all === 0;
  const seen = new Map();
  const keyed = requests.map((request) => {
    const times = seen.get(request.id) ?? 0;
    seen.set(request.id, times + 1);
    return { ...request, key: `${request.id} ${times}` };
  });
  reconcile(byId("request-rows").tBodies[0], keyed, (request) => request.key, requestRow, fillRequest);
}

function requestRow() {
  const name = el("th", { scope: "row", role: "rowheader" }, el("span", { class: "mono" }));
  const phase = el("td", { role: "cell", "data-label": "Phase" }, el("span"));
  const bar = el("i", { "aria-hidden": "true" }, el("b"));
  const tokens = el("td", { role: "cell", "data-label": "Tokens" }, el("span", { class: "progress" }, el("span"), bar));
  return el("tr", { role: "row" }, name, phase, tokens, el("td", { role: "cell", class: "num", "data-label": "Age" }));
}

function fillRequest(row, request) {
  const [name, phase, tokens, since] = row.children;
  setText(name.children[0], request.id === "" ? "a text to score" : request.id.slice(0, 8));
  name.title = request.id;
  if (request.prompt !== undefined) {
    const prompt = name.children[1] ?? name.appendChild(el("span", { class: "prompt-text" }));
    setText(prompt, request.prompt);
  }
  phase.children[0].className = `phase ${request.phase}`;
  setText(phase.children[0], PHASES[request.phase]);
  const progress = tokens.children[0];
  setText(progress.children[0], words(request));
  progress.querySelector("b").style.setProperty("width", percent(done(request), 1));
  setText(since, age(request.age_millis));
}

function words({ phase, prompt_tokens: prompt, computed_tokens: computed, generated_tokens: generated, max_tokens: max }) {
  return phase === "decode" || generated > 0
    ? `${count(prompt)} + ${count(generated)} of ${count(max)}`
    : `${count(computed)} of ${count(prompt)} of the prompt`;
}

function done({ phase, prompt_tokens: prompt, computed_tokens: computed, generated_tokens: generated, max_tokens: max }) {
  return phase === "decode" || generated > 0 ? generated / Math.max(1, max) : computed / Math.max(1, prompt);
}

const incidents = new Map();
let told = false;

/** Forgets all: a feed that begins tells everything again, and another router has other numbers. */
export function forgetIncidents() {
  incidents.clear();
  told = false;
  setText(byId("incident-news"), "");
  show();
}

/** Takes what is new; incidents that were repeated come again under their number. */
export function addIncidents(news, nodeName) {
  news.forEach((incident) => incidents.set(incident.id, incident));
  show(nodeName);
  if (told && news.length > 0) { // what was there before is no news
    const latest = news.at(-1);
    setText(byId("incident-news"), `${nodeName(latest.node)} ${KINDS[latest.kind][2]}`);
  }
  told = true;
}

function show(nodeName) {
  const newest = [...incidents.values()].sort((a, b) => b.id - a.id).slice(0, MOST_INCIDENTS);
  byId("incidents-none").hidden = newest.length > 0;
  reconcile(byId("incidents"), newest, (incident) => incident.id, incidentRow, (row, incident) => fillIncident(row, incident, nodeName));
}

function incidentRow(incident) {
  const [tone, glyph] = KINDS[incident.kind];
  const body = el("div", {}, el("p", {}, el("strong"), el("span")), el("p", { class: "why" }));
  return el("li", {}, el("time"), el("span", { class: `glyph ${tone}`, "aria-hidden": "true" }, glyph), body);
}

function fillIncident(row, incident, nodeName) {
  const [time, , body] = row.children;
  const at = new Date(incident.at);
  time.dateTime = at.toISOString();
  time.title = at.toLocaleString();
  setText(time, at.toLocaleTimeString("en-GB"));
  setText(body.children[0].children[0], nodeName(incident.node));
  const times = incident.count > 1 ? `, ${count(incident.count)} times` : "";
  setText(body.children[0].children[1], ` ${KINDS[incident.kind][2]}${times}`);
  body.children[1].hidden = incident.detail === "";
  setText(body.children[1], incident.detail);
}
