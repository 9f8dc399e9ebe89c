// Makes a chosen photo smaller before it is uploaded: a long edge of 2,000 pixels is all that the worker looks at.
// What cannot be read here, or would not get smaller, is sent as it is: the server says what is wrong with it.
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

async function smaller(file) {
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
  return blob && blob.size < file.size ? new File([blob], "photo.jpg", { type: "image/jpeg" }) : file;
}

async function shrink(input) {
  const [file] = input.files;
  if (!file || file.size < SMALL_BYTES || !file.type.startsWith("image/")) return;
  let made;
  try {
    made = await smaller(file);
  } catch (error) {
    return; // the original goes
  }
  if (made === file || input.files[0] !== file) return;
  const list = new DataTransfer();
  list.items.add(made);
  input.files = list.files;
}

export default function start(form) {
  const input = form.querySelector('input[type="file"]');
  const button = form.querySelector("button");
  input.addEventListener("change", async () => {
    button.disabled = true; // a click in between would send the large one
    await shrink(input);
    button.disabled = false;
  });
}
