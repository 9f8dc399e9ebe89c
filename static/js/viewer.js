// Pictures looked at closely: nearer and further, turned, moved, and two of the same thing beside each other.
// Without it a click opens the picture in a window of its own.
const NEAREST = 6;
const STEP = 1.25;
const TURN = 90;

export default function viewer(element) {
  const opener = element.querySelector("[data-open]");
  const root = element.closest("form") || element;
  if (!window.HTMLDialogElement || !HTMLDialogElement.prototype.showModal) return;
  const words = element.dataset;
  const dialog = document.createElement("dialog");
  dialog.className = "viewer";
  let links = [];
  let at = 0;
  let both = false;
  let look = { scale: 1, turn: 0, x: 0, y: 0 };

  function button(text, key, act) {
    const made = document.createElement("button");
    const name = document.createElement("kbd");
    made.type = "button";
    made.className = "alt";
    made.textContent = text;
    name.textContent = key;
    made.append(name);
    made.addEventListener("click", act);
    return made;
  }

  const shown = document.createElement("div");
  const title = document.createElement("b");
  const bar = document.createElement("p");
  shown.className = "shown";
  bar.className = "acts";
  const acts = {
    ArrowLeft: () => go(-1),
    ArrowRight: () => go(1),
    "+": () => nearer(STEP),
    "-": () => nearer(1 / STEP),
    t: () => turn(),
    c: () => compare(),
    Escape: () => dialog.close(),
  };
  bar.append(
    title,
    button(words.before, "←", acts.ArrowLeft),
    button(words.after, "→", acts.ArrowRight),
    button(words.nearer, "+", acts["+"]),
    button(words.further, "−", acts["-"]),
    button(words.turn, "T", acts.t),
    button(words.compare, "C", acts.c),
    button(words.close, "Esc", acts.Escape),
  );
  dialog.append(bar, shown);

  function place() {
    for (const picture of shown.querySelectorAll("img")) {
      picture.style.transform = `translate(${look.x}px, ${look.y}px) scale(${look.scale}) rotate(${look.turn}deg)`;
    }
  }

  function draw() {
    const link = links[at];
    const set = both && link.dataset.set ? links.filter((one) => one.dataset.set === link.dataset.set) : [link];
    shown.textContent = "";
    shown.append(...set.map((one) => {
      const frame = document.createElement("div");
      const picture = document.createElement("img");
      picture.src = one.querySelector("img").src;
      picture.alt = one.dataset.view;
      picture.draggable = false;
      frame.append(picture);
      return frame;
    }));
    title.textContent = set.map((one) => one.dataset.view).join(" / ");
    place();
  }

  function go(way) {
    at = (at + way + links.length) % links.length;
    look = { scale: 1, turn: 0, x: 0, y: 0 };
    draw();
  }

  function nearer(by) {
    look.scale = Math.min(NEAREST, Math.max(1, look.scale * by));
    if (look.scale === 1) look.x = look.y = 0;
    place();
  }

  function turn() {
    look.turn = (look.turn + TURN) % 360;
    place();
  }

  function compare() {
    both = !both;
    draw();
  }

  function open(link) {
    links = Array.from(root.querySelectorAll("[data-view]"));
    at = Math.max(0, links.indexOf(link));
    look = { scale: 1, turn: 0, x: 0, y: 0 };
    if (!dialog.isConnected) element.append(dialog);
    draw();
    dialog.showModal();
  }

  root.addEventListener("click", (event) => {
    const link = event.target.closest("[data-view]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(link);
  });
  dialog.addEventListener("keydown", (event) => {
    const act = acts[event.key === "=" ? "+" : event.key.length === 1 ? event.key.toLowerCase() : event.key];
    event.stopPropagation(); // the page's own keys rest while the pictures are open
    if (!act || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    act();
  });
  shown.addEventListener("wheel", (event) => {
    event.preventDefault();
    nearer(event.deltaY < 0 ? STEP : 1 / STEP);
  }, { passive: false });
  shown.addEventListener("pointermove", (event) => {
    if (!event.buttons || look.scale === 1) return;
    look.x += event.movementX;
    look.y += event.movementY;
    place();
  });
  if (opener) {
    opener.hidden = false;
    opener.addEventListener("click", () => open(null));
  }
}
