// Is one of the investor's usable certificates in this browser? Fills the form and sends it, once.
//
// <form method="post" data-island="certificate_check" data-certificates='["<sha-256 hex>", …]'
//       [data-installed-here='["<sha-256 hex>", …]']>    certificates the server believes were installed in this browser
//   <input type="hidden" name="found" value="">          the fingerprint, or empty
//   <input type="hidden" name="why" value="">            never | other_device | lost | unsupported | storage_blocked
//   <button class="go">…</button>                        without JavaScript: sends found="" and why=""
// </form>
// Leave data-certificates out on the page that shows the answer: then nothing is sent.
import { findKey, isSupported } from "./keys.js";

export default async function certificateCheck(form) {
  if (!form.dataset.certificates) return;
  const answer = await look(JSON.parse(form.dataset.certificates), JSON.parse(form.dataset.installedHere || "[]"));
  form.elements.found.value = answer.found;
  form.elements.why.value = answer.why;
  if (form.requestSubmit) form.requestSubmit();
  else form.submit();
}

async function look(certificates, installedHere) {
  if (!isSupported()) return { found: "", why: "unsupported" };
  try {
    for (const fingerprint of certificates) {
      if (await findKey(fingerprint)) return { found: fingerprint, why: "" };
    }
  } catch (trouble) {
    return { found: "", why: trouble.code === "storage_blocked" ? "storage_blocked" : "unsupported" };
  }
  if (certificates.length === 0) return { found: "", why: "never" };
  const was = certificates.some((fingerprint) => installedHere.includes(fingerprint));
  return { found: "", why: was ? "lost" : "other_device" };
}
