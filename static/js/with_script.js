// Shows what is of use only where scripts run.
export default function show(part) {
  part.hidden = false;
}
