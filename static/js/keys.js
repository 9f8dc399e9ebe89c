// The certificate keys of this browser: made here, wrapped with the certificate password, never leaving it in clear.
//
// What is stored (IndexedDB "certificate-keys"): the public key, the wrapped private key with salt and rounds, and the
// fingerprint of the certificate once there is one. No name, no number, no certificate: those are personal.
// Errors carry .code: "no_webcrypto", "storage_blocked", "no_key", "wrong_password".
const DATABASE = "certificate-keys";
const STORE = "keys";
const ROUNDS = 600000; // PBKDF2-SHA-256, OWASP password storage, 2023
const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" };
const PROOF_PREFIX = "settlement-account certificate request v1\n";
const RENEWAL_PREFIX = "settlement-account certificate renewal v1\n";

export class KeyTrouble extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

export function isSupported() {
  return Boolean(window.isSecureContext && window.crypto && crypto.subtle && window.indexedDB);
}

export function toBase64(bytes) {
  return btoa(Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join(""));
}

export function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

// A new key pair; the private half is kept wrapped. Answers {spki (base64), keyId}.
export async function createKey(password) {
  demandSupport();
  const pair = await crypto.subtle.generateKey(CURVE, true, ["sign", "verify"]);
  const spki = await crypto.subtle.exportKey("spki", pair.publicKey);
  const clear = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const lock = await lockFor(password, salt, ROUNDS);
  const wrapped = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: spki }, lock, clear);
  clear.fill(0);
  const id = hex(await crypto.subtle.digest("SHA-256", spki));
  await withStore("readwrite", (store) => store.put({ id, spki, salt, iv, rounds: ROUNDS, wrapped, fingerprint: "" }));
  return { spki: toBase64(spki), keyId: id };
}

// [{keyId, fingerprint}]; the fingerprint is empty while no certificate came.
export async function listKeys() {
  const kept = await withStore("readonly", (store) => store.getAll());
  return kept.map((key) => ({ keyId: key.id, fingerprint: key.fingerprint }));
}

// The id of the key whose certificate has this fingerprint (SHA-256 of its DER, hexadecimal), or null.
export async function findKey(fingerprint) {
  const found = (await listKeys()).find((key) => key.fingerprint === fingerprint.toLowerCase());
  return found ? found.keyId : null;
}

// Remember which certificate the key has got. That it is this key's own is checked before it is taken
// (app/documents/issued.py): the certificate itself need not come over the line.
export async function attachCertificate(keyId, fingerprint) {
  const key = await stored(keyId);
  if (key.fingerprint !== fingerprint) await withStore("readwrite", (store) => store.put({ ...key, fingerprint }));
}

// Unlock once, sign several: answers a function bytes → Uint8Array(64), r ‖ s. The key itself cannot be exported.
export async function unlock(keyId, password) {
  demandSupport();
  const key = await stored(keyId);
  const lock = await lockFor(password, key.salt, key.rounds);
  let clear;
  try {
    const how = { name: "AES-GCM", iv: key.iv, additionalData: key.spki };
    clear = new Uint8Array(await crypto.subtle.decrypt(how, lock, key.wrapped));
  } catch (error) {
    throw new KeyTrouble("wrong_password");
  }
  const secret = await crypto.subtle.importKey("pkcs8", clear, CURVE, false, ["sign"]);
  clear.fill(0);
  return async (bytes) => new Uint8Array(await crypto.subtle.sign(SIGNATURE, secret, bytes));
}

export async function sign(keyId, password, bytes) {
  return (await unlock(keyId, password))(bytes);
}

// Proof of possession over the server's challenge (Uint8Array), as app/documents/keys.py checks it.
export async function prove(keyId, password, challenge) {
  const key = await stored(keyId);
  const own = await crypto.subtle.digest("SHA-256", key.spki);
  return sign(keyId, password, joined(new TextEncoder().encode(PROOF_PREFIX), challenge, new Uint8Array(own)));
}

// The old key vouches for the new one (SPKI, Uint8Array), over the same challenge.
export async function vouch(keyId, password, challenge, spki) {
  const own = await crypto.subtle.digest("SHA-256", spki);
  return sign(keyId, password, joined(new TextEncoder().encode(RENEWAL_PREFIX), challenge, new Uint8Array(own)));
}

export async function remove(keyId) {
  await withStore("readwrite", (store) => store.delete(keyId));
}

async function stored(keyId) {
  const key = await withStore("readonly", (store) => store.get(keyId));
  if (!key) throw new KeyTrouble("no_key");
  return key;
}

async function lockFor(password, salt, rounds) {
  const typed = new TextEncoder().encode(password.normalize("NFKC"));
  const base = await crypto.subtle.importKey("raw", typed, "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds };
  return crypto.subtle.deriveKey(how, base, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

function demandSupport() {
  if (!isSupported()) throw new KeyTrouble("no_webcrypto");
}

// One transaction: the answer of `act`'s request, given only after the transaction is complete.
async function withStore(mode, act) {
  demandSupport();
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(new KeyTrouble("storage_blocked"));
    });
  } finally {
    database.close();
  }
}

function opened() {
  return new Promise((resolve, reject) => {
    const blocked = () => reject(new KeyTrouble("storage_blocked"));
    let request;
    try {
      request = indexedDB.open(DATABASE, 1);
    } catch (error) {
      blocked();
      return;
    }
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = blocked;
    request.onblocked = blocked;
  });
}

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function hex(buffer) {
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
