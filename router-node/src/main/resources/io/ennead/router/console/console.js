// The console: follows the feed and shows it. Everything from the router goes in as text.

import { addIncidents, forgetIncidents, showRequests } from "./activity.js";
import { showCluster } from "./cluster.js";
import { byId, setText } from "./dom.js";
import { follow, History } from "./feed.js";
import { openHeat, showHeat } from "./heat.js";
import { openPlayground } from "./playground.js";

const KEY = "ennead-key";
const history = new History();
const names = new Map();
let fingerprint = null;

const key = () => sessionStorage.getItem(KEY) ?? "";
const nodeName = (address) => names.get(address) ?? address;

follow(key, {
  state(name, text) {
    byId("live").dataset.state = name;
    setText(byId("live-text"), text);
  },
  model(facts) {
    forgetIncidents();
    if (fingerprint === null) {
      fingerprint = facts.fingerprint + facts.http_port;
      describe(facts);
      openHeat(facts);
      openPlayground(facts, key);
    } else if (fingerprint !== facts.fingerprint + facts.http_port) {
      location.reload(); // another router answers here now
    }
  },
  snapshot(snapshot) {
    snapshot.nodes.forEach((node) => names.set(node.address, node.name));
    history.add(snapshot);
    showCluster(history);
    showHeat(history);
    showRequests(snapshot);
  },
  timeline: (news) => addIncidents(news, nodeName),
  refused,
  loaded: () => location.reload(), // it says now where the playground may ask
});

document.addEventListener("span", () => history.latest && showHeat(history));

function describe({ name, family, dtype, layers, experts, experts_per_token: k }) {
  setText(byId("model"), `${name} (${family}, ${dtype}): ${layers} layers, ${experts} experts, ${k} per token`);
  document.title = `${name} – Ennead console`;
}

/** Asks for a key, and resolves when there is one to try. */
function refused(why) {
  const form = byId("key-form");
  const first = form.hidden && key() === "";
  form.hidden = false;
  setText(byId("key-why"), first ? "" : why);
  byId("key-why").hidden = first;
  byId("live").dataset.state = "lost";
  setText(byId("live-text"), "A key is needed");
  byId("key").focus();
  return new Promise((resolve) => {
    form.addEventListener("submit", (submit) => {
      submit.preventDefault();
      sessionStorage.setItem(KEY, byId("key").value);
      byId("key").value = "";
      form.hidden = true;
      resolve();
    }, { once: true });
  });
}
