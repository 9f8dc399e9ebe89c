// While a witness calls: a ring and another title, until the part leaves the page.
import { audio, tones } from "./sound.js";

const RING_EVERY = 2000;
const TITLE_EVERY = 1000;

export default function ring(element) {
  const before = document.title;
  const context = audio();
  let shown = false;
  const tone = () => tones(context, [880, 660]);

  const ringing = setInterval(tone, RING_EVERY);
  const blinking = setInterval(() => {
    if (!element.isConnected) {
      clearInterval(ringing);
      clearInterval(blinking);
      if (context) context.close();
      if (document.title === element.dataset.title) document.title = before;
      return;
    }
    shown = !shown;
    document.title = shown ? element.dataset.title : before;
  }, TITLE_EVERY);
  tone();
  import(element.dataset.client).catch(() => {}); // the call needs it in a moment, and its own page tries again
  if (navigator.vibrate) navigator.vibrate([300, 200, 300]);
}
