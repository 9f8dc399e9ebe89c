// What four corners would give, drawn while they move: a small canvas beside the photo.
// The worker makes the real picture, from the original; this one is made of what the page shows anyway.
const SEEN = 800; // longest side, in pixels, of the photo as it is looked at here
const SHOWN = 320; // longest side of what is drawn
const CARD = 85.6 / 53.98; // ISO/IEC 7810
const SLACK = 0.18; // as logarithm: so near to a card's shape is meant to be a card
const NARROWEST = 0.2;

export default class Flat {
  constructor(figure, image, width, height, ready) {
    Object.assign(this, { figure, image, width, height, ready, data: null, asked: 0, points: null });
    this.canvas = document.createElement("canvas");
    this.says = figure.querySelector("figcaption");
    image.addEventListener("load", () => this.look(image));
    this.look(image);
  }

  // Take the pixels of the photo; a browser that cannot draw a part of an SVG loads the photo once more.
  look(from) {
    const scale = Math.min(1, SEEN / Math.max(this.width, this.height));
    const seen = document.createElement("canvas");
    seen.width = Math.round(this.width * scale);
    seen.height = Math.round(this.height * scale);
    const paint = seen.getContext("2d");
    try {
      paint.drawImage(from, 0, 0, seen.width, seen.height);
    } catch (error) {
      if (from === this.image) this.load();
      return;
    }
    const found = paint.getImageData(0, 0, seen.width, seen.height);
    if (!found.data[3]) return; // not there yet
    if (!this.data) {
      this.figure.querySelectorAll("img").forEach((old) => old.remove());
      this.figure.prepend(this.canvas);
      this.figure.hidden = false;
      this.ready();
    }
    this.data = found;
    if (this.points) this.show(this.points);
  }

  load() {
    const copy = new Image();
    copy.onload = () => this.look(copy);
    copy.src = this.image.getAttribute("href");
  }

  // Corners in pixels of the photo: TL, TR, BR, BL. Drawn once for each frame of the screen, however often asked.
  show(points) {
    this.points = points.map((point) => point.slice());
    if (!this.data || this.asked) return;
    this.asked = requestAnimationFrame(() => {
      this.asked = 0;
      const good = isConvex(this.points);
      this.canvas.hidden = !good;
      const words = good ? this.figure.dataset.good : this.figure.dataset.crossed;
      if (this.says.textContent !== words) this.says.textContent = words;
      if (good) this.draw();
    });
  }

  draw() {
    const ratio = shape(this.points, this.figure.dataset.slot);
    this.canvas.width = Math.round(Math.min(SHOWN, SHOWN * ratio));
    this.canvas.height = Math.round(this.canvas.width / ratio);
    const { width, height } = this.canvas;
    const scale = this.data.width / this.width;
    const place = perspective(this.points.map(([x, y]) => [x * scale, y * scale]));
    const made = new ImageData(width, height);
    for (let row = 0, to = 0; row < height; row += 1) {
      for (let column = 0; column < width; column += 1, to += 4) {
        blend(this.data, place((column + 0.5) / width, (row + 0.5) / height), made.data, to);
      }
    }
    this.canvas.getContext("2d").putImageData(made, 0, 0);
  }
}

// From the unit square to the four points (Heckbert 1989, "Fundamentals of Texture Mapping", 2.2.3).
function perspective([[x0, y0], [x1, y1], [x2, y2], [x3, y3]]) {
  const [ax, ay, bx, by] = [x1 - x2, y1 - y2, x3 - x2, y3 - y2];
  const [sx, sy] = [x0 - x1 + x2 - x3, y0 - y1 + y2 - y3];
  const whole = ax * by - bx * ay;
  const g = (sx * by - bx * sy) / whole;
  const h = (ax * sy - sx * ay) / whole;
  const [a, b, c, d] = [x1 - x0 + g * x1, x3 - x0 + h * x3, y1 - y0 + g * y1, y3 - y0 + h * y3];
  return (u, v) => {
    const depth = g * u + h * v + 1;
    return [(a * u + b * v + x0) / depth, (c * u + d * v + y0) / depth];
  };
}

// The colour between the four pixels around a place.
function blend({ data, width, height }, [x, y], to, at) {
  const left = Math.min(Math.max(x - 0.5, 0), width - 1.001);
  const top = Math.min(Math.max(y - 0.5, 0), height - 1.001);
  const [column, row] = [Math.floor(left), Math.floor(top)];
  const [right, down] = [left - column, top - row];
  const first = 4 * (row * width + column);
  const below = first + 4 * width;
  for (let channel = 0; channel < 3; channel += 1) {
    const upper = data[first + channel] * (1 - right) + data[first + 4 + channel] * right;
    const lower = data[below + channel] * (1 - right) + data[below + 4 + channel] * right;
    to[at + channel] = upper * (1 - down) + lower * down;
  }
  to[at + 3] = 255;
}

// Width over height: of a card, if it is nearly one's, as on the server.
function shape(points, slot) {
  const side = (from, to) => Math.hypot(points[from][0] - points[to][0], points[from][1] - points[to][1]);
  const ratio = (side(0, 1) + side(3, 2)) / (side(0, 3) + side(1, 2));
  if (slot !== "signature") {
    for (const usual of [CARD, 1 / CARD]) if (Math.abs(Math.log(ratio / usual)) < SLACK) return usual;
  }
  return Math.min(Math.max(ratio, NARROWEST), 1 / NARROWEST);
}

// Whether the outline turns clockwise at every corner.
function isConvex(points) {
  return points.every(([x, y], at) => {
    const [[bx, by], [cx, cy]] = [points[(at + 1) % 4], points[(at + 2) % 4]];
    return (bx - x) * (cy - by) - (by - y) * (cx - bx) > 0;
  });
}
