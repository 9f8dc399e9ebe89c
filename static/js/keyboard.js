// Keys for what can be done on a staff page: an element with data-key="a" is pressed by the key A.
// Not while somebody types, and never together with Ctrl, Alt or Meta: those keys belong to the browser.
const TYPING = "textarea, select, video, input:not([type=radio]):not([type=checkbox])";

export default function keyboard(element) {
  function press(event) {
    if (!element.isConnected) {
      document.removeEventListener("keydown", press);
      return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.isComposing) return;
    // What was pressed before is on its way: Z now would take back the decision before it.
    if (element.querySelector("[data-key].htmx-request")) return;
    if (event.target.matches && event.target.matches(TYPING)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const wanted = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const found = Array.from(element.querySelectorAll("[data-key]")).find((one) => one.dataset.key === wanted);
    if (!found || found.disabled) return;
    event.preventDefault();
    if (found.matches(TYPING)) found.focus();
    else found.click();
  }
  document.addEventListener("keydown", press);
  document.documentElement.dataset.keys = ""; // whoever drives the page from outside sees that keys are heard
}
