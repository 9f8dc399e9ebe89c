// Makes a chosen photo smaller before it is uploaded: a long edge of 2,000 pixels is all that the worker looks at.
// What cannot be read here, or would not get smaller, is sent as it is: the server says what is wrong with it.
// A format that the server does not take is turned into JPEG where the browser can read it, else refused at once.
import { clear, showAt } from "./field_errors.js";

const TAKEN = ["image/jpeg", "image/png", "image/webp"];
const WORDS = document.documentElement.lang === "en"
  ? { heic: "This is a HEIC photo, which cannot be opened here. Set your camera to “Most Compatible” and take it again, or convert it to JPEG first", other: "This is no photo. Please choose a JPEG, PNG or WebP photo" }
  : { heic: "这是 HEIC 格式的照片，这里打不开。请把手机相机的格式改成“兼容性最佳”后重拍，或者先转成 JPEG", other: "这不是照片文件，请选 JPEG、PNG 或 WebP 格式的照片" };
const LONGEST = 2000;
const QUALITY = 0.9;
const SMALL_BYTES = 600 * 1024;

function load(file) {
  return new Promise((resolve, reject) => {
    const image = new Image();
    const address = URL.createObjectURL(file);
    image.onload = () => { URL.revokeObjectURL(address); resolve(image); };
    image.onerror = () => { URL.revokeObjectURL(address); reject(new Error("not readable here")); };
    image.src = address;
  });
}

async function smaller(file, isTaken) {
  const image = await load(file);
  const ratio = Math.min(1, LONGEST / Math.max(image.naturalWidth, image.naturalHeight));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(image.naturalWidth * ratio);
  canvas.height = Math.round(image.naturalHeight * ratio);
  const paint = canvas.getContext("2d");
  paint.fillStyle = "#fff";
  paint.fillRect(0, 0, canvas.width, canvas.height);
  paint.drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  return blob && (blob.size < file.size || !isTaken) ? new File([blob], "photo.jpg", { type: "image/jpeg" }) : file;
}

async function shrink(input) {
  const [file] = input.files;
  const isTaken = file && TAKEN.includes(file.type);
  if (!file || (isTaken && file.size < SMALL_BYTES)) return;
  let made;
  try {
    made = await smaller(file, isTaken);
  } catch (error) {
    if (!isTaken && input.files[0] === file) refuse(input, file);
    return; // the original goes
  }
  if (made === file || input.files[0] !== file) return;
  const list = new DataTransfer();
  list.items.add(made);
  input.files = list.files;
}

function refuse(input, file) {
  const there = input.isConnected ? input : document.getElementById(input.id) || input;
  input.value = "";
  showAt(there, /hei[cf]/i.test(`${file.type} ${file.name}`) ? WORDS.heic : WORDS.other);
}

// While the photos lie open to be chosen from, the box may come anew: the choice, and what is said of it, go there.
function moved(input) {
  const now = input.isConnected ? null : document.getElementById(input.id);
  if (!now || !input.files.length || now.files.length) return false;
  now.files = input.files;
  now.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
}

export default function start(form) {
  const input = form.querySelector('input[type="file"]');
  const button = form.querySelector("button");
  const chosen = async () => {
    if (moved(input)) return;
    clear(form);
    button.disabled = true; // a click in between would send the large one
    await shrink(input);
    button.disabled = false;
    moved(input); // the box may have been exchanged meanwhile
  };
  input.addEventListener("change", chosen);
  if (input.files.length) chosen(); // chosen before this file had arrived over a slow line
}
