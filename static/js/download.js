// A form whose answer is a file that takes its time: a bar while it is made and fetched, then the browser keeps it.
// Any other answer (a page that says what is wrong) is shown as the page's next one, as it would be without this.
import { setBusy } from "./field_errors.js";

const KEPT_MILLISECONDS = 60000;

function nameOf(answer) {
  const found = /filename="?([^";]+)/.exec(answer.headers.get("Content-Disposition") || "");
  return found && found[1];
}

function keep(file, name) {
  const url = URL.createObjectURL(file);
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MILLISECONDS);
}

export default function start(form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.hasAttribute("aria-busy")) return;
    const sent = new FormData(form);
    setBusy(form, true);
    try {
      const headers = { "HX-Request": "true" }; // so that what is no file tells where to go on, and keeps its message
      const answer = await fetch(form.action, { method: "POST", body: sent, headers, credentials: "same-origin" });
      const name = nameOf(answer);
      const place = answer.headers.get("HX-Location");
      if (name) keep(await answer.blob(), name);
      else if (place) window.htmx.ajax("GET", JSON.parse(place).path, { target: "#main" });
      else form.submit();
    } catch (trouble) {
      form.submit(); // the line broke: the browser's own page says so
    } finally {
      setBusy(form, false);
    }
  });
}
