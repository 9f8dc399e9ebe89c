// Four corners that are dragged or moved by keys; points, outline, number fields and preview always say the same.
import Flat from "./flatten.js";

const CORNERS = ["tl", "tr", "br", "bl"];
const STEP = 1;
const STRIDE = 10; // with Shift
const RADIUS = 14; // on the screen: a target of 28 px, whatever the photo measures
const LINE = 2;
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export default function start(editor) {
  const svg = editor.querySelector("svg");
  const { width, height } = svg.viewBox.baseVal;
  const shade = svg.querySelector("[data-shade]");
  const outline = svg.querySelector("[data-outline]");
  const handles = CORNERS.map((name) => svg.querySelector(`[data-corner="${name}"]`));
  const fields = CORNERS.map((name) => ["x", "y"].map((axis) => editor.querySelector(`[name="${name}_${axis}"]`)));
  const points = handles.map((handle) => [Number(handle.getAttribute("cx")), Number(handle.getAttribute("cy"))]);

  const flat = new Flat(editor.querySelector("[data-flat]"), svg.querySelector("image"), width, height, () => {
    const button = editor.querySelector("[value=look]");
    if (button) button.parentNode.remove(); // what it would show is seen
  });

  svg.setAttribute("role", "group");
  editor.querySelector("[data-moving]").hidden = false;
  handles.forEach((handle, at) => {
    handle.setAttribute("tabindex", "0");
    handle.setAttribute("role", "slider"); // its words tell both coordinates, its value is the first of them
    handle.setAttribute("aria-valuemin", "0");
    handle.setAttribute("aria-valuemax", String(width));
    handle.addEventListener("keydown", (event) => pressed(event, at));
    handle.addEventListener("focus", size);
    handle.addEventListener("blur", size);
    draggable(handle, at);
  });
  fields.forEach((pair, at) => pair.forEach((field) => field.addEventListener("input", () => typed(at))));
  if (window.ResizeObserver) new ResizeObserver(size).observe(svg);
  size();
  draw();

  function move(at, x, y) {
    points[at] = [within(x, width), within(y, height)];
    points[at].forEach((value, axis) => {
      fields[at][axis].value = String(value);
      fields[at][axis].removeAttribute("aria-invalid");
    });
    draw();
  }

  function pressed(event, at) {
    const direction = MOVES[event.key];
    if (!direction || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault(); // the page would scroll
    const far = event.shiftKey ? STRIDE : STEP;
    move(at, points[at][0] + direction[0] * far, points[at][1] + direction[1] * far);
  }

  // What is being typed stays as it is: only the point follows, as long as it is a number.
  function typed(at) {
    const texts = fields[at].map((field) => field.value.trim());
    if (!texts.every((text) => /^\d+(\.\d*)?$/.test(text))) return;
    points[at] = [Math.min(Number(texts[0]), width), Math.min(Number(texts[1]), height)];
    draw();
  }

  function draggable(handle, at) {
    let held = null; // where in the handle it was taken hold of: the point does not jump to the finger
    handle.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false }); // no scrolling
    handle.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      handle.focus({ preventScroll: true });
      handle.setPointerCapture(event.pointerId);
      const [x, y] = seen(event);
      held = [points[at][0] - x, points[at][1] - y];
    });
    handle.addEventListener("pointermove", (event) => {
      if (!held) return;
      const [x, y] = seen(event);
      move(at, x + held[0], y + held[1]);
    });
    for (const end of ["pointerup", "pointercancel"]) handle.addEventListener(end, () => { held = null; });
  }

  // The place of the pointer in pixels of the photo.
  function seen(event) {
    const box = svg.getBoundingClientRect();
    return [((event.clientX - box.left) * width) / box.width, ((event.clientY - box.top) * height) / box.height];
  }

  function size() {
    const pixel = width / (svg.getBoundingClientRect().width || width); // of the screen, in pixels of the photo
    outline.setAttribute("stroke-width", String(LINE * pixel));
    for (const handle of handles) {
      const chosen = handle === document.activeElement;
      handle.setAttribute("r", String(RADIUS * pixel));
      handle.setAttribute("stroke-width", String((chosen ? 2 : 1) * LINE * pixel));
      handle.setAttribute("fill-opacity", chosen ? "0" : ".4"); // what lies under the chosen corner is seen
    }
  }

  function draw() {
    const line = `${points.map(([x, y], at) => `${at ? "L" : "M"}${x} ${y}`).join("")}z`;
    flat.show(points);
    outline.setAttribute("d", line);
    shade.setAttribute("d", `M0 0H${width}V${height}H0z${line}`);
    handles.forEach((handle, at) => {
      const [x, y] = points[at];
      handle.setAttribute("cx", String(x));
      handle.setAttribute("cy", String(y));
      handle.setAttribute("aria-valuenow", String(x));
      handle.setAttribute("aria-valuetext", handle.dataset.says.replace("{x}", x).replace("{y}", y));
    });
  }
}

function within(value, most) {
  return Math.min(Math.max(Math.round(value), 0), most);
}
