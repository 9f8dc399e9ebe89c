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

// The form's own words for a trouble: data-text-wrong-password for "wrong_password"; else data-text-failed.
export function words(form, code) {
  const name = `text-${code.replace(/_/g, "-")}`;
  return form.getAttribute(`data-${name}`) || form.dataset.textFailed || "";
}

// Busy: the button waits, the form says so.
export function setBusy(form, isBusy) {
  if (isBusy) form.setAttribute("aria-busy", "true");
  else form.removeAttribute("aria-busy");
  form.querySelectorAll("button").forEach((button) => {
    button.disabled = isBusy;
  });
}
