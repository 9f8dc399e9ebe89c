// Runs static/js/waiting.js on a pretended page: reads what the page was given and what it hears, prints what it did.
import { readFileSync } from "node:fs";

const [source] = process.argv.slice(2);
const { page, heard } = JSON.parse(readFileSync(0, "utf8"));
const did = [];
const shown = {};
const listeners = new Map();
const timers = new Map();

const place = (name) => ({
  get textContent() {
    return shown[name];
  },
  set textContent(text) {
    shown[name] = text;
  },
});
const element = {
  isConnected: true,
  dataset: { length: "{m}:{s}", title: "", near: "0", waited: "0", ticket: "B001", ...page },
  querySelectorAll: (selector) => [place(selector.slice("[data-".length, -1))],
  addEventListener: () => {},
};
Object.assign(globalThis, {
  window: { htmx: { trigger: (_element, name) => did.push(name) } },
  document: {
    documentElement: { dataset: {} },
    dispatchEvent: ({ detail: { name } }) => did.push(`asks: ${name}`),
    addEventListener: (name, hear) => listeners.set(name, hear),
  },
  setInterval: () => 0,
  setTimeout: (run, after) => timers.set(timers.size + 1, { run, after }).size,
  clearTimeout: (timer) => timers.delete(timer),
});

const code = readFileSync(source, "utf8").replace(/^import .*$/m, "const audio = () => {}, tones = () => {};");
(await import(`data:text/javascript,${encodeURIComponent(code)}`)).default(element);
did.length = 0; // it asks once at first
for (const [name, message] of heard) listeners.get("live")({ detail: { name, message } });
const waits = [...timers.values()].map(({ after }) => after);
for (const { run } of [...timers.values()]) run();
process.stdout.write(JSON.stringify({ did, shown, waits }));
