// The investor's end of the video call: answers the desk's offer, shows both pictures, takes stills at full size.
import { BROKEN, carry, inLongPackets, measuring, outgoing } from "./ladder.js";
import {
  canCall, candidates, chat, connection, muting, openCamera, problem, sayStep, signalling, watchLine, whenGone,
} from "./rtc.js";

const LOOK_EVERY = 2000;
const SMALL = { side: 320, quality: 0.5 };
const STEADY = 3000; // so long the words stay: a screen reader needs them, and so does a hand that holds a card
const STILL_BYTES = 150 * 1024;
const STILL_SIDES = [1920, 1600, 1280, 960];
const QUALITIES = [0.85, 0.7, 0.55, 0.4];
const PHOTO_QUALITY = 0.92;
// The camera at its best, because a still shows what the picture on the line cannot.
const AUDIO = { echoCancellation: true, noiseSuppression: true };
const VIDEO = { width: { ideal: 1920 }, height: { ideal: 1080 }, frameRate: { ideal: 15 }, facingMode: "user" };

export default async function call(element) {
  const words = element.dataset;
  if (!canCall()) return writeOnly(element);
  const local = element.querySelector("video[data-local]");
  const remote = element.querySelector("video[data-remote]");

  let stream;
  let lacking = words.connecting; // why there is no picture
  let peer = null;
  let stills = null;
  let step = words.step;
  let lineChooses = words.chosenBy !== "witness";
  const look = measuring();
  sayStep(element, step, words.chosenBy);
  const opening = openCamera(element, AUDIO, VIDEO); // takes its time: the line is made meanwhile
  const socket = await signalling(element, "investor");
  const waiting = candidates(socket, () => peer);
  chat(element, socket); // while the browser still asks about the camera one can write and read already
  watchLine(element, () => peer);

  // The offer is for a page that knows what it can send: "ready" waits until the camera is open or refused.
  const ready = () => stream !== undefined && socket.connected && socket.emit("ready", null);
  socket.on("connect", ready); // no sooner than this: connecting takes longer than getting here
  socket.on("hello", ready);
  socket.on("offer", async (offer) => {
    if (peer) peer.close();
    const mine = connection(socket, offer.id);
    peer = mine;
    mine.ondatachannel = ({ channel }) => {
      stills = channel;
    };
    mine.ontrack = ({ streams }) => {
      remote.srcObject = streams[0];
    };
    waiting.forget();
    if (stream) for (const track of stream.getTracks()) mine.addTrack(track, stream);
    await mine.setRemoteDescription(inLongPackets(offer));
    if (mine !== peer) return;
    waiting.add();
    await mine.setLocalDescription(await mine.createAnswer());
    if (mine !== peer) return;
    const { type, sdp } = mine.localDescription;
    socket.emit("answer", { type, sdp, id: offer.id });
    await carry(mine, step);
  });
  socket.on("still", async (kind) => {
    const line = element.querySelector("[data-shooting]");
    line.textContent = words.shot;
    const code = await takeStill(element, local, kind);
    setTimeout(() => {
      line.textContent = "";
    }, STEADY);
    socket.emit("still_result", { kind, code });
  });
  socket.on("step", async (chosen) => {
    lineChooses = chosen.by === "line";
    await go(chosen.step, chosen.by);
  });

  async function go(next, by) {
    step = next;
    sayStep(element, step, by);
    if (peer && peer.connectionState === "connected") await carry(peer, step);
  }

  // Every two seconds: does the line still carry this step? And while it carries stills only, one of them.
  const looking = setInterval(async () => {
    if (!peer) return;
    const isUp = peer.connectionState === "connected";
    // A line that stills and sound have overwhelmed may also break, while words still get through.
    if (!isUp && (step !== "stills" || !socket.connected)) return;
    if (isUp && step === "stills") sendSmall(local, stills);
    if (!lineChooses) return;
    const next = look(step, isUp ? await outgoing(peer) : BROKEN);
    if (next === step) return;
    socket.emit("step", { step: next, by: "line" });
    await go(next, "line");
  }, LOOK_EVERY);

  socket.on("taken", () => {
    problem(element, words.taken);
    end();
  });

  // A photo that the witness wants anew, taken with the camera that is open already: the call is not left for it.
  async function snap({ target }) {
    const button = target.closest("button[data-snap]");
    if (!button) return;
    if (!local.videoWidth) return void problem(element, lacking);
    const form = button.closest("form");
    const photo = new DataTransfer();
    const picture = await shot(local, Math.max(local.videoWidth, local.videoHeight), PHOTO_QUALITY);
    photo.items.add(new File([picture], "camera.jpg", { type: "image/jpeg" }));
    form.querySelector("input[type=file]").files = photo.files;
    form.querySelector("button:not([type])").click();
  }
  document.addEventListener("click", snap);

  let gone = false;
  function end() {
    gone = true;
    clearInterval(looking);
    document.removeEventListener("click", snap);
    socket.disconnect();
    if (peer) peer.close();
    if (stream) for (const track of stream.getTracks()) track.stop();
  }
  whenGone(element, end);
  window.addEventListener("pagehide", end);

  ({ stream, lacking } = await opening);
  element.querySelector("[data-ways]").hidden = Boolean(stream && stream.getVideoTracks().length);
  if (stream) {
    local.srcObject = stream;
    muting(element, stream);
  }
  if (gone) end();
  else if (!lacking) problem(element, "");
  return ready();
}

// A browser that knows no video calls: the witness can be written to, and the page says what other ways there are.
async function writeOnly(element) {
  problem(element, element.dataset.unsupported);
  element.querySelector("[data-ways]").hidden = false;
  const socket = await signalling(element, "investor");
  chat(element, socket);
  socket.on("connect", () => socket.emit("ready", "writes")); // answered by what was written so far, not by an offer
  socket.on("still", (kind) => socket.emit("still_result", { kind, code: "no_camera" }));
  socket.on("taken", () => {
    problem(element, element.dataset.taken);
    socket.disconnect();
  });
  whenGone(element, () => socket.disconnect());
}

// What the camera sees now as a JPEG whose longer side is `side` at most.
function shot(video, side, quality) {
  const scale = Math.min(1, side / Math.max(video.videoWidth, video.videoHeight));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(video.videoWidth * scale);
  canvas.height = Math.round(video.videoHeight * scale);
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
}

// A small still over the line's own channel, and only when the last one has left.
async function sendSmall(video, channel) {
  if (!video.videoWidth || !channel || channel.readyState !== "open" || channel.bufferedAmount) return;
  const blob = await shot(video, SMALL.side, SMALL.quality);
  const bytes = await blob.arrayBuffer();
  if (channel.readyState === "open") channel.send(bytes);
}

async function takeStill(element, video, kind) {
  if (!video.videoWidth) return "no_camera";
  const form = new FormData();
  form.append("csrf_token", element.dataset.token);
  form.append("kind", kind);
  form.append("still", await smallEnough(video), "still.jpg");
  try {
    const answer = await fetch(element.dataset.stills, { method: "POST", body: form });
    return (await answer.json()).code;
  } catch (error) {
    return "not_sent";
  }
}

async function smallEnough(video) {
  let blob = null;
  for (const side of STILL_SIDES) {
    for (const quality of QUALITIES) {
      blob = await shot(video, side, quality);
      if (blob.size <= STILL_BYTES) return blob;
    }
  }
  return blob;
}
