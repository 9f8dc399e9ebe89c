// The investor's end of the video call: answers the desk's offer, shows both pictures, takes stills at full size.
import { carry, measuring, outgoing } from "./ladder.js";
import { canCall, candidates, chat, connection, muting, problem, sayStep, signalling, watchLine, whenGone } from "./rtc.js";

const LOOK_EVERY = 2000;
const SMALL = { width: 320, quality: 0.5 };
const STILL_BYTES = 150 * 1024;
const STILL_SIDES = [1920, 1600, 1280, 960];
const QUALITIES = [0.85, 0.7, 0.55, 0.4];

export default async function call(element) {
  const words = element.dataset;
  if (!canCall()) return problem(element, words.unsupported);
  const local = element.querySelector("video[data-local]");
  const remote = element.querySelector("video[data-remote]");
  const stream = await openCamera(element);
  if (stream) {
    local.srcObject = stream;
    muting(element, stream);
  }

  let peer = null;
  let stills = null;
  let step = words.step;
  let lineChooses = words.chosenBy !== "witness";
  const look = measuring();
  sayStep(element, step);
  const socket = await signalling(element, "investor");
  const waiting = candidates(socket, () => peer);
  chat(element, socket);
  watchLine(element, () => peer);

  socket.on("connect", () => socket.emit("ready", null));
  socket.on("hello", () => socket.emit("ready", null));
  socket.on("offer", async (offer) => {
    if (peer) peer.close();
    const mine = connection(element, socket, offer.id);
    peer = mine;
    mine.ondatachannel = ({ channel }) => {
      stills = channel;
    };
    mine.ontrack = ({ streams }) => {
      remote.srcObject = streams[0];
    };
    waiting.forget();
    if (stream) for (const track of stream.getTracks()) mine.addTrack(track, stream);
    await mine.setRemoteDescription(offer);
    if (mine !== peer) return;
    waiting.add();
    await mine.setLocalDescription(await mine.createAnswer());
    if (mine !== peer) return;
    const { type, sdp } = mine.localDescription;
    socket.emit("answer", { type, sdp, id: offer.id });
    await carry(mine, step);
  });
  socket.on("still", async (kind) => {
    socket.emit("still_result", { kind, code: await takeStill(element, local, kind) });
  });
  socket.on("step", async (chosen) => {
    lineChooses = chosen.by === "line";
    await go(chosen.step);
  });

  async function go(next) {
    step = next;
    sayStep(element, step);
    if (peer && peer.connectionState === "connected") await carry(peer, step);
  }

  // Every two seconds: does the line still carry this step? And while it carries stills only, one of them.
  const looking = setInterval(async () => {
    if (!peer || peer.connectionState !== "connected") return;
    if (step === "stills") sendSmall(local, stills);
    if (!lineChooses) return;
    const next = look(step, await outgoing(peer));
    if (next === step) return;
    socket.emit("step", { step: next, by: "line" });
    await go(next);
  }, LOOK_EVERY);

  socket.on("taken", () => {
    problem(element, words.taken);
    end();
  });

  function end() {
    clearInterval(looking);
    socket.disconnect();
    if (peer) peer.close();
    if (stream) for (const track of stream.getTracks()) track.stop();
  }
  whenGone(element, end);
  window.addEventListener("pagehide", end);
  return undefined;
}

// The camera at its best, because a still shows what the picture on the line cannot; sound alone if there is none.
async function openCamera(element) {
  const audio = { echoCancellation: true, noiseSuppression: true };
  const video = { width: { ideal: 1920 }, height: { ideal: 1080 }, frameRate: { ideal: 15 }, facingMode: "user" };
  for (const wanted of [{ audio, video }, { audio }, { video }]) {
    try {
      return await navigator.mediaDevices.getUserMedia(wanted);
    } catch (error) {
      problem(element, element.dataset.refused);
    }
  }
  return null;
}

// A small still over the line's own channel, and only when the last one has left.
async function sendSmall(video, channel) {
  if (!video.videoWidth || !channel || channel.readyState !== "open" || channel.bufferedAmount) return;
  const canvas = document.createElement("canvas");
  canvas.width = SMALL.width;
  canvas.height = Math.round((video.videoHeight / video.videoWidth) * SMALL.width);
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", SMALL.quality));
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
    const scale = Math.min(1, side / Math.max(video.videoWidth, video.videoHeight));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    for (const quality of QUALITIES) {
      blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
      if (blob.size <= STILL_BYTES) return blob;
    }
  }
  return blob;
}
