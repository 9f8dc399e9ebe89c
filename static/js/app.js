// Sets htmx up and brings the page's islands to life.
//
// An island is an element with data-island="name"; static/js/name.js exports `default function (element)`,
// called once for each such element, also after htmx has swapped it in. The page works without it.
const htmx = window.htmx;
const version = new URL(import.meta.url).search;

if (htmx) {
  Object.assign(htmx.config, {
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
      { code: "[45]..", swap: true, error: true },
    ],
  });
}

const alive = new WeakSet();

function wake(root) {
  const islands = root.matches && root.matches("[data-island]") ? [root] : [];
  for (const element of [...islands, ...root.querySelectorAll("[data-island]")]) {
    if (alive.has(element)) continue;
    alive.add(element);
    for (const name of element.dataset.island.split(" ")) {
      import(`./${name}.js${version}`).then((island) => island.default(element));
    }
  }
  const focus = root.matches && root.matches("[data-focus]") ? root : root.querySelector("[data-focus]");
  if (focus) focus.focus();
}

wake(document);
document.addEventListener("htmx:load", (event) => wake(event.detail.elt));

// A failed request under htmx says so in the page and keeps everything that was typed.
function lost(event) {
  const main = document.getElementById("main");
  let note = document.getElementById("lost");
  if (!note) {
    note = document.createElement("p");
    note.id = "lost";
    note.className = "note bad";
    note.setAttribute("role", "alert");
    main.prepend(note);
  }
  note.textContent = document.documentElement.lang === "en"
    ? "The line is down. Nothing you typed is lost: please try again in a moment."
    : "网络不通。您填写的内容没有丢失，请稍后再试一次。";
  if (event.detail.elt) event.detail.elt.removeAttribute("aria-busy");
}
document.addEventListener("htmx:sendError", lost);
document.addEventListener("htmx:timeout", lost);
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) {
    const note = document.getElementById("lost");
    if (note) note.remove();
  }
});

// A part that asks by itself may be led on twice (a poll and a nudge at once); the second time would swap the page
// under somebody's hands and lose the file just chosen. Forms are what people press: they always count.
const LED_ON_MILLISECONDS = 5000;
let led = { to: "", at: 0 };
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const to = event.detail.xhr.getResponseHeader("HX-Location");
  if (!to || event.detail.elt.closest("form")) return;
  const again = to === led.to && Date.now() - led.at < LED_ON_MILLISECONDS;
  if (again || !event.detail.elt.isConnected) event.preventDefault();
  else led = { to, at: Date.now() };
});
