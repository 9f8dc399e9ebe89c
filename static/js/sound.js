// Two short tones, for a ring and for "nearly your turn". A browser may refuse sound before the first click.
const LENGTH = 0.2;
const LOUDNESS = 0.2;

export function tones(context, pitches) {
  if (!context) return;
  context.resume().catch(() => {}); // refused: the title and the words say the same
  pitches.forEach((pitch, number) => {
    const oscillator = context.createOscillator();
    const volume = context.createGain();
    const start = context.currentTime + number * (LENGTH + 0.05);
    oscillator.frequency.value = pitch;
    volume.gain.value = LOUDNESS;
    oscillator.connect(volume).connect(context.destination);
    oscillator.start(start);
    oscillator.stop(start + LENGTH);
  });
}

export function audio() {
  return window.AudioContext ? new AudioContext() : null;
}
