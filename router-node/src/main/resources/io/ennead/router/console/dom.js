// Elements, numbers and the colours of experts.

/** The colours of `ennead route`: dark text reads on each, and numbers tell experts apart. */
const COLOURS = ["#577edb", "#e67a0e", "#00bc7e", "#fbe12b", "#e74546", "#af759b", "#a4d5ff", "#cbdfc2"];
const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);
export const colour = (expert) => COLOURS[expert % COLOURS.length];

/** An HTML element; children are nodes or texts, never markup. */
export function el(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** The same in a drawing. */
export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children);
  return element;
}

/** Changes a text only when it is another, so that selections and readers are left alone. */
export function setText(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

/** A square with an expert's number on its colour. */
export function chip(expert) {
  const element = el("span", { class: "chip" }, String(expert));
  element.style.setProperty("background-color", colour(expert));
  return element;
}

/**
 * Makes the rows of a table those of some items: rows of known keys stay, so that nothing flickers.
 * `update(row, item)` fills one.
 */
export function reconcile(parent, items, key, create, update) {
  const known = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  items.forEach((item, i) => {
    const name = String(key(item, i));
    let row = known.get(name);
    if (row === undefined) {
      row = create(item);
      row.dataset.key = name;
    }
    known.delete(name);
    update(row, item);
    if (parent.children[i] !== row) {
      parent.insertBefore(row, parent.children[i] ?? null);
    }
  });
  known.forEach((row) => row.remove());
}

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export const count = (value) => whole.format(value);

export function rate(value) {
  return value === null ? "–" : value > 0 && value < 10 ? value.toFixed(1) : whole.format(value);
}

export function bytes(value) {
  if (value === undefined || value === null) {
    return "–";
  }
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, value)) / 3));
  const scaled = value / 1000 ** power;
  return `${scaled.toFixed(power > 2 && scaled < 100 ? 1 : 0)} ${units[power]}`;
}

export function micros(value) {
  if (value === undefined || value === null) {
    return "–";
  }
  return value < 1000 ? `${value} µs` : `${(value / 1000).toFixed(value < 10_000 ? 1 : 0)} ms`;
}

export function age(millis) {
  const seconds = millis / 1000;
  if (seconds < 60) {
    return `${seconds.toFixed(1)} s`;
  }
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${Math.floor(seconds % 60)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export const percent = (part, digits = 0) => `${(100 * part).toFixed(digits)}%`;
