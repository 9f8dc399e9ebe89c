// Sends a chosen photo in small pieces (tus 1.0.0) before its form goes: what has arrived is never sent twice.
// After a reload the same photo, chosen again, goes on where it stopped: only the upload's random id is remembered.
import { clear, showAt } from "./field_errors.js";

const PIECE_BYTES = 128 * 1024;
const PIECE_MILLISECONDS = 120000;
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 15000;
const ENGLISH = document.documentElement.lang === "en";
const WORDS = ENGLISH
  ? { sending: "Uploading", of: " of ", lost: "The line is down. The upload goes on by itself when it is back.", busy: "The server is busy. The upload goes on by itself in a moment.", again: "Not all of the last photo was sent. Choose the same one again: the rest will follow." }
  : { sending: "正在上传", of: "，共 ", lost: "网络断了，恢复后会自动接着传。", busy: "服务器正忙，稍后会自动接着传。", again: "上一张照片没有传完。再选一次同一张照片，会从断的地方接着传。" };

function ask(method, url, headers, body, told) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    request.timeout = PIECE_MILLISECONDS;
    for (const name of Object.keys(headers)) request.setRequestHeader(name, headers[name]);
    if (told) request.upload.onprogress = (event) => told(event.loaded);
    request.onload = () => resolve(request);
    request.onerror = request.ontimeout = () => reject(Object.assign(new Error("no answer"), { passing: "lost" }));
    request.send(body || null);
  });
}

