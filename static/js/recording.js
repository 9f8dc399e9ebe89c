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
    this.part = "";
    this.refused = "";
    this.source = null;
    this.waiting = [];
    this.kept = 0;
    this.lost = 0;
    this.sending = false;
    this.over = false;
    this.finished = false;
  }

  // A new part for a new stream: a reload on either side, a line that was set up anew, stills instead of a picture.
  begin(theirs, pictures = theirs.getVideoTracks()) {
    this.source = [theirs, pictures];
    if (this.over) return;
    this.stop();
    const part = `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`;
    let number = 0;
    const context = new AudioContext();
    const recorder = new MediaRecorder(this.mixed(context, theirs, pictures), { mimeType: TYPE, ...BITS });
    recorder.ondataavailable = ({ data }) => {
      if (!data.size) return;
      if (this.refused === part) {
        this.lost += 1;
        return;
      }
      this.waiting.push({ part, number, data });
      number += 1;
      this.send();
    };
    recorder.addEventListener("stop", () => context.close());
    recorder.start(SLICE);
    this.recorder = recorder;
    this.part = part;
  }

  // After an end that came to nothing: on with what was recorded last.
  goOn() {
    this.over = false;
    if (this.source && !this.recorder) this.begin(...this.source);
  }

  // Their picture, and both voices in one track.
  mixed(context, theirs, pictures) {
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

  // Whether everything has been kept; answers when nothing waits any more, or when it has become clear that it will
  // not get through.
  async finish() {
    const lost = this.lost;
    this.over = true;
    await this.stop();
    const until = Date.now() + GIVE_UP_AFTER;
    while (this.pending && Date.now() < until) await pause(100);
    return !this.pending && this.lost === lost;
  }

  get pending() {
    return this.waiting.length > 0 || this.sending;
  }

  // Whatever waits now; while it is recorded a newer slice is always on its way.
  async allKept() {
    const last = this.waiting[this.waiting.length - 1];
    do await pause(500);
    while (last && this.waiting.includes(last));
  }

  async send() {
    if (this.sending) return;
    this.sending = true;
    let wait = 500;
    while (this.waiting.length) {
      this.say();
      const outcome = await this.sendOne(this.waiting[0]);
      if (outcome === "over") this.waiting = [];
      else if (outcome === "kept") this.waiting.shift();
      else if (outcome === "refused") this.startOver(this.waiting[0].part);
      else {
        await pause(wait);
        wait = Math.min(wait * 2, LONGEST_PAUSE);
      }
      if (outcome === "kept") wait = 500;
    }
    this.sending = false;
    this.say();
  }

  // After a slice that is never taken no other of its part is: what waits of it is lost, and another part begins.
  startOver(part) {
    this.refused = part;
    const left = this.waiting.filter((slice) => slice.part !== part);
    this.lost += this.waiting.length - left.length;
    this.waiting = left;
    if (part === this.part && this.source) this.begin(...this.source);
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
    const lost = this.lost && words.lostSlices.replace("{n}", this.lost);
    line.textContent = [counted, lost, stuck && words.unkept].filter(Boolean).join(" · ");
    line.className = stuck || lost ? "err" : "hint";
  }
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function hex(buffer) {
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
