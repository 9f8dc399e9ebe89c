// What both ends of a video call share: the signalling socket, the state of the line in words, the text chat.
const SLOW_LOSS = 0.05;
const SLOW_MILLISECONDS = 600;
const LOOK_EVERY = 2000;
const PATIENCE = 8000;

export function canCall() {
  return Boolean(window.RTCPeerConnection && navigator.mediaDevices && navigator.mediaDevices.getUserMedia);
}

// A Socket.IO connection to the call's namespace; the server decides from the session which call it is.
export async function signalling(element, side) {
  const client = await import(element.dataset.client);
  // A WebSocket at once, for every round trip before it counts; where none gets through, polling.
  const ways = { transports: ["websocket", "polling"], tryAllTransports: true, timeout: PATIENCE };
  const socket = client.io("/call", { auth: { side }, reconnectionDelayMax: 3000, ...ways });
  socket.on("connect_error", () => {
    socket.io.opts.transports = ["polling", "websocket"]; // it may have been swallowed without a word
  });
  // The credentials of the relay live for minutes only: each greeting brings new ones, and the next set-up takes them.
  socket.ice = [];
  socket.on("ice", (servers) => {
    socket.ice = servers;
  });
  return socket;
}

// `id` names the attempt: what belongs to an earlier one is not mixed into it.
export function connection(socket, id) {
  // One way for sound, picture and stills: a third of the candidates, behind which the answer need not wait.
  const peer = new RTCPeerConnection({ iceServers: socket.ice, bundlePolicy: "max-bundle" });
  peer.attempt = id;
  peer.onicecandidate = ({ candidate }) => {
    if (candidate) socket.emit("candidate", { ...candidate.toJSON(), id });
  };
  return peer;
}

// Candidates may come before the description they belong to: they wait for it.
export function candidates(socket, current) {
  let early = [];
  socket.on("candidate", (candidate) => {
    const peer = current();
    if (!peer || peer.attempt !== candidate.id) return;
    if (!peer.remoteDescription) early.push(candidate);
    else peer.addIceCandidate(candidate).catch(() => {}); // one of a dozen ways to reach each other
  });
  return {
    forget: () => {
      early = [];
    },
    add: () => {
      for (const candidate of early.splice(0)) current().addIceCandidate(candidate).catch(() => {});
    },
  };
}

// How the call is carried, in words; written words alone say why when it was the line that chose them: at the desk in a
// sentence, on the investor's page, where every byte counts, by the words for a slow line before them.
export function sayStep(element, step, by) {
  const name = element.querySelector("[data-step-name]");
  const words = `step${step[0].toUpperCase()}${step.slice(1)}`;
  const why = by === "line" && step === "chat" ? `${element.dataset.slow} · ` : "";
  name.textContent = (why && element.dataset[`${words}Line`]) || why + element.dataset[words];
  for (const button of element.querySelectorAll("button[data-step]")) {
    button.setAttribute("aria-pressed", String(button.dataset.step === step));
  }
}

// Words and numbers for the line, every two seconds while the element is on the page.
export function watchLine(element, current) {
  const tag = element.querySelector("[data-line]");
  const numbers = element.querySelector("[data-numbers]");
  const words = element.dataset;
  const say = (kind, text) => {
    tag.className = `tag ${kind}`;
    tag.textContent = text;
  };
  const timer = setInterval(async () => {
    if (!element.isConnected) {
      clearInterval(timer);
      return;
    }
    const peer = current();
    if (!peer || ["new", "connecting"].includes(peer.connectionState)) return say("", words.connecting);
    if (peer.connectionState !== "connected") return say("bad", words.lost);
    const seen = measure(await peer.getStats());
    numbers.textContent = [seen.height && `${seen.height}p`, `${seen.milliseconds} ms`, `${(seen.loss * 100).toFixed(1)}%`]
      .filter(Boolean)
      .join(" · ");
    const slow = seen.loss > SLOW_LOSS || seen.milliseconds > SLOW_MILLISECONDS;
    return slow ? say("warn", words.slow) : say("ok", words.good);
  }, LOOK_EVERY);
}

