// The witness's script as a stepper: a click on a line marks it as done, the next open one is current.
export default function script(list) {
  const lines = [...list.children];

  function show() {
    const current = lines.find((line) => !line.classList.contains("done"));
    for (const line of lines) {
      if (line === current) line.setAttribute("aria-current", "step");
      else line.removeAttribute("aria-current");
    }
  }

  for (const line of lines) {
    line.tabIndex = 0;
    const toggle = () => {
      line.classList.toggle("done");
      show();
    };
    line.addEventListener("click", toggle);
    line.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      toggle();
    });
  }
  show();
}
