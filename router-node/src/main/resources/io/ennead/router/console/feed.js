// The feed: server-sent events read by fetch, since an EventSource cannot send a key.

const SHORTEST_PAUSE = 1000;
const LONGEST_PAUSE = 10_000;
/** Snapshots come once a second; so much silence is the end of a connection. */
const SILENCE = 15_000;

/** Reads the events of a response, each `{event, data}`. */
export async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return;
    }
    const blocks = (rest + value).split(/\r?\n\r?\n/);
    rest = blocks.pop();
    for (const block of blocks) {
      const event = parse(block);
      if (event !== null) {
        yield event;
      }
    }
  }
}

function parse(block) {
  let event = "message";
  const data = [];
  for (const line of block.split(/\r?\n/)) {
    const [, name, value] = /^([a-z]+): ?(.*)$/.exec(line) ?? [];
    if (name === "event") {
      event = value;
    } else if (name === "data") {
      data.push(value);
    }
  }
  return data.length === 0 ? null : { event, data: data.join("\n") };
}

/**
 * Follows the feed for ever. `on` has a function for each event, and: `state(name, text)` with live,
 * connecting, lost; `refused(why)`, which promises the key to try next; `loaded()`, when a router
 * that was loading serves.
 */
export async function follow(key, on) {
  let pause = SHORTEST_PAUSE;
  let loading = false;
  for (;;) {
    const answer = await ask(key(), loading, on);
    if (answer.status === 401 || answer.status === 403) {
      await on.refused(answer.text);
      pause = SHORTEST_PAUSE;
      continue;
    }
    if (answer.status === 200 && loading) {
      on.loaded();
      return;
    }
    loading = answer.status === 503;
    pause = answer.heard ? SHORTEST_PAUSE : Math.min(LONGEST_PAUSE, pause * 1.5);
    const why = answer.text ?? "No answer from the router; trying again";
    on.state(loading ? "connecting" : "lost", why);
    await new Promise((resolve) => setTimeout(resolve, loading ? SHORTEST_PAUSE : pause));
  }
}

async function ask(key, loading, on) {
  const abort = new AbortController();
  let watchdog = setTimeout(() => abort.abort(), SILENCE);
  let heard = false;
  try {
    const response = await fetch(new URL("feed", import.meta.url), {
      headers: key === "" ? {} : { Authorization: `Bearer ${key}` },
      cache: "no-store",
      signal: abort.signal,
    });
    if (!response.ok) {
      return { status: response.status, text: (await response.text()).trim() };
    }
    if (loading) {
      return { status: 200, heard: true };
    }
    heard = true;
    on.state("live", "Live");
    for await (const { event, data } of events(response)) {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => abort.abort(), SILENCE);
      deliver(on[event], data);
    }
    return { status: 0, heard };
  } catch { // not reached, cut off, or silent for too long
    return { status: 0, heard };
  } finally {
    clearTimeout(watchdog);
    abort.abort();
  }
}

/** What goes wrong with one event is a fault of the page: it is told, and the next may do. */
function deliver(handler, data) {
  try {
    handler?.(JSON.parse(data));
  } catch (failure) {
    reportError(failure);
  }
}

/** The last minute of snapshots: rates and what was added are differences of counters. */
export class History {
  static #LENGTH = 61;
  #snapshots = [];

  add(snapshot) {
    const last = this.#snapshots.at(-1);
    if (last !== undefined && restarted(last, snapshot)) {
      this.#snapshots = [];
    }
    this.#snapshots.push(snapshot);
    if (this.#snapshots.length > History.#LENGTH) {
      this.#snapshots.shift();
    }
  }

  get latest() {
    return this.#snapshots.at(-1);
  }

  get first() {
    return this.#snapshots[0];
  }

  /** Of each snapshot, the oldest first. */
  values(value) {
    return this.#snapshots.map(value);
  }

  /** Per second over the last few snapshots; null before there are two. */
  rate(counter, over = 3) {
    const from = this.#snapshots.at(-1 - over) ?? this.#snapshots[0];
    return perSecond(from, this.latest, counter);
  }

  /** Per second between any two snapshots, the oldest first. */
  rates(counter) {
    return this.#snapshots.slice(1).map((now, i) => perSecond(this.#snapshots[i], now, counter) ?? 0);
  }
}

function restarted(before, now) {
  return (
    now.router.generated_tokens < before.router.generated_tokens ||
    Object.entries(now.rows).some(([layer, rows]) => rows.some((row, i) => row < (before.rows[layer]?.[i] ?? 0)))
  );
}

function perSecond(from, to, counter) {
  if (from === undefined || from === to) {
    return null;
  }
  const [before, now] = [counter(from), counter(to)];
  return before === undefined || now === undefined ? null : (Math.max(0, now - before) * 1000) / (to.at - from.at);
}
