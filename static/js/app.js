// Sets htmx up and brings the page's islands to life.
//
// An island is an element with data-island="name"; static/js/name.js exports `default function (element)`,
// called once for each such element, also after htmx has swapped it in. The page works without it.
const htmx = window.htmx;
const version = new URL(import.meta.url).search;

// What has not answered by then is given up and may be tried again: a line can hang without breaking.
const PATIENCE_MILLISECONDS = 60000;

if (htmx) {
  Object.assign(htmx.config, {
    timeout: PATIENCE_MILLISECONDS,
    allowEval: false,
    allowScriptTags: false,
    selfRequestsOnly: true,
    includeIndicatorStyles: false,
    historyCacheSize: 0,
    refreshOnHistoryMiss: false,
    defaultSettleDelay: 0,
    attributesToSettle: ["class"], // copying style attributes is against our content policy
    responseHandling: [
      { code: "204", swap: false },
      { code: "[23]..", swap: true },
      { code: "422", swap: true },
      { code: "429|5..", swap: false, error: true }, // said by `lost` below: what was typed stays on the page
      { code: "[45]..", swap: true, error: true },
    ],
  });
}

const alive = new WeakSet();

// What says data-hx is asked for by htmx at the address it has anyway: a form once at a time, a link with its address in
// the browser's line. Written here and not in the pages: that would be every address twice.
function equip(root) {
  for (const element of root.querySelectorAll("[data-hx]")) {
    const isForm = element.matches("form");
    const address = element.getAttribute(isForm ? "action" : "href").split("#")[0];
    element.setAttribute(isForm ? "hx-post" : "hx-get", address);
    element.setAttribute(isForm ? "hx-sync" : "hx-push-url", isForm ? "this:drop" : "true");
    element.removeAttribute("data-hx");
    if (htmx) htmx.process(element);
  }
}

// <p data-needs="script" hidden>, <p data-needs="camera" hidden>: shown where that is there.
const has = { script: true, camera: Boolean(navigator.mediaDevices && navigator.mediaDevices.getUserMedia) };
function uncover(root) {
  for (const part of root.querySelectorAll("[data-needs]")) part.hidden = !has[part.dataset.needs];
}

function wake(root) {
  equip(root.parentNode || root);
  uncover(root.parentNode || root);
  const islands = root.matches && root.matches("[data-island]") ? [root] : [];
  for (const element of [...islands, ...root.querySelectorAll("[data-island]")]) {
    if (alive.has(element)) continue;
    alive.add(element);
    for (const name of element.dataset.island.split(" ")) {
      import(`./${name}.js${version}`).then((island) => island.default(element), plainly);
    }
  }
  const focus = root.matches && root.matches("[data-focus]") ? root : root.querySelector("[data-focus]");
  if (focus) focus.focus();
}

// An island that this browser cannot read, or that did not arrive: what the page says without scripts is shown.
function plainly() {
  document.head.append(Object.assign(document.createElement("script"), { src: new URL(`plain.js${version}`, import.meta.url) }));
}

import(`./attention.js${version}`).then((attention) => attention.default());
wake(document);
document.addEventListener("htmx:load", (event) => wake(event.detail.elt));

// A request that failed says so where it was made, offers to try again, and keeps everything that was typed.
// These words must be here, not on the server: there may be no line to fetch them over.
const [DOWN, AGAIN, BUSY] = document.documentElement.lang === "en"
  ? ["The line is down. Nothing you typed is lost.", "Try again", "Working"]
  : ["网络不通。您填写的内容没有丢失。", "再试一次", "正在处理"];
let note = null;

function lost({ detail }) {
  const { elt, xhr } = detail;
  const asked = elt.matches("form, a, button");
  if (note && note.isConnected && !asked) return; // a part that polls need not say it every time
  if (note) note.remove();
  note = document.createElement("div");
  note.className = "note bad";
  note.owner = elt;
  note.setAttribute("role", "alert");
  const said = new DOMParser().parseFromString(xhr.responseText, "text/html");
  const page = said.querySelector(".note p");
  note.append(Object.assign(document.createElement("p"), { textContent: page ? page.textContent : DOWN }));
  const way = isRefused(detail) && said.querySelector(".acts a");
  if (way) note.append(way);
  else if (asked) note.append(againButton(elt, detail.requestConfig.triggeringEvent));
  if (elt.matches("form")) elt.append(note);
  else document.getElementById("main").prepend(note);
  note.scrollIntoView({ block: "nearest" });
  elt.removeAttribute("aria-busy");
}

function againButton(elt, event) {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: AGAIN });
  button.addEventListener("click", () => {
    const pressed = (event && event.submitter) || elt.querySelector("button:not([type=button])") || elt;
    pressed.click();
  });
  return button;
}

// The server's page for an error that trying again does not mend, in answer to a form: the form stays, and so does what
// was typed; the way on is a link.
function isRefused({ xhr, requestConfig }) {
  const { status } = xhr;
  return status >= 400 && status < 500 && status !== 429 && requestConfig.verb !== "get" && Boolean(xhr.getResponseHeader("HX-Retarget"));
}

for (const name of ["sendError", "timeout", "responseError"]) {
  document.addEventListener(`htmx:${name}`, (event) => {
    const { status } = event.detail.xhr;
    if (status === 0 || status === 429 || status >= 500 || isRefused(event.detail)) lost(event);
  });
}
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (isRefused(detail)) detail.shouldSwap = false;
});
// A file takes as long as its line needs.
document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (Array.from(detail.formData.values()).some((value) => value.size)) detail.timeout = 0;
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (note && detail.successful && (detail.elt === note.owner || !note.owner.isConnected || !note.querySelector("button"))) {
    note.remove();
  }
});

// What takes longer than a moment says so, by a bar in the form that was sent.
const SLOW_MILLISECONDS = 700;
document.addEventListener("htmx:beforeSend", ({ detail: { elt } }) => {
  if (!elt.matches("form")) return;
  const bar = document.createElement("progress");
  bar.setAttribute("aria-label", BUSY);
  const timer = setTimeout(() => elt.append(bar), SLOW_MILLISECONDS);
  const over = () => {
    clearTimeout(timer);
    bar.remove();
  };
  elt.addEventListener("htmx:afterRequest", over, { once: true });
});

// A part that asks by itself may lead on where a form or a nudge has led already; the second time would swap the page
// under somebody's hands and lose what was just typed or chosen. Forms are what people press: they always count.
const LED_ON_MILLISECONDS = 5000;
let led = { to: "", at: 0 };
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const to = event.detail.xhr.getResponseHeader("HX-Location");
  if (!to) return;
  const isPressed = event.detail.elt.closest("form");
  const again = to === led.to && Date.now() - led.at < LED_ON_MILLISECONDS;
  if (!isPressed && (again || !event.detail.elt.isConnected)) event.preventDefault();
  else led = { to, at: Date.now() };
});
