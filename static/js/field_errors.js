// Messages at the field, as the server writes them: span.err before the control, aria-invalid, aria-describedby.

// Put `text` at the control and give it the focus.
export function showAt(control, text) {
  const place = control.closest("label.tick, div.row") || control;
  const note = document.createElement("span");
  note.className = "err";
  note.id = `${control.id || control.name}-trouble`;
  note.dataset.trouble = "";
  note.textContent = text;
  place.before(note);
  control.setAttribute("aria-invalid", "true");
  control.dataset.describedBefore = control.getAttribute("aria-describedby") || "";
  control.setAttribute("aria-describedby", `${control.dataset.describedBefore} ${note.id}`.trim());
  control.focus();
}

// Put `text` on top of the form, for what belongs to no field.
export function showAbove(form, text) {
  const note = document.createElement("p");
  note.className = "note bad";
  note.dataset.trouble = "";
  note.tabIndex = -1;
  note.setAttribute("role", "alert");
  note.textContent = text;
  form.prepend(note);
  note.focus();
}

// Take away every message that these functions put there.
export function clear(form) {
  form.querySelectorAll("[data-trouble]").forEach((note) => note.remove());
  form.querySelectorAll("[data-described-before]").forEach((control) => {
    control.removeAttribute("aria-invalid");
    if (control.dataset.describedBefore) control.setAttribute("aria-describedby", control.dataset.describedBefore);
    else control.removeAttribute("aria-describedby");
    delete control.dataset.describedBefore;
  });
}

// Busy: the button waits, the form says so, and a bar shows that something is under way.
export function setBusy(form, isBusy) {
  if (isBusy) form.setAttribute("aria-busy", "true");
  else form.removeAttribute("aria-busy");
  form.querySelectorAll("progress[data-busy]").forEach((bar) => bar.remove());
  if (isBusy) {
    const bar = document.createElement("progress");
    bar.dataset.busy = "";
    bar.setAttribute("aria-label", document.documentElement.lang === "en" ? "Working" : "正在处理");
    form.append(bar);
  }
  form.querySelectorAll("button").forEach((button) => {
    button.disabled = isBusy;
  });
}
