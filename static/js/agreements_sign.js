// Signs the agreements with the key of this browser: unlock, ask for the bytes to sign, sign each, hand them in.
//
// <form method="post" data-island="agreements_sign" data-certificates='["<sha-256 hex>", …]'    usable ones
//       data-prepare-url>
//   <input type="checkbox" id="agree" name="agree" required> <input id="sms_code" name="sms_code">
//   <input type="password" id="certificate_password" data-field="password">              no name: never sent
//   <button class="go">…</button>
// </form>
// POST prepare (the form's fields, certificate = the fingerprint found here) → {documents: [{id, attributes}], finish: url}
// POST finish (the same, signatures = JSON {id: r ‖ s}) → {next: url}           attributes and signatures in base64
// Either may answer {poll: true, url} while the worker is busy; GET url then gives the answer, or {poll: true} again.
// 422 {errors: {field name: text}} goes to the fields; {error: text} above the form. The password is checked first, so
// that a mistyped one does not use up the SMS code; what was prepared is kept, so that a lost line can be repeated.
import { clear, setBusy, showAbove, showAt } from "./field_errors.js";
import { SIGNING } from "./key_words.js";
import { findKey, fromBase64, toBase64, unlock } from "./keys.js";

const POLL_MILLISECONDS = 700;
const POLLS = 120;

export default function agreementsSign(form) {
  const password = form.querySelector("[data-field=password]");
  password.removeAttribute("name");
  const kept = { prepared: null };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    if (form.hasAttribute("aria-busy")) return;
    clear(form);
    const sent = new FormData(form);
    setBusy(form, true);
    try {
      const next = await signAll(form, sent, password.value, kept);
      password.value = "";
      leadOn(form, next);
    } catch (trouble) {
      setBusy(form, false);
      tell(form, password, trouble);
    }
  }, true);
}

// The next step comes into this page; where that fails, as a page of its own.
async function leadOn(form, next) {
  const how = { target: "#main", swap: "innerHTML show:window:top", push: "true" };
  if (window.htmx) await window.htmx.ajax("get", next, how).catch(() => undefined);
  if (form.isConnected) window.location.assign(next);
}

async function signAll(form, sent, password, kept) {
  const key = await ownKey(JSON.parse(form.dataset.certificates));
  const signOne = await unlock(key.id, password);
  sent.set("certificate", key.fingerprint);
  if (!kept.prepared) kept.prepared = await answerOf(form.dataset.prepareUrl, sent);
  const signatures = {};
  for (const one of kept.prepared.documents) signatures[one.id] = toBase64(await signOne(fromBase64(one.attributes)));
  sent.set("signatures", JSON.stringify(signatures));
  try {
    return (await answerOf(kept.prepared.finish, sent)).next;
  } catch (trouble) {
    if (trouble.code !== "network") kept.prepared = null;
    throw trouble;
  }
}

// The first of the usable certificates whose key is in this browser.
async function ownKey(certificates) {
  for (const fingerprint of certificates) {
    const id = await findKey(fingerprint);
    if (id) return { id, fingerprint };
  }
  throw Object.assign(new Error("no_key"), { code: "no_key" });
}

async function answerOf(url, sent) {
  let answer = await asked(url, { method: "POST", body: sent });
  let where = answer.url;
  for (let count = 0; answer.poll && count < POLLS; count += 1) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
    answer = await asked(where, {});
    where = answer.url || where;
  }
  if (answer.poll) throw Object.assign(new Error("network"), { code: "network" });
  return answer;
}

async function asked(url, how) {
  let response;
  let answer;
  try {
    const headers = { Accept: "application/json" };
    response = await fetch(url, { ...how, headers, credentials: "same-origin" });
    answer = await response.json();
  } catch (error) {
    throw Object.assign(new Error("network"), { code: response && response.status < 500 ? "failed" : "network" });
  }
  if (!response.ok) throw Object.assign(new Error("refused"), { code: "refused", answer });
  return answer;
}

function tell(form, password, trouble) {
  if (trouble.code === "wrong_password") {
    showAt(password, SIGNING.wrong_password);
    return;
  }
  const answer = trouble.answer || {};
  const errors = Object.entries(answer.errors || {}).filter(([name]) => form.elements[name]);
  errors.reverse().forEach(([name, text]) => showAt(form.elements[name], text));
  if (errors.length === 0) showAbove(form, answer.error || (SIGNING[trouble.code] || SIGNING.failed));
}
