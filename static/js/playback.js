// The recording beside its stills: a still's mark seeks to its moment in the page instead of opening another window.
// The player's own full screen would leave the watermark behind, so it is ours: the stage with both.
export default function playback(element) {
  const videos = Array.from(element.querySelectorAll("video"));
  const marks = Array.from(element.querySelectorAll("[data-seconds]"));
  if (!videos.length) return;
  let at = -1;
  let current = videos[0];

  function seek(mark) {
    at = marks.indexOf(mark);
    current = videos[Number(mark.dataset.part) - 1] || videos[0];
    for (const video of videos) if (video !== current) video.pause();
    current.currentTime = Number(mark.dataset.seconds);
    current.scrollIntoView({ block: "nearest" });
  }

  element.addEventListener("click", (event) => {
    const mark = event.target.closest("[data-part]");
    const step = event.target.closest("[data-step]");
    if (mark) seek(mark);
    else if (step && marks.length) seek(marks[Math.min(Math.max(at + Number(step.dataset.step), 0), marks.length - 1)]);
    else if (event.target.closest("[data-play]")) {
      if (current.paused) current.play().catch(() => {}); // a recording that cannot be played says so in its own controls
      else current.pause();
    } else if (event.target.closest("[data-full]")) {
      if (document.fullscreenElement) document.exitFullscreen();
      else current.parentNode.requestFullscreen();
    } else return;
    event.preventDefault();
  });
  const play = element.querySelector("[data-play]");
  if (play) play.hidden = false;
  const full = element.querySelector("[data-full]");
  if (full && document.fullscreenEnabled) full.hidden = false;
}
