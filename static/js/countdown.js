// Counts the seconds of data-seconds down in [data-left], by the words that stand there; at the end the element may go.
export default function countdown(element) {
  const left = element.querySelector("[data-left]");
  const numbers = left.textContent.match(/\d+/g) || [];
  const words = left.textContent;
  const end = Date.now() + 1000 * Number(element.dataset.seconds);

  function show(seconds) {
    const parts = numbers.length > 1 ? [Math.floor(seconds / 60), seconds % 60] : [seconds];
    let text = words;
    let from = 0;
    parts.forEach((part, at) => {
      const found = text.indexOf(numbers[at], from);
      text = text.slice(0, found) + part + text.slice(found + numbers[at].length);
      from = found + String(part).length;
    });
    left.textContent = text;
  }

  const ticking = setInterval(() => {
    const seconds = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    if (element.isConnected && seconds > 0) {
      show(seconds);
      return;
    }
    clearInterval(ticking);
    if (element.dataset.over === "remove") element.remove();
    else show(0);
  }, 1000);
}
