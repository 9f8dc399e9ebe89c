// Finds reasons to send back for by number, pinyin initials or words; several can be ticked without the mouse.
//
// Enter in the search ticks what was found (all of them when only numbers were typed, else the first) and is ready for
// the next; the arrows walk through what is shown, Escape leads back. What is ticked always stays in sight.
export default function reasons(element) {
  const finder = element.querySelector("[data-search]");
  const search = finder.querySelector("input");
  const said = finder.querySelector("[role=status]");
  const groups = Array.from(element.querySelectorAll("details"));
  const opened = groups.map(() => false); // by hand
  const lines = Array.from(element.querySelectorAll(".reason"));
  const boxOf = (line) => line.querySelector("[type=checkbox]");
  const remarkOf = (line) => line.querySelector("[name^='remark:']");
  let found = [];

  function terms() {
    return search.value.toLowerCase().split(/[\s,，、]+/).filter(Boolean);
  }

  function beginsWithIn(letters, initials) {
    const groupsOfLetters = initials.split(" ");
    for (let start = 0; start + letters.length <= groupsOfLetters.length; start += 1) {
      if (Array.from(letters).every((letter, at) => groupsOfLetters[start + at].includes(letter))) return true;
    }
    return false;
  }

  function fits(line, term) {
    if (/^\d+$/.test(term)) return line.dataset.number.startsWith(term) || line.dataset.words.includes(term);
    return line.dataset.words.includes(term) || (/^[a-z]+$/.test(term) && beginsWithIn(term, line.dataset.initials));
  }

  function isNumbers(asked) {
    return asked.length > 0 && asked.every((term) => lines.some((line) => line.dataset.number === term));
  }

  function look() {
    const asked = terms();
    const numbers = isNumbers(asked);
    found = lines.filter((line) => numbers
      ? asked.includes(line.dataset.number)
      : asked.length > 0 && asked.every((term) => fits(line, term)));
    groups.forEach((group, at) => {
      const mine = lines.filter((line) => group.contains(line));
      for (const line of mine) {
        const wanted = asked.length ? found.includes(line) : opened[at];
        line.hidden = !wanted && !boxOf(line).checked;
        remarkOf(line).hidden = !boxOf(line).checked;
      }
      const some = mine.some((line) => !line.hidden);
      group.hidden = asked.length > 0 && !some;
      group.open = some;
    });
    say(asked, numbers);
  }

  function say(asked, numbers) {
    const ticked = lines.filter((line) => boxOf(line).checked).length;
    let words = ticked ? element.dataset.picked.replace("{n}", ticked) : "";
    if (numbers) words = element.dataset.ready;
    else if (asked.length) words = found.length ? element.dataset.found.replace("{n}", found.length) : element.dataset.none;
    said.textContent = words;
  }

  function tick() {
    const wanted = isNumbers(terms()) ? found : found.slice(0, 1);
    for (const line of wanted) boxOf(line).click();
    if (wanted.length) search.value = "";
    look();
  }

  function walk(from, way) {
    const shown = lines.filter((line) => line.offsetParent).map(boxOf);
    const next = shown[from ? shown.indexOf(from) + way : 0];
    (next || search).focus();
  }

  search.addEventListener("input", look);
  search.addEventListener("change", (event) => event.stopPropagation()); // searching decides nothing
  search.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter") tick();
    else if (event.key === "ArrowDown") walk(null, 1);
    else if (event.key === "Escape" && search.value) {
      search.value = "";
      look();
      event.stopPropagation(); // the first Escape empties, the second leaves
    } else return;
    event.preventDefault();
  });

  groups.forEach((group, at) => {
    group.querySelector("summary").addEventListener("click", (event) => {
      event.preventDefault();
      opened[at] = !opened[at];
      look();
    });
  });
  element.addEventListener("change", (event) => {
    if (event.target.type === "checkbox") look();
  });
  element.addEventListener("keydown", (event) => {
    if (event.target.type !== "checkbox") return;
    const ways = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in ways) walk(event.target, ways[event.key]);
    else if (event.key === "Enter") remarkOf(event.target.closest(".reason")).focus();
    else if (event.key === "Escape") search.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  finder.hidden = false;
  look();
}
