// The playground: a generation by the OpenAI endpoint, each token on the colours of its experts.

import { byId, colour, el, percent, setText } from "./dom.js";
import { events } from "./feed.js";
import { Routes } from "./routing.js";
import { showToken, visible } from "./token.js";

let model = null;
let run = null;

/** Makes the form work; `key` gives the key of the page. */
export function openPlayground(facts, key) {
  model = facts;
  const layers = facts.moe_layers;
  byId("layer").max = layers.length - 1;
  byId("layer").value = Math.floor(layers.length / 2);
  byId("max-tokens").max = facts.context_length;
  for (const id of ["temperature", "routing-temperature"]) {
    byId(id).addEventListener("input", () => setText(byId(`${id}-value`), Number(byId(id).value).toFixed(2)));
  }
  byId("layer").addEventListener("input", recolour);
  byId("play").addEventListener("submit", (submit) => {
    submit.preventDefault();
    start(byId("play-key").value || key());
  });
  byId("stop").addEventListener("click", () => run?.abort.abort());
  byId("text").addEventListener("click", ({ target }) => choose(target.closest(".t")));
  byId("text").addEventListener("keydown", walk);
  showLayer();
}

const say = (text) => setText(byId("play-status"), text);
const layer = () => model.moe_layers[Number(byId("layer").value)];
const showLayer = () => setText(byId("layer-value"), String(layer()));

function request() {
  const seed = byId("seed").value.trim();
  return {
    model: model.name,
    prompt: byId("prompt").value,
    max_tokens: Number(byId("max-tokens").value),
    temperature: Number(byId("temperature").value),
    ...(seed === "" ? {} : { seed: Number(seed) }),
    stream: true,
    routing: { temperature: Number(byId("routing-temperature").value), mode: byId("mode").value },
    trace: { level: "TRACE_LEVEL_FULL", omit_prompt: true },
  };
}

async function start(key) {
  run?.abort.abort();
  const mine = { abort: new AbortController(), routes: new Routes(), tokens: [], chosen: null, begun: performance.now(), finish: "" };
  run = mine;
  byId("run").disabled = true;
  byId("stop").disabled = false;
  byId("result").hidden = false;
  byId("token").hidden = true;
  byId("text").replaceChildren(el("span", { class: "given" }, byId("prompt").value));
  say("Waiting for the first token");
  try {
    await stream(mine, key);
    say(summary(mine));
  } catch (failure) {
    say(failure.name === "AbortError" ? `Stopped. ${summary(mine)}` : `Failed: ${failure.message}`);
  } finally {
    if (run === mine) {
      byId("run").disabled = false;
      byId("stop").disabled = true;
      recolour();
    }
  }
}

async function stream(mine, key) {
  const address = `${location.protocol}//${location.hostname}:${model.http_port}/v1/completions`;
  const headers = { "Content-Type": "application/json", ...(key === "" ? {} : { Authorization: `Bearer ${key}` }) };
  const response = await fetch(address, { method: "POST", headers, body: JSON.stringify(request()), signal: mine.abort.signal });
  if (!response.ok) {
    throw new Error(await reason(response));
  }
  for await (const { data } of events(response)) {
    if (data === "[DONE]") {
      return;
    }
    take(mine, JSON.parse(data));
  }
}

async function reason(response) {
  const body = await response.text();
  try {
    return words(JSON.parse(body).error);
  } catch {
    return `${response.status} ${body.slice(0, 200)}`;
  }
}

const words = ({ message, param }) => (param ? `${param}: ${message}` : message);

function take(mine, chunk) {
  if (chunk.error !== undefined) {
    throw new Error(words(chunk.error));
  }
  const choice = chunk.choices?.[0];
  if (choice === undefined) {
    return;
  }
  const { token_ids: ids = [], trace } = choice.ennead ?? {};
  if (trace !== undefined) {
    mine.routes.add(trace);
    mine.tokens.forEach((token, i) => token.dataset.traced ?? paint(mine, token, i));
  }
  ids.forEach((_, i) => append(mine, i === 0 ? choice.text ?? "" : ""));
  if (ids.length === 0 && choice.text) {
    extend(mine, choice.text); // it was held back, in case it would be the beginning of a stop string
  }
  mine.finish = choice.finish_reason ?? mine.finish;
}

