// Makes the certificate key before the form is sent, and puts the certificate to its key when it came.
//
// Asking:
// <form method="post" data-island="certificate_install" data-challenge="<base64>" data-minimum-length="8">
//   <input type="password" id="password" data-field="password" autocomplete="new-password">        no name: never sent
//   <input type="password" id="password_again" data-field="password_again" autocomplete="new-password">
//   <input type="hidden" name="public_key"> <input type="hidden" name="proof">                     base64
//   <button class="go" disabled>…</button>      enabled here: a click before this script is there cannot make a key
// </form>
// Renewing, besides: data-renews="<fingerprint>"
//   <input type="password" data-field="old_password"> and <input type="hidden" name="continuity">: the old key vouches.
// Issued (SHA-256, hexadecimal, of its public key and of the certificate):
// <div data-island="certificate_install" data-key="<sha-256 hex>" data-fingerprint="<sha-256 hex>">
//   <p data-when="installed" hidden>…</p> <p data-when="missing" hidden>…</p>    missing: the key is not in this browser
// </div>
import { clear, setBusy, showAbove, showAt } from "./field_errors.js";
import { MAKING_A_KEY } from "./key_words.js";
import { attachCertificate, createKey, findKey, fromBase64, prove, remove, toBase64, vouch } from "./keys.js";
import { weakness } from "./password.js";

export default function certificateInstall(element) {
  if (element.tagName === "FORM") ask(element);
  else install(element);
}

function ask(form) {
  const password = form.querySelector("[data-field=password]");
  const again = form.querySelector("[data-field=password_again]");
  form.querySelectorAll("[data-field]").forEach((field) => field.removeAttribute("name"));
  setBusy(form, false);
  form.addEventListener("submit", async (event) => {
    if (form.elements.proof.value) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (form.hasAttribute("aria-busy")) return;
    clear(form);
    const weak = weakness(password.value, Number(form.dataset.minimumLength || 8));
    if (weak) {
      showAt(password, MAKING_A_KEY[weak].replace("{n}", form.dataset.minimumLength));
    } else if (password.value !== again.value) {
      showAt(again, MAKING_A_KEY.not_same);
    } else {
      await makeAndSend(form, password.value);
    }
  }, true);
}

async function makeAndSend(form, password) {
  setBusy(form, true);
  let made;
  try {
    const challenge = fromBase64(form.dataset.challenge);
    const old = form.dataset.renews ? await findKey(form.dataset.renews) : "";
    if (old === null) throw Object.assign(new Error("no_key"), { code: "no_key" });
    made = await createKey(password);
    const proof = await prove(made.keyId, password, challenge);
    if (old) {
      const typed = form.querySelector("[data-field=old_password]").value;
      form.elements.continuity.value = toBase64(await vouch(old, typed, challenge, fromBase64(made.spki)));
    }
    form.elements.public_key.value = made.spki;
    form.elements.proof.value = toBase64(proof);
  } catch (trouble) {
    if (made) await remove(made.keyId);
    setBusy(form, false);
    if (trouble.code === "wrong_password") showAt(form.querySelector("[data-field=old_password]"), MAKING_A_KEY.wrong_password);
    else showAbove(form, MAKING_A_KEY[trouble.code] || MAKING_A_KEY.failed);
    return;
  } finally {
    setBusy(form, false);
  }
  if (form.requestSubmit) form.requestSubmit();
  else form.submit();
}

async function install(element) {
  let state = "installed";
  try {
    await attachCertificate(element.dataset.key, element.dataset.fingerprint);
  } catch (trouble) {
    state = "missing";
  }
  element.querySelectorAll("[data-when]").forEach((part) => {
    part.hidden = part.dataset.when !== state;
  });
}
