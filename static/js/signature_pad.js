// A sheet to sign on with finger, pen or mouse. What is drawn goes as a PNG with the page's own upload form.
const WIDTH = 1200; // of the picture, whatever the size on the screen
const HEIGHT = 720;
const PEN = 12; // in pixels of the picture
const THINNEST = 0.5; // share of the pen's width that a quick stroke keeps
const QUICK = 6; // pixels of the picture a millisecond
const INK = "#10131c";

export default function start(place) {
  const canvas = place.querySelector("canvas");
  const [form, input, use] = ["form", "input[type=file]", "[data-use]"].map((name) => place.querySelector(name));
  const [undo, clear] = ["[data-undo]", "[data-clear]"].map((name) => place.querySelector(name));
  const told = place.querySelector("[data-told]");
  const paint = canvas.getContext("2d");
  const strokes = []; // each a list of [x, y, width]
  let drawing = null;

  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  Object.assign(canvas.style, { display: "block", boxSizing: "border-box", width: "100%", height: "auto", border: "1px solid var(--edge)" });
  Object.assign(canvas.style, { borderRadius: "var(--r)", background: "#fff", touchAction: "none", cursor: "crosshair" });
  Object.assign(paint, { strokeStyle: INK, fillStyle: INK, lineCap: "round", lineJoin: "round" });
  canvas.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false }); // no scrolling
  canvas.addEventListener("pointerdown", down);
  canvas.addEventListener("pointermove", move);
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, up);
  undo.addEventListener("click", () => { strokes.pop(); redraw(); });
  clear.addEventListener("click", () => { strokes.length = 0; redraw(); });
  form.addEventListener("submit", send);
  window.addEventListener("pageshow", tell);
  place.querySelector("[data-pad]").hidden = false;
  tell();

  function down(event) {
    if (drawing || event.button !== 0) return; // a second finger, or the other button
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    drawing = { id: event.pointerId, at: event.timeStamp, points: [[...seen(event), PEN]] };
    strokes.push(drawing.points);
    drawn(drawing.points, 0);
    tell();
  }

  function move(event) {
    if (!drawing || event.pointerId !== drawing.id) return;
    const all = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    for (const one of all.length ? all : [event]) add(one);
  }

  function add(event) {
    const { points, at } = drawing;
    const [x, y] = seen(event);
    const [fromX, fromY, before] = points[points.length - 1];
    const way = Math.hypot(x - fromX, y - fromY);
    if (way < 2) return;
    const speed = way / Math.max(1, event.timeStamp - at) / QUICK;
    const wanted = PEN * Math.max(THINNEST, 1 - speed * (1 - THINNEST));
    points.push([x, y, before + (wanted - before) * 0.3]);
    drawing.at = event.timeStamp;
    drawn(points, points.length - 1);
  }

  function up(event) {
    if (drawing && event.pointerId === drawing.id) drawing = null;
  }

  // The place of the pointer in pixels of the picture.
  function seen(event) {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * WIDTH) / box.width, ((event.clientY - box.top) * HEIGHT) / box.height];
  }

  // One piece of a stroke: a dot where it begins, then curves from middle to middle, so that corners are round.
  function drawn(points, at) {
    const [x, y, width] = points[at];
    paint.beginPath();
    if (at === 0) {
      paint.arc(x, y, width / 2, 0, 2 * Math.PI);
      paint.fill();
      return;
    }
    const [nearX, nearY] = points[at - 1];
    const [farX, farY] = points[Math.max(0, at - 2)];
    paint.lineWidth = width;
    paint.moveTo((farX + nearX) / 2, (farY + nearY) / 2);
    paint.quadraticCurveTo(nearX, nearY, (nearX + x) / 2, (nearY + y) / 2);
    paint.lineTo(x, y);
    paint.stroke();
  }

  function redraw() {
    paint.clearRect(0, 0, WIDTH, HEIGHT);
    for (const points of strokes) points.forEach((_point, at) => drawn(points, at));
    tell();
  }

  function tell() {
    const empty = strokes.length === 0;
    for (const button of [undo, clear, use]) button.disabled = empty;
    told.textContent = empty ? told.dataset.empty : told.dataset.strokes.replace("{n}", strokes.length);
  }

  async function send(event) {
    event.preventDefault();
    if (strokes.length === 0 || use.disabled) return;
    use.disabled = true; // a second click would send it twice
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
    const list = new DataTransfer();
    list.items.add(new File([blob], "signature.png", { type: "image/png" }));
    input.files = list.files;
    form.submit();
  }
}
