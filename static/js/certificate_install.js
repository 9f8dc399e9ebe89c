// Makes the certificate key before the form is sent, and puts the certificate to its key when it came.
//
// Asking:
// <form method="post" data-island="certificate_install" data-challenge="<base64>" data-minimum-length="8"
//       data-text-too-short data-text-not-same data-text-no-webcrypto data-text-storage-blocked data-text-failed>
//   <input type="password" id="password" data-field="password" autocomplete="new-password">        no name: never sent
//   <input type="password" id="password_again" data-field="password_again" autocomplete="new-password">
//   <input type="hidden" name="public_key"> <input type="hidden" name="proof">                     base64
//   <button class="go" disabled>…</button>      enabled here: a click before this script is there cannot make a key
// </form>
// Issued (the template's text is the PEM, leaf first; or data-pem-url is fetched):
// <div data-island="certificate_install">
//   <template data-certificate>-----BEGIN CERTIFICATE-----…</template>
//   <p data-when="installed" hidden>…</p> <p data-when="missing" hidden>…</p>    missing: the key is not in this browser
// </div>
import { clear, setBusy, showAbove, showAt, words } from "./field_errors.js";
import { attachCertificate, createKey, fromBase64, prove, remove, toBase64 } from "./keys.js";

export default function certificateInstall(element) {
  if (element.tagName === "FORM") ask(element);
  else install(element);
}

function ask(form) {
  const password = form.querySelector("[data-field=password]");
  const again = form.querySelector("[data-field=password_again]");
  password.removeAttribute("name");
  again.removeAttribute("name");
  setBusy(form, false);
  form.addEventListener("submit", async (event) => {
    if (form.elements.proof.value) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (form.hasAttribute("aria-busy")) return;
    clear(form);
    if (password.value.length < Number(form.dataset.minimumLength || 8)) {
      showAt(password, words(form, "too_short"));
    } else if (password.value !== again.value) {
      showAt(again, words(form, "not_same"));
    } else {
      await makeAndSend(form, password.value);
    }
  }, true);
}

async function makeAndSend(form, password) {
  setBusy(form, true);
  let made;
  try {
    made = await createKey(password);
    const proof = await prove(made.keyId, password, fromBase64(form.dataset.challenge));
    form.elements.public_key.value = made.spki;
    form.elements.proof.value = toBase64(proof);
  } catch (trouble) {
    if (made) await remove(made.keyId);
    showAbove(form, words(form, trouble.code || "failed"));
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
    await attachCertificate(null, await pemOf(element));
  } catch (trouble) {
    state = "missing";
  }
  element.querySelectorAll("[data-when]").forEach((part) => {
    part.hidden = part.dataset.when !== state;
  });
}

async function pemOf(element) {
  const template = element.querySelector("template[data-certificate]");
  if (template) return template.content.textContent;
  const answer = await fetch(element.dataset.pemUrl, { credentials: "same-origin" });
  return answer.text();
}
