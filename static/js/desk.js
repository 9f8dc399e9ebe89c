// The witness's end of the video call: offers, asks for stills, records in slices that are acknowledged one by one.
import { carry } from "./ladder.js";
import {
  canCall, candidates, chat, connection, muting, openCamera, problem, sayStep, signalling, watchLine, whenGone,
} from "./rtc.js";
import { Recording, canRecord } from "./recording.js";

const STILLS_A_SECOND = 1;
const HEARTBEAT = 5000;
const FROZEN_AFTER = 5000;
const AUDIO = { echoCancellation: true };
const VIDEO = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 15 } };

export default async function desk(element) {
  const words = element.dataset;
  const beat = setInterval(() => post(`${words.url}/heartbeat`, words.token), HEARTBEAT);
  whenGone(element, () => clearInterval(beat));
  if (!canCall() || !canRecord()) return problem(element, words.unsupported);

  const remote = element.querySelector("video[data-remote]");
  const line = signalling(element, "desk"); // made while the camera is being opened
  const { stream: own } = await openCamera(element, AUDIO, VIDEO);
  if (own) {
    element.querySelector("video[data-local]").srcObject = own;
    muting(element, own);
  }

  let peer = null;
  let theirs = null;
  let attempts = 0;
  let step = words.step;
  const board = element.querySelector("canvas[data-stills]");
  sayStep(element, step, words.chosenBy);
  const recording = new Recording(element, own);
  const socket = await line;
  const waiting = candidates(socket, () => peer);
  const say = chat(element, socket);
  watchLine(element, () => peer);
  watchFrames(element, remote, () => step);

  const { connecting } = words;
  socket.on("ready", (how) => {
    words.connecting = how === "writes" ? words.writes : connecting;
    if (how !== "writes") return void offer();
    if (peer) peer.close();
    peer = null;
  });
  socket.on("answer", async (answer) => {
    if (!peer || peer.attempt !== answer.id || peer.signalingState !== "have-local-offer") return;
    await peer.setRemoteDescription(answer);
    waiting.add();
    await carry(peer, step); // before the answer it would throw
  });
  socket.on("still_result", ({ code }) => {
    const said = { kept: "", black: words.black, no_camera: words.blind };
    element.querySelector("[data-still-result]").textContent = code in said ? said[code] : words.failed;
  });
  socket.on("step", (chosen) => go(chosen.step, chosen.by));
  for (const button of element.querySelectorAll("button[data-step]")) {
    button.addEventListener("click", () => {
      const auto = button.dataset.step === "auto"; // from now on the line chooses, beginning with what is
      socket.emit("step", { step: auto ? step : button.dataset.step, by: auto ? "line" : "witness" });
      go(auto ? step : button.dataset.step, auto ? "line" : "witness");
    });
  }
  const questions = document.querySelectorAll("button[data-ask]");
  for (const button of questions) button.addEventListener("click", () => say(button.dataset.ask));
  // What is asked into a line that does not stand would be lost without a word, or come when nobody expects it.
  const acts = element.querySelectorAll("button[data-still], button[data-step]");
  const mayAsk = (may) => {
    for (const button of questions) button.hidden = !may;
    for (const button of acts) button.disabled = !may;
  };
  const greet = () => {
    socket.emit("hello", null);
    mayAsk(true);
  };
  socket.on("connect", greet);
  socket.on("disconnect", () => mayAsk(false));
  if (socket.connected) greet();

  async function go(next, by) {
    const anew = [next, step].some((one) => ["stills", "chat"].includes(one)) && next !== step;
    step = next;
    sayStep(element, step, by);
    board.hidden = step !== "stills";
    if (peer && peer.connectionState === "connected") await carry(peer, step);
    if (anew && theirs) record();
  }

  // What is recorded is what is seen: the picture, or the stills as they come. With written words only no picture
  // comes, and a recorder that waits for one hands nothing over: then it is the sound alone.
  function record() {
    const pictures = { stills: () => board.captureStream(STILLS_A_SECOND).getVideoTracks(), chat: () => [] }[step];
    recording.begin(theirs, pictures && pictures());
  }

  async function draw(bytes) {
    const picture = await createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
    board.width = picture.width;
    board.height = picture.height;
    board.getContext("2d").drawImage(picture, 0, 0);
  }

  socket.on("taken", () => {
    problem(element, words.taken);
    clearInterval(beat);
    end();
  });
  for (const button of element.querySelectorAll("[data-still]")) {
    button.addEventListener("click", () => {
      element.querySelector("[data-still-result]").textContent = words.asked;
      socket.emit("still", button.dataset.still);
    });
  }

  // Each time the investor's page says it is there, and when the line broke for good, the call is set up anew.
  async function offer() {
    if (peer) peer.close();
    waiting.forget();
    attempts += 1;
    const mine = connection(socket, `${Date.now()}.${attempts}`);
    peer = mine;
    theirs = null;
    mine.ontrack = ({ streams }) => {
      if (theirs === streams[0]) return;
      theirs = streams[0];
      remote.srcObject = theirs;
      record();
    };
    mine.onconnectionstatechange = () => {
      // Greeted anew the investor's page says that it is there, and both are told where the relay is by now.
      if (mine === peer && mine.connectionState === "failed") socket.emit("hello", null);
    };
    const stills = mine.createDataChannel("stills", { ordered: true });
    stills.binaryType = "arraybuffer";
    stills.onmessage = ({ data }) => draw(data);
    for (const kind of ["audio", "video"]) {
      const track = own && own.getTracks().find((one) => one.kind === kind);
      const way = mine.addTransceiver(track || kind, { direction: track ? "sendrecv" : "recvonly", streams: track ? [own] : [] });
      if (kind === "video") prefer(way, "video/VP8");
    }
    await mine.setLocalDescription(await mine.createOffer());
    if (mine !== peer) return;
    const { type, sdp } = mine.localDescription;
    socket.emit("offer", { type, sdp, id: mine.attempt });
  }

  function end() {
    socket.disconnect();
    if (peer) peer.close();
    if (own) for (const track of own.getTracks()) track.stop();
  }
  decideLast(element, recording);
  whenGone(element, () => {
    recording.finish();
    end();
  });
  return undefined;
}

