// A check's number, pressed or clicked, goes through its answers: yes, no, not applicable, yes…
export default function checks(element) {
  element.addEventListener("click", (event) => {
    const number = event.target.closest("[data-cycle]");
    if (!number) return;
    const answers = Array.from(number.closest("tr").querySelectorAll("[type=radio]"));
    const next = answers[(answers.findIndex((answer) => answer.checked) + 1) % answers.length];
    next.click();
    next.focus();
  });
}
