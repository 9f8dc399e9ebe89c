// How a call is carried on a bad line: large picture, small picture, a still every two seconds, written words only.
// Sound goes on until the last step. Which step fits is measured where the bad line is: in the investor's browser.
export const STEPS = ["large", "small", "stills", "chat"];
export const SENDS = {
  large: { bits: 60000, height: 480, picture: true, sound: true },
  small: { bits: 42000, height: 240, picture: true, sound: true },
  stills: { bits: 30000, height: 240, picture: false, sound: true },
  chat: { bits: 30000, height: 240, picture: false, sound: false },
};
const SOUND_BITS = 16000;
// Bits a second that a step needs with its sound, and what says that the line does not carry it.
const NEEDS = { large: 82000, small: 60000, stills: 0 };
const TOO_MANY_LOST = 0.12;
const TOO_SLOW_SECONDS = 1.5;
const LOOKS_DOWN = 2;
// Words alone show and say nothing of a person: sound is given up only after ten seconds in which it was no use.
const LOOKS_DOWN_TO_WORDS = 5;
// What was last heard from the other side so long ago says nothing about the line as it is now.
const STALE = 5000;
const LOOKS_UP = 15;
const LOOKS_UP_AT_MOST = 120;

// Looks at the line every two seconds: `look` answers the step that fits now. Down after four seconds of trouble (from
// stills to words alone after ten), up one step after half a minute without, twice as long each time that this was too
// much. A browser that sends little cannot know how wide the line is: above stills and words the next is simply tried.
export function measuring() {
  let bad = 0;
  let good = 0;
  let patience = LOOKS_UP;
  let tried = false;
  return function look(step, { bits, lost, seconds }) {
    const below = bits > 0 && bits < NEEDS[step];
    const trouble = below || lost > TOO_MANY_LOST || seconds > TOO_SLOW_SECONDS;
    bad = trouble ? bad + 1 : 0;
    good = trouble ? 0 : good + 1;
    const at = STEPS.indexOf(step);
    if (bad >= (step === "stills" ? LOOKS_DOWN_TO_WORDS : LOOKS_DOWN) && at < STEPS.length - 1) {
      bad = 0;
      if (tried) patience = Math.min(patience * 2, LOOKS_UP_AT_MOST);
      tried = false;
      return STEPS[at + 1];
    }
    const above = at > 1 || (at === 1 && (!bits || bits > NEEDS.large * 1.3));
    if (good >= patience && above) {
      good = 0;
      tried = true;
      return STEPS[at - 1];
    }
    return step;
  };
}

export const BROKEN = { bits: 0, lost: 1, seconds: 0 };

// What the browser knows of the line towards the other side.
export async function outgoing(peer) {
  const seen = { bits: 0, lost: 0, seconds: 0 };
  const stats = await peer.getStats();
  const heard = performance.timeOrigin + performance.now() - STALE;
  stats.forEach((report) => {
    if (report.type === "candidate-pair" && report.nominated) {
      seen.bits = report.availableOutgoingBitrate || 0;
      seen.seconds = report.currentRoundTripTime || 0;
    }
    // a picture that is no longer sent keeps the last that was told of it
    if (report.type === "remote-inbound-rtp" && report.timestamp > heard) seen.lost = Math.max(seen.lost, report.fractionLost || 0);
  });
  return seen;
}

// Send no more than the step allows.
export async function carry(peer, step) {
  const { bits, height, picture, sound } = SENDS[step];
  for (const sender of peer.getSenders()) {
    if (!sender.track) continue;
    const parameters = sender.getParameters();
    if (!parameters.encodings || !parameters.encodings.length) continue;
    const [encoding] = parameters.encodings;
    if (sender.track.kind === "video") {
      if ("contentHint" in sender.track) sender.track.contentHint = "motion";
      const taken = sender.track.getSettings().height || height;
      Object.assign(encoding, { active: picture, maxBitrate: bits, scaleResolutionDownBy: Math.max(1, taken / height) });
    } else Object.assign(encoding, { active: sound, maxBitrate: SOUND_BITS });
    await sender.setParameters(parameters);
  }
}

// Sound in packets of 60 ms instead of 20: what heads the packets would otherwise weigh more than the sound in them.
export function inLongPackets({ type, sdp }) {
  return { type, sdp: sdp.replace(/(m=audio [^]*?)(a=rtpmap:)/, "$1a=ptime:60\r\n$2") };
}
