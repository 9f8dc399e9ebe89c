// Tries camera, microphone and speaker, shows what came of it, and lets the server remember the words.
const LISTEN = 3000;
const LOUD_ENOUGH = 4;

export default function check(section) {
  const begin = section.querySelector("[data-begin]");
  const panel = section.querySelector("[data-check]");
  const form = section.querySelector("[data-result]");
  const line = panel.querySelector("[role=status]");
  begin.hidden = false;
  begin.querySelector("button").addEventListener("click", run);

  async function run() {
    begin.hidden = true;
    if (!navigator.mediaDevices || !window.RTCPeerConnection || !window.AudioContext) {
      return tell({ camera: "unsupported", microphone: "unsupported", speaker: "unsupported", size: "" });
    }
    panel.hidden = false;
    line.textContent = line.dataset.allow;
    const camera = await open({ video: { width: { ideal: 1920 }, height: { ideal: 1080 } } });
    if (camera.stream) panel.querySelector("video").srcObject = camera.stream;
    const microphone = await open({ audio: true });
    if (microphone.stream) {
      line.textContent = line.dataset.say;
      microphone.result = (await loudest(microphone.stream, panel.querySelector("progress"))) > LOUD_ENOUGH ? "ok" : "quiet";
    }
    const size = camera.stream ? sizeOf(camera.stream) : "";
    for (const found of [camera, microphone]) {
      if (found.stream) for (const track of found.stream.getTracks()) track.stop();
    }
    line.textContent = line.dataset.hear;
    const speaker = await heard(panel.querySelector("[data-heard]"));
    return tell({ camera: camera.result, microphone: microphone.result, speaker, size });
  }

  function tell(found) {
    for (const name of Object.keys(found)) form.elements[name].value = found[name];
    if (window.htmx) window.htmx.trigger(form, "submit");
    else form.submit();
  }
}

async function open(wanted) {
  try {
    return { stream: await navigator.mediaDevices.getUserMedia(wanted), result: "ok" };
  } catch (error) {
    return { stream: null, result: error.name === "NotAllowedError" ? "refused" : "none" };
  }
}

function sizeOf(stream) {
  const { width, height } = stream.getVideoTracks()[0].getSettings();
  return width && height ? `${width}×${height}` : "";
}

// The loudest level within three seconds, 0 to 100.
async function loudest(stream, bar) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Uint8Array(analyser.fftSize);
  const until = Date.now() + LISTEN;
  let most = 0;
  while (Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    analyser.getByteTimeDomainData(samples);
    const level = (Math.max(...samples.map((sample) => Math.abs(sample - 128))) / 128) * 100;
    bar.value = level;
    most = Math.max(most, level);
  }
  await context.close();
  return most;
}

async function heard(question) {
  const context = new AudioContext();
  const oscillator = context.createOscillator();
  const volume = context.createGain();
  volume.gain.value = 0.2;
  oscillator.frequency.value = 523;
  oscillator.connect(volume).connect(context.destination);
  oscillator.start();
  question.hidden = false;
  const answer = await new Promise((resolve) => {
    question.addEventListener("click", (event) => {
      if (event.target.value) resolve(event.target.value);
    });
  });
  oscillator.stop();
  context.close();
  return answer;
}