function measure(stats) {
  const seen = { milliseconds: 0, loss: 0, height: 0 };
  stats.forEach((report) => {
    if (report.type === "candidate-pair" && report.nominated && report.currentRoundTripTime !== undefined) {
      seen.milliseconds = Math.round(report.currentRoundTripTime * 1000);
    }
    if (report.type === "inbound-rtp" && report.kind === "video") {
      const all = (report.packetsLost || 0) + (report.packetsReceived || 0);
      seen.loss = all ? Math.max(0, report.packetsLost || 0) / all : 0;
      seen.height = report.frameHeight || 0;
    }
  });
  return seen;
}

// The box is shown here: without scripts nothing that is typed would go anywhere.
export function chat(element, socket) {
  const list = element.querySelector("[data-chat]");
  const box = element.querySelector("[data-say]");
  list.closest("section").hidden = false;
  box.hidden = false;
  const input = box.querySelector("input");
  const write = (who, text) => {
    const name = document.createElement("dt");
    const words = document.createElement("dd");
    name.textContent = who;
    words.textContent = text;
    list.append(name, words);
  };
  const say = (text) => {
    if (!text || !socket.connected) return false;
    socket.emit("chat", text);
    write(element.dataset.me, text);
    return true;
  };
  const send = (event) => {
    event.preventDefault();
    if (say(input.value.trim())) input.value = "";
  };
  box.querySelector("button").addEventListener("click", send);
  input.addEventListener("keydown", (event) => {
    // The Enter with which somebody chooses a character is not the one that sends; Safari says so by 229 only.
    if (event.key === "Enter" && !event.isComposing && event.keyCode !== 229) send(event);
  });
  socket.on("chat", (text) => write(element.dataset.them, text));
  // The server knows everything that was written; a page that was away learns what it missed. What is shown
  // rightly is left alone, so that a screen reader does not read it twice.
  socket.on("said", (all) => {
    const shown = [...list.querySelectorAll("dd")].map((words) => words.textContent);
    if (all.length < shown.length) return; // written while the answer was on its way
    const right = shown.every((text, place) => all[place] && all[place][1] === text);
    if (!right) list.textContent = "";
    for (const [side, text] of all.slice(right ? shown.length : 0)) {
      write(side === socket.auth.side ? element.dataset.me : element.dataset.them, text);
    }
  });
  return say;
}

// Camera and microphone, or the one of them that can be had; what is missing is said, and whether that is for want of
// a permission or of a device. Answers the stream (null without either) and those words.
export async function openCamera(element, audio, video) {
  const words = element.dataset;
  const errors = [];
  const why = () => (errors.includes("NotAllowedError") ? "refused" : "none");
  const without = (stream, missing) => {
    const lacking = words[why() + missing];
    problem(element, lacking);
    return { stream, lacking };
  };
  for (const [wanted, missing] of [[{ audio, video }, ""], [{ audio }, "Camera"], [{ video }, "Microphone"]]) {
    try {
      const stream = await navigator.mediaDevices.getUserMedia(wanted);
      return errors.length ? without(stream, missing) : { stream, lacking: "" };
    } catch (error) {
      errors.push(error.name);
    }
  }
  return without(null, "");
}

export function muting(element, stream) {
  const button = element.querySelector("button[data-mute]");
  button.disabled = false;
  button.addEventListener("click", () => {
    const on = stream.getAudioTracks().some((track) => track.enabled);
    for (const track of stream.getAudioTracks()) track.enabled = !on;
    button.textContent = on ? element.dataset.unmute : element.dataset.mute;
    button.setAttribute("aria-pressed", String(on));
  });
}

export function problem(element, words) {
  const note = element.querySelector("[data-problem]");
  note.textContent = words;
  note.hidden = !words;
}

// Runs `end` once the element has left the page.
export function whenGone(element, end) {
  const timer = setInterval(() => {
    if (element.isConnected) return;
    clearInterval(timer);
    end();
  }, 500);
}
