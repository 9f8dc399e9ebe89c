// While a witness calls: a ring and another title, until the part leaves the page.
const RING_EVERY = 2000;
const TITLE_EVERY = 1000;

export default function ring(element) {
  const before = document.title;
  const context = window.AudioContext ? new AudioContext() : null;
  let shown = false;

  function tone() {
    if (!context) return;
    context.resume().catch(() => {});
    for (const [start, pitch] of [[0, 880], [0.25, 660]]) {
      const oscillator = context.createOscillator();
      const volume = context.createGain();
      oscillator.frequency.value = pitch;
      volume.gain.value = 0.2;
      oscillator.connect(volume).connect(context.destination);
      oscillator.start(context.currentTime + start);
      oscillator.stop(context.currentTime + start + 0.2);
    }
  }

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
  if (navigator.vibrate) navigator.vibrate([300, 200, 300]);
}
