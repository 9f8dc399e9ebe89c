// Takes a photo with the camera: live picture with a frame, hints, shutter, review, and the page's own upload form.
const WANTED = { audio: false, video: { facingMode: { ideal: "environment" }, width: { ideal: 1920 }, height: { ideal: 1440 } } };
const QUALITY = 0.92;
const FRAME_SHARE = 0.86; // of the picture's width or height
const GLANCE_WIDTH = 96; // pixels of the small picture that the hints are computed on
const GLANCE_MILLISECONDS = 250;
const TOO_DARK = 55; // mean brightness inside the frame, 0 to 255
const BURNT = 250;
const TOO_MUCH_BURNT = 0.12; // share of such pixels
const MOVED = 9; // mean change from glance to glance

export default function start(place) {
  const find = (selector) => place.querySelector(selector);
  const [live, video, svg, hint, shutter] = ["[data-live]", "video", "svg", "[data-hint]", "[data-shutter]"].map(find);
  const [form, input, picture, use] = ["form", "input[type=file]", "img", "[data-use]"].map(find);
  let stream = null;
  let glances = 0; // the timer
  let before = null;
  let said = "";

  shutter.addEventListener("click", shoot);
  find("[data-again]").addEventListener("click", open);
  find("[data-retake]").addEventListener("click", retake);
  form.addEventListener("submit", () => { use.disabled = true; stop(); });
  video.addEventListener("resize", frame);
  document.addEventListener("keydown", pressed);
  document.addEventListener("visibilitychange", hidden);
  window.addEventListener("pagehide", stop);
  window.addEventListener("pageshow", returned);
  open();

  async function open() {
    if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) return tell("none");
    tell("waiting");
    let opened;
    try {
      opened = await navigator.mediaDevices.getUserMedia(WANTED);
    } catch (error) {
      return tell(error.name === "NotAllowedError" ? "refused" : "none");
    }
    if (stream || document.hidden || !place.isConnected) { // left, or asked twice, while the browser was asking
      opened.getTracks().forEach((track) => track.stop());
      return undefined;
    }
    stream = opened;
    stream.getVideoTracks()[0].addEventListener("ended", () => { stop(); tell("none"); }); // pulled out
    video.srcObject = stream;
    await video.play().catch(() => undefined); // leaving in between interrupts it
    glances = setInterval(glance, GLANCE_MILLISECONDS);
    tell("live");
    return undefined;
  }

  function stop() {
    clearInterval(glances);
    if (stream) stream.getTracks().forEach((track) => track.stop());
    stream = before = video.srcObject = null;
  }

  function leave() {
    stop();
    review("");
    document.removeEventListener("keydown", pressed);
    document.removeEventListener("visibilitychange", hidden);
    window.removeEventListener("pagehide", stop);
    window.removeEventListener("pageshow", returned);
  }

  function hidden() {
    if (!place.isConnected) leave();
    else if (document.hidden) stop();
    else if (!stream) open();
  }

  function returned(event) {
    if (!event.persisted) return;
    use.disabled = false;
    if (!stream) open();
  }

  function retake() {
    review("");
    form.hidden = true;
    if (stream) show("live");
    else open();
  }

  // Like show, but a photo that waits to be used stays in sight.
  function tell(state) {
    if (form.hidden) show(state);
  }

  // One of: waiting, live, review, refused, none.
  function show(state) {
    for (const note of place.querySelectorAll("[data-problem]")) note.hidden = note.dataset.problem !== state;
    live.hidden = state !== "live";
    form.hidden = state !== "review";
    if (state === "live") { frame(); shutter.focus(); }
    if (state === "review") use.focus();
  }

  function frame() {
    const { videoWidth: width, videoHeight: height } = video;
    if (!width) return;
    const { left, top, wide, high } = inside(width, height);
    const hole = `M${left} ${top}h${wide}v${high}h${-wide}z`;
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.firstChild.setAttribute("d", `M0 0h${width}v${height}H0z${hole}`);
    svg.lastChild.setAttribute("d", hole);
    svg.lastChild.setAttribute("stroke-width", String(Math.max(width, height) / 250));
  }

  function inside(width, height) {
    const wide = Math.min(width * FRAME_SHARE, height * FRAME_SHARE * Number(place.dataset.ratio));
    const high = wide / Number(place.dataset.ratio);
    return { left: (width - wide) / 2, top: (height - high) / 2, wide, high };
  }

  function glance() {
    if (!place.isConnected) return leave(); // another page was swapped in
    if (!video.videoWidth || live.hidden) return undefined;
    const now = brightness(video, inside(video.videoWidth, video.videoHeight));
    const code = judge(now, before);
    before = now;
    if (code === said && hint.textContent !== hint.dataset[code]) hint.textContent = hint.dataset[code];
    said = code; // only what holds for two glances is said
    return undefined;
  }

  function pressed(event) {
    if (!place.isConnected) return leave();
    if ((event.key !== " " && event.key !== "Enter") || event.repeat || live.hidden) return undefined;
    if (event.target.closest("a, button, input, summary")) return undefined; // these have a use for the key
    event.preventDefault();
    return shoot();
  }

  async function shoot() {
    if (!video.videoWidth || shutter.disabled) return;
    shutter.disabled = true;
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d").drawImage(video, 0, 0);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
    shutter.disabled = false;
    if (!blob || !place.isConnected) return;
    const list = new DataTransfer();
    list.items.add(new File([blob], "photo.jpg", { type: "image/jpeg" }));
    input.files = list.files;
    review(URL.createObjectURL(blob));
    show("review");
  }

  function review(address) {
    if (picture.src) URL.revokeObjectURL(picture.src);
    if (address) picture.src = address;
    else {
      picture.removeAttribute("src");
      input.value = "";
    }
  }
}

// The brightness of each pixel inside the frame, on a small canvas.
function brightness(video, { left, top, wide, high }) {
  const canvas = document.createElement("canvas");
  canvas.width = GLANCE_WIDTH;
  canvas.height = Math.round((GLANCE_WIDTH * high) / wide);
  const paint = canvas.getContext("2d");
  paint.drawImage(video, left, top, wide, high, 0, 0, canvas.width, canvas.height);
  const { data } = paint.getImageData(0, 0, canvas.width, canvas.height);
  const found = new Uint8Array(data.length / 4);
  for (let at = 0; at < found.length; at += 1) {
    found[at] = 0.299 * data[4 * at] + 0.587 * data[4 * at + 1] + 0.114 * data[4 * at + 2];
  }
  return found;
}

// One of: dark, bright, moving, good.
function judge(now, before) {
  let sum = 0;
  let burnt = 0;
  let changed = 0;
  for (let at = 0; at < now.length; at += 1) {
    sum += now[at];
    if (now[at] >= BURNT) burnt += 1;
    if (before && before.length === now.length) changed += Math.abs(now[at] - before[at]);
  }
  if (sum / now.length < TOO_DARK) return "dark";
  if (burnt / now.length > TOO_MUCH_BURNT) return "bright";
  if (!before || before.length !== now.length || changed / now.length > MOVED) return "moving";
  return "good";
}