// A decision is sent only when the last slice has been acknowledged. Whoever is sent back or sent away need not wait
// for ever; a pass without the whole recording is none, and its button stays shut until everything is kept.
function decideLast(element, recording) {
  const form = document.getElementById("decision");
  for (const button of form.querySelectorAll("[data-finish]")) {
    button.addEventListener("click", async (event) => {
      if (recording.finished) return;
      event.preventDefault();
      button.disabled = true;
      const isWhole = await recording.finish();
      if (!isWhole && button.dataset.finish === "whole") {
        problem(element, element.dataset.unkept);
        recording.goOn();
        await recording.allKept();
        problem(element, "");
        button.disabled = false;
        return;
      }
      button.disabled = false;
      recording.finished = true;
      button.click();
    });
  }
}

function prefer(transceiver, type) {
  if (!transceiver.setCodecPreferences || !window.RTCRtpReceiver.getCapabilities) return;
  const { codecs } = window.RTCRtpReceiver.getCapabilities("video");
  const first = codecs.filter((codec) => codec.mimeType === type);
  transceiver.setCodecPreferences([...first, ...codecs.filter((codec) => codec.mimeType !== type)]);
}

function watchFrames(element, video, step) {
  let at = 0;
  let since = Date.now();
  const timer = setInterval(() => {
    if (!element.isConnected) return clearInterval(timer);
    if (!video.srcObject || video.currentTime !== at || ["stills", "chat"].includes(step())) since = Date.now();
    at = video.currentTime;
    const frozen = Date.now() - since > FROZEN_AFTER;
    const note = element.querySelector("[data-problem]");
    if (frozen) problem(element, element.dataset.frozen);
    else if (note.textContent === element.dataset.frozen) problem(element, "");
    return undefined;
  }, 1000);
}

function post(url, token) {
  return fetch(url, { method: "POST", headers: { "X-CSRFToken": token } }).catch(() => null);
}
