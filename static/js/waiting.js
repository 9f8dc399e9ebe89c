// Keeps one's place in the waiting room from the news of the room: who left the row, who came in before others.
// The page asks by itself every five seconds; while the line is up that is called off, but for once a minute.
import { audio, tones } from "./sound.js";

const LOOK_EVERY = 45000;
const RULER = 5;
const SPREAD = 0.25;
const ASK_AT_MOST_AFTER = 3000;
const REST = 1000;

let chimed = "";

export default function waiting(element) {
  const page = element.dataset;
  const near = Number(page.near);
  const began = Date.now();
  let at = { s: Number(page.s), k: Number(page.k), a: Number(page.a), n: Number(page.n), w: Number(page.w), t: Number(page.t), p: Number(page.p) };
  let asking = 0;
  let looking = 0;

  const look = () => window.htmx && window.htmx.trigger(element, "look");
  const ask = () => document.dispatchEvent(new CustomEvent("live:say", { detail: { name: "room" } }));

  // When a thousand pages missed the same message they do not all ask at the same moment.
  function askSoon() {
    clearTimeout(asking);
    asking = setTimeout(ask, soon());
  }

  function lookSoon() {
    clearTimeout(looking);
    looking = setTimeout(look, soon());
  }

  const soon = () => Math.random() * Math.min(ASK_AT_MOST_AFTER, at.n * 2) + 50;

  function hear({ detail: { name, message } }) {
    if (!element.isConnected) return document.removeEventListener("live", hear);
    if (name === "open") return ask();
    if (name === "place") return show({ ...message });
    if (name === "r") return show(after(at, message));
    return undefined;
  }

  // One's place after the news; before `s` has come to ours the news are older than what is known.
  function after(old, { s, g = [], b = [], n, w, t, p = 0 }) {
    const now = { ...old, n, w, t, p };
    if (s <= old.s) return now;
    const missed = old.s + g.length + b.length !== s;
    const unclear = old.k === 0 && [...g, ...b].includes(0);
    if (missed || unclear) {
      askSoon();
      return now;
    }
    now.s = s;
    now.a += b.filter((token) => token < old.k).length - g.filter((token) => token < old.k).length;
    return now;
  }

  function show(now) {
    const moved = now.a !== at.a;
    const other = !now.w !== !at.w || !now.p !== !at.p;
    at = now;
    // The first few see their ruler and their words change: the server writes those. What all have to look at
    // they do not all ask for at the same moment.
    if (other) return lookSoon();
    if (moved && at.a <= RULER) return look();
    write("at", at.a + 1);
    write("ahead", at.a);
    write("total", at.n);
    write("witnesses", at.w);
    write("typical", length(at.t));
    if (at.w) {
      const minutes = ((at.a + 1) * at.t) / at.w / 60;
      const low = Math.floor(minutes * (1 - SPREAD));
      write("low", low);
      write("high", Math.max(low + 1, Math.ceil(minutes * (1 + SPREAD))));
    }
    return undefined;
  }

  function write(name, text) {
    for (const place of element.querySelectorAll(`[data-${name}]`)) {
      if (place.textContent !== String(text)) place.textContent = text;
    }
  }

  const length = (seconds) => page.length.replace("{m}", Math.floor(seconds / 60)).replace("{s}", Math.floor(seconds % 60));

  // The scripts of the call are fetched before it rings, once this page has what it needs itself.
  function fetchCall() {
    for (const script of [`./call.js${new URL(import.meta.url).search}`, page.client]) {
      import(script).catch(() => {}); // the call's own page tries again
    }
  }

  function nearlyThere() {
    if (at.a >= near || chimed === page.ticket) return;
    chimed = page.ticket;
    setTimeout(fetchCall, REST);
    tones(audio(), [660, 880]);
  }

  const second = setInterval(() => {
    if (!element.isConnected) return clearInterval(second);
    write("waited", length(Number(page.waited) + (Date.now() - began) / 1000));
    document.title = `${at.a + 1} · ${page.title}`;
    return nearlyThere();
  }, 1000);

  element.addEventListener("htmx:beforeRequest", (event) => {
    const polls = event.target === element && !event.detail.requestConfig.triggeringEvent;
    if (polls && "live" in document.documentElement.dataset && Date.now() - began < LOOK_EVERY) event.preventDefault();
  });
  document.addEventListener("live", hear);
  nearlyThere();
  ask();
}
