// Runs static/js/live.js with a pretended page, network and clock: reads what happens, prints what the client did.
import { readFileSync } from "node:fs";

const [source, namespace, looks] = process.argv.slice(2);
const steps = JSON.parse(readFileSync(0, "utf8"));
const did = [];
const timers = new Map();
const listeners = new Map();
const sockets = [];
let now = 0;
let last = 0;

class Line {
  constructor(address) {
    did.push(`opens after ${now}`);
    this.address = address;
    sockets.push(this);
  }

  send(text) {
    did.push(`says ${text}`);
  }

  close() {
    if (this.closed) return;
    did.push(`closes after ${now}`);
    this.cut();
  }

  cut() {
    this.closed = true;
    this.onclose();
  }
}

const page = { isConnected: true, dataset: { ...(namespace && { namespace }), ...(looks && { look: "" }) } };
Object.assign(globalThis, {
  WebSocket: Line,
  location: { protocol: "https:", host: "example.cn" },
  window: { htmx: { trigger: (_element, name) => did.push(`looks: ${name}`) } },
  document: {
    body: {},
    documentElement: { dataset: {} },
    dispatchEvent: ({ detail: { name, message } }) => did.push(`tells ${JSON.stringify([name, message])}`),
    addEventListener: (name, hear) => listeners.set(name, hear),
  },
  setTimeout: (run, after) => {
    last += 1;
    timers.set(last, { run, at: now + (after || 0) });
    return last;
  },
  clearTimeout: (timer) => timers.delete(timer),
});
Math.random = () => 0.5; // the middle of the spread: exactly the wait itself

function pass(milliseconds) {
  const end = now + milliseconds;
  for (;;) {
    const due = [...timers].filter(([, timer]) => timer.at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
    if (!due) break;
    timers.delete(due[0]);
    now = due[1].at;
    due[1].run();
  }
  now = end;
}

const happens = {
  hears: (text) => sockets[sockets.length - 1].onmessage({ data: text }),
  cut: () => sockets[sockets.length - 1].cut(),
  pass,
  asks: (name) => listeners.get("live:say")({ detail: { name } }),
  leaves: () => {
    page.isConnected = false;
  },
};

const module = `data:text/javascript,${encodeURIComponent(readFileSync(source, "utf8"))}`;
(await import(module)).default(page);
for (const [what, value] of steps) happens[what](value);
console.log(JSON.stringify({ did, live: "live" in document.documentElement.dataset, address: sockets[0].address }));
