// Offers the camera page where the browser can open a camera.
export default function offer(line) {
  if (navigator.mediaDevices && navigator.mediaDevices.getUserMedia) line.hidden = false;
}
