// Records what the witness sees and hears, and sends it in slices of two seconds; each waits until it is acknowledged.
const SLICE = 2000;
const TYPE = "video/webm;codecs=vp8,opus";
const BITS = { videoBitsPerSecond: 200000, audioBitsPerSecond: 32000 };
const LONGEST_PAUSE = 8000;
const GIVE_UP_AFTER = 20000;

export function canRecord() {
  return Boolean(window.MediaRecorder && MediaRecorder.isTypeSupported(TYPE) && window.crypto.subtle);
}

export class Recording {
  constructor(element, own) {
    this.element = element;
    this.own = own;
    this.recorder = null;
    this.waiting = [];
    this.kept = 0;
    this.sending = false;
    this.over = false;
    this.finished = false;
  }

  // A new part for a new stream: a reload on either side, a line that was set up anew, stills instead of a picture.
  begin(theirs, pictures = theirs.getVideoTracks()) {
    if (this.over) return;
    this.stop();
    const part = `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`;
    let number = 0;
    const recorder = new MediaRecorder(this.mixed(theirs, pictures), { mimeType: TYPE, ...BITS });
    recorder.ondataavailable = ({ data }) => {
      if (!data.size) return;
      this.waiting.push({ part, number, data });
      number += 1;
      this.send();
    };
    recorder.start(SLICE);
    this.recorder = recorder;
  }

  // Their picture, and both voices in one track.
  mixed(theirs, pictures) {
    const context = new AudioContext();
    const both = context.createMediaStreamDestination();
    for (const stream of [theirs, this.own]) {
      if (stream && stream.getAudioTracks().length) context.createMediaStreamSource(stream).connect(both);
    }
    context.resume();
    return new MediaStream([...pictures, ...both.stream.getAudioTracks()]);
  }

  stop() {
    const recorder = this.recorder;
    this.recorder = null;
    if (!recorder || recorder.state === "inactive") return Promise.resolve();
    return new Promise((resolve) => {
      recorder.addEventListener("stop", resolve);
      recorder.stop(); // hands over what it has first
    });
  }

  // Resolves when nothing waits any more, or when it has become clear that it will not get through.
  async finish() {
    this.over = true;
    await this.stop();
    const until = Date.now() + GIVE_UP_AFTER;
    while ((this.waiting.length || this.sending) && Date.now() < until) await pause(100);
    this.finished = true;
  }

  async send() {
    if (this.sending) return;
    this.sending = true;
    let wait = 500;
    while (this.waiting.length) {
      this.say();
      const outcome = await this.sendOne(this.waiting[0]);
      if (outcome === "over") this.waiting = [];
      else if (outcome === "kept" || outcome === "refused") this.waiting.shift();
      else {
        await pause(wait);
        wait = Math.min(wait * 2, LONGEST_PAUSE);
      }
      if (outcome === "kept") wait = 500;
    }
    this.sending = false;
    this.say();
  }

  // kept; over (the call has ended); refused (it will never be taken); later (the line is down).
  async sendOne({ part, number, data }) {
    const bytes = await data.arrayBuffer();
    const hash = await crypto.subtle.digest("SHA-256", bytes);
    const headers = { "X-CSRFToken": this.element.dataset.token, "X-Content-SHA256": hex(hash), "Content-Type": "video/webm" };
    const url = `${this.element.dataset.url}/slices/${part}/${number}`;
    try {
      const answer = await fetch(url, { method: "POST", headers, body: bytes });
      if (answer.ok) {
        this.kept = (await answer.json()).slices;
        return "kept";
      }
      if (answer.status === 409) return "over";
      return answer.status === 422 ? "refused" : "later";
    } catch (error) {
      return "later";
    }
  }

  say() {
    const words = this.element.dataset;
    const line = this.element.querySelector("[data-kept]");
    const stuck = this.waiting.length > 4;
    const counted = words.slices.replace("{n}", this.kept).replace("{m}", this.waiting.length);
    line.textContent = stuck ? `${counted} · ${words.unkept}` : counted;
    line.className = stuck ? "err" : "hint";
  }
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function hex(buffer) {
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
