// Makes or uses a passkey: a button that asks the browser's authenticator and sends its answer with the form.
// data-act: "get" or "create"; data-options: the server's options, bytes as base64url. The form has a field "passkey".
function bytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function text(buffer) {
  const plain = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function toCreate(options) {
  return {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: (options.excludeCredentials || []).map((one) => ({ ...one, id: bytes(one.id) })),
  };
}

function answer(credential) {
  const { response } = credential;
  const said = { clientDataJSON: text(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) said[name] = text(response[name]);
  }
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response: said });
}

export default function passkey(element) {
  if (!window.PublicKeyCredential) return;
  const options = JSON.parse(element.dataset.options);
  const button = element.querySelector("button");
  const failed = element.querySelector("[role=alert]");
  const form = element.closest("form");
  element.hidden = false;

  button.addEventListener("click", async () => {
    const missing = [...form.querySelectorAll("input[type=text],input[type=password]")]
      .find((field) => field.name !== "code" && !field.reportValidity());
    if (missing) return;
    button.disabled = true;
    failed.hidden = true;
    try {
      const credential = element.dataset.act === "create"
        ? await navigator.credentials.create({ publicKey: toCreate(options) })
        : await navigator.credentials.get({ publicKey: { ...options, challenge: bytes(options.challenge) } });
      form.elements.passkey.value = answer(credential);
      form.submit(); // without the browser's checks: the one-time code stays empty
    } catch (refused) {
      failed.hidden = false;
      button.disabled = false;
    }
  });
}
