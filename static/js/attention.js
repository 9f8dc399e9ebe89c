// Where somebody is, and what they hear, when a part of the page is swapped. Loaded once by app.js.
//
// <p data-heard>      said when its words have changed since the last look: no live region, because what looks again by
//                     itself would be read out every time. The nearest id is its name.
// <dialog open>       takes the focus when it appears, and gives it back; what is behind it is inert.
const BETWEEN_WORDS_MILLISECONDS = 8000;

const polls = (element) => /every/.test(element.getAttribute("hx-trigger"));
const isNowhere = () => !document.activeElement || document.activeElement === document.body;
const theDialog = () => Array.from(document.querySelectorAll("dialog[open]")).pop(); // the warning stands behind the page's own
const heading = () => document.querySelector("#main h1");
const nameOf = (dialog) => (dialog ? dialog.getAttribute("aria-labelledby") : "");
const wordsOf = (element) => (element ? element.textContent : "");

function focusOn(element) {
  if (!element) return;
  if (!element.matches("a, button, input, select, textarea, summary, [tabindex]")) element.tabIndex = -1;
  element.focus({ preventScroll: true });
}

// -- what has not changed is not swapped in ---------------------------------------------------------------------------

const answers = new WeakMap(); // the part that looks again → the answer it came in, without tokens that always differ
let answer = "";

// -- where the focus is -----------------------------------------------------------------------------------------------

let was = {};
let opener = null; // where the focus was when the dialog came

function remember() {
  const at = document.activeElement;
  const part = at && at.closest("[id]");
  was = { at, tag: at && at.tagName, words: wordsOf(at), part: part && part.id, nowhere: isNowhere(), heading: wordsOf(heading()), dialog: nameOf(theDialog()) };
}

// What stands now where the focus was: the same control, else its part if that takes the focus.
function successor(isAnotherStep) {
  const part = was.part && document.getElementById(was.part);
  if (!part || (isAnotherStep && part.id === "main")) return null;
  const same = Array.from(part.querySelectorAll(was.tag)).find((one) => one.textContent === was.words);
  return same || (part.matches("[tabindex]") ? part : null);
}

function attendTo(dialog) {
  const main = document.getElementById("main");
  for (const part of [...document.body.children, ...main.children]) {
    if (!part.matches(".heard, script")) part.inert = Boolean(dialog) && !part.contains(dialog);
  }
  if (dialog && nameOf(dialog) !== was.dialog) {
    opener = was.at;
    if (!dialog.contains(document.activeElement)) focusOn(dialog);
  } else if (!dialog && was.dialog && isNowhere() && opener && opener.isConnected) {
    focusOn(opener);
  }
}

// Whether the focus went to a heading, which is read out then.
function followFocus(elt, target) {
  const isStep = target.id === "main";
  const isAnother = isStep && wordsOf(heading()) !== was.heading;
  attendTo(theDialog());
  if (!isNowhere()) return false;
  const next = was.nowhere ? null : successor(isAnother);
  if (next) focusOn(next);
  else if (theDialog()) focusOn(theDialog());
  else if (isStep && (isAnother || !was.nowhere || !polls(elt))) focusOn(heading());
  return isStep && document.activeElement === heading();
}

// -- what is heard ----------------------------------------------------------------------------------------------------

const said = new Map();
const voice = document.createElement("div");
let spokenAt = 0;
let later = 0;

function look(aloud) {
  const wait = spokenAt + BETWEEN_WORDS_MILLISECONDS - Date.now();
  if (aloud && wait > 0) {
    later = later || setTimeout(() => look(true), wait);
    return;
  }
  clearTimeout(later);
  later = 0;
  const news = [];
  for (const part of document.querySelectorAll("[data-heard]")) {
    const name = part.closest("[id]").id;
    const words = part.innerText.replace(/\s+/g, " ");
    if (said.get(name) !== words) news.push(words);
    said.set(name, words);
  }
  if (!aloud || !news.length) return;
  spokenAt = Date.now();
  voice.textContent = news.join(" ");
}

export default function start() {
  voice.className = "skip heard";
  voice.setAttribute("role", "status");
  document.body.append(voice);
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    answer = detail.serverResponse.replace(/(csrf_token" value=")[^"]*/g, "$1");
    if (polls(detail.elt) && answers.get(detail.elt) === answer) detail.shouldSwap = false;
    remember();
  });
  document.addEventListener("htmx:load", ({ detail }) => answers.set(detail.elt, answer));
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    const target = detail.target || document.getElementById("main"); // what Back brings has none
    const isRead = followFocus(detail.elt, target);
    look(!isRead && (target.id !== "main" || polls(detail.elt)));
  });
  document.addEventListener("live", () => setTimeout(look, 0, true)); // the waiting room's numbers
  attendTo(theDialog());
  look(false);
}