function append(mine, text) {
  mine.first ??= performance.now();
  const token = el("button", { type: "button", class: "t untraced", tabindex: mine.tokens.length === 0 ? "0" : "-1", "aria-pressed": "false" });
  token.dataset.text = text;
  token.dataset.number = mine.tokens.length;
  mine.tokens.push(token);
  byId("text").append(token);
  if (text.includes("\n")) {
    byId("text").append(el("br"));
  }
  paint(mine, token, mine.tokens.length - 1);
  if (mine.tokens.length % 8 === 1) {
    say(`${mine.tokens.length} tokens`);
  }
}

function extend(mine, text) {
  const last = mine.tokens.at(-1);
  if (last !== undefined) {
    last.dataset.text += text;
    paint(mine, last, mine.tokens.length - 1);
  }
}

/** Colours a token by its experts at the layer that is looked at, as wide as their weights. */
function paint(mine, token, i) {
  const routed = mine.routes.at(i, layer());
  const text = visible(token.dataset.text) || "·";
  if (routed === undefined) {
    token.className = "t untraced";
    token.replaceChildren(text);
    token.title = "No routing is known: the last token is not fed into the model.";
    return;
  }
  const ran = routed.experts.map((expert, j) => ({ expert, weight: routed.weights[j] })).filter(({ weight }) => weight > 0);
  token.dataset.traced = "";
  token.className = "t";
  token.replaceChildren(text, el("sub", {}, ran.map(({ expert }) => expert).join(" ")));
  token.style.setProperty("background-image", stripes(ran));
  token.title = ran.map(({ expert, weight }) => `Expert ${expert}: ${percent(weight)}`).join(", ");
}

function stripes(ran) {
  const sum = ran.reduce((all, { weight }) => all + weight, 0);
  let at = 0;
  const stops = ran.map(({ expert, weight }) => {
    const from = at;
    at += weight / sum;
    return `${colour(expert)} ${percent(from, 1)} ${percent(at, 1)}`;
  });
  return `linear-gradient(to right, ${stops.join(", ")})`;
}

function recolour() {
  showLayer();
  if (run === null) {
    return;
  }
  run.tokens.forEach((token, i) => paint(run, token, i));
  if (run.chosen !== null) {
    show(run.chosen);
  }
}

/** Shows a token's gate; the one that was shown before is let go. */
function choose(token) {
  if (token === null || token.classList.contains("untraced")) {
    return;
  }
  run.chosen?.setAttribute("aria-pressed", "false");
  run.chosen = token;
  token.setAttribute("aria-pressed", "true");
  rove(token);
  show(token);
}

function show(token) {
  const number = Number(token.dataset.number);
  const routed = run.routes.at(number, layer());
  if (routed !== undefined) {
    showToken(token.dataset.text, number, layer(), routed, model);
  }
}

function rove(token) {
  run.tokens.forEach((other) => other.setAttribute("tabindex", other === token ? "0" : "-1"));
}

/** Arrow keys go from token to token; Tab leaves the text. */
function walk(event) {
  const from = run?.tokens.indexOf(document.activeElement) ?? -1;
  const to = { ArrowRight: from + 1, ArrowLeft: from - 1, Home: 0, End: run?.tokens.length - 1 }[event.key];
  const token = from < 0 || to === undefined ? undefined : run.tokens[to];
  if (token !== undefined) {
    event.preventDefault();
    rove(token);
    token.focus();
  }
}

function summary({ tokens, begun, first, finish, routes }) {
  if (tokens.length === 0) {
    return "No token came.";
  }
  const seconds = (performance.now() - begun) / 1000;
  const speed = tokens.length > 1 ? `, ${(tokens.length / seconds).toFixed(0)} tokens/s` : "";
  const cut = routes.truncated ? " The trace was cut at the router's bound on its size." : "";
  return `${tokens.length} tokens${speed}, the first after ${(first - begun).toFixed(0)} ms${finish ? `, ended by ${finish}` : ""}.${cut}`;
}
