// What both ends of a video call share: the signalling socket, the state of the line in words, the text chat.
const SLOW_LOSS = 0.05;
const SLOW_MILLISECONDS = 600;
const LOOK_EVERY = 2000;

export function canCall() {
  return Boolean(window.RTCPeerConnection && navigator.mediaDevices && navigator.mediaDevices.getUserMedia);
}

// A Socket.IO connection to the call's namespace; the server decides from the session which call it is.
export async function signalling(element, side) {
  const client = await import(element.dataset.client);
  return client.io("/call", { auth: { side }, reconnectionDelayMax: 3000 });
}

// `id` names the attempt: what belongs to an earlier one is not mixed into it.
export function connection(element, socket, id) {
  const peer = new RTCPeerConnection({ iceServers: JSON.parse(element.dataset.ice) });
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

// How the call is carried, in words.
export function sayStep(element, step) {
  const name = element.querySelector("[data-step-name]");
  name.textContent = element.dataset[`step${step[0].toUpperCase()}${step.slice(1)}`];
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

export function chat(element, socket) {
  const list = element.querySelector("[data-chat]");
  const box = element.querySelector("[data-say]");
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

export function muting(element, stream) {
  const button = element.querySelector("button[data-mute]");
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