async function hashOf(file) {
  if (!crypto.subtle) return ""; // a site without TLS: no going on after a reload, nothing else is missing
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// One photo on its way to the server.
class Sending {
  constructor(form, file, shown) {
    Object.assign(this, { form, file, shown, place: form.dataset.uploads, stopped: false });
    this.key = `upload ${this.place.split("/")[4]}`;
  }

  headers(more) {
    return { "Tus-Resumable": "1.0.0", "X-CSRFToken": this.form.querySelector("[name=csrf_token]").value, ...more };
  }

  get url() {
    return `${this.place.split("/").slice(0, 3).join("/")}/uploads/${this.id}`;
  }

  // The upload's id once all of it is there; "" when this was stopped; throws for what will not pass by itself.
  async send() {
    const hash = await hashOf(this.file);
    let wait = FIRST_WAIT;
    let offset = null;
    while (!this.stopped && this.form.isConnected) {
      try {
        if (offset === null) offset = await this.begun(hash);
        if (offset >= this.file.size) return this.id;
        offset = await this.piece(offset);
        wait = FIRST_WAIT;
      } catch (trouble) {
        if (!trouble.passing) throw trouble;
        this.shown.say(WORDS[trouble.passing]);
        offset = null;
        await this.pause(wait);
        wait = Math.min(wait * 2, LONGEST_WAIT);
      }
    }
    return "";
  }

  // How much is there of this file already: of an upload that was cut, else of a new one.
  async begun(hash) {
    this.id = this.id || (hash && sessionStorage.getItem(this.key));
    if (this.id) {
      const there = await ask("HEAD", this.url, this.headers());
      const told = there.getResponseHeader("Upload-Metadata");
      if (there.status === 200 && told === this.told(hash)) return Number(there.getResponseHeader("Upload-Offset"));
      if (there.status !== 404 && there.status !== 410 && there.status !== 200) this.refuse(there);
      if (there.status === 200) await ask("DELETE", this.url, this.headers());
    }
    const made = await ask("POST", this.place, this.headers({ "Upload-Length": this.file.size, "Upload-Metadata": this.told(hash) }));
    if (made.status !== 201) this.refuse(made, []);
    this.id = made.getResponseHeader("Location").split("/").pop();
    sessionStorage.setItem(this.key, this.id);
    return 0;
  }

  told(hash) {
    return `sha256 ${btoa(hash)}`;
  }

  async piece(offset) {
    const piece = this.file.slice(offset, offset + PIECE_BYTES);
    const type = { "Content-Type": "application/offset+octet-stream", "Upload-Offset": offset };
    this.shown.arrived(offset, this.file.size);
    const answer = await ask("PATCH", this.url, this.headers(type), piece, (more) => {
      this.shown.arrived(Math.min(offset + more, this.file.size), this.file.size);
    });
    if (answer.status === 422) return this.file.size; // all of it is there, and is no photo: the form's answer says why
    if (answer.status !== 204) this.refuse(answer);
    return Number(answer.getResponseHeader("Upload-Offset"));
  }

  // A server that is busy passes, and so does an upload that is elsewhere than thought: the next look tells where.
  refuse(answer, elsewhere = [404, 409, 410]) {
    const passing = answer.status >= 500 ? "busy" : elsewhere.includes(answer.status) ? "lost" : "";
    throw Object.assign(new Error("refused"), { passing, answer });
  }

  pause(milliseconds) {
    return new Promise((resolve) => {
      setTimeout(resolve, milliseconds);
      window.addEventListener("online", resolve, { once: true });
    });
  }

  stop() {
    this.stopped = true;
    this.forget();
    if (this.id) ask("DELETE", this.url, this.headers()).catch(() => {}); // else it is swept after a day
  }

  forget() {
    sessionStorage.removeItem(this.key);
  }
}

// The bar and the words below the field.
class Shown {
  constructor(input) {
    this.place = document.createElement("p");
    const label = document.createElement("label");
    this.bar = document.createElement("progress");
    this.bar.id = `${input.id}-sent`;
    label.htmlFor = this.bar.id;
    label.textContent = WORDS.sending;
    this.bytes = document.createElement("small");
    this.trouble = document.createElement("small");
    this.trouble.setAttribute("role", "status");
    this.place.append(label, this.bar, this.bytes, " ", this.trouble);
    (input.closest("div.row") || input).after(this.place);
  }

  arrived(bytes, all) {
    this.bar.max = all;
    this.bar.value = bytes;
    this.bytes.textContent = `${Math.floor(bytes / 1024)} KB${WORDS.of}${Math.ceil(all / 1024)} KB`;
    if (this.trouble.textContent) this.trouble.textContent = "";
  }

  say(words) {
    this.trouble.textContent = words;
  }

  remove() {
    this.place.remove();
  }
}

function name(form, input, id) {
  const field = input.name.replace("photo", "upload");
  let hidden = form.querySelector(`input[name="${field}"]`);
  if (!hidden) {
    hidden = document.createElement("input");
    hidden.type = "hidden";
    hidden.name = field;
    form.append(hidden);
  }
  hidden.value = id;
  input.value = ""; // it has been sent
}

export default function start(form) {
  const input = form.querySelector('input[type="file"]');
  let now = null;

  async function send(issue) {
    const sending = (now = new Sending(form, input.files[0], new Shown(input)));
    form.setAttribute("aria-busy", "true");
    clear(form);
    let trouble = null;
    let id = "";
    try {
      id = await sending.send();
    } catch (error) {
      trouble = error;
    }
    sending.shown.remove();
    if (now !== sending) return; // another photo was chosen meanwhile
    now = null;
    form.removeAttribute("aria-busy");
    if (!id && !trouble) return;
    if (id) sending.forget();
    const answer = trouble && trouble.answer;
    if (answer && [413, 422].includes(answer.status)) {
      showAt(input, answer.responseText);
      return;
    }
    if (id) name(form, input, id);
    issue(true); // with what was sent; or, where sending in pieces was refused, with the file: the answer says why
  }

  form.addEventListener("htmx:confirm", (event) => {
    if (event.target !== form || !input.files.length) return;
    event.preventDefault();
    if (!now) send(event.detail.issueRequest);
  });
  input.addEventListener("change", () => {
    if (now) now.stop();
    if (now) now.shown.remove();
    now = null;
  });

  const left = sessionStorage.getItem(`upload ${form.dataset.uploads.split("/")[4]}`);
  if (left) {
    const note = new Shown(input);
    note.bar.remove();
    note.place.firstChild.remove();
    note.say(WORDS.again);
    input.addEventListener("change", () => note.remove(), { once: true });
  }
}
