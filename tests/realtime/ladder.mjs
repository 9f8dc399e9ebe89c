// Runs static/js/ladder.js over what the browser would measure every two seconds; prints the step after each look.
import { readFileSync } from "node:fs";

const [source] = process.argv.slice(2);
const { step: first, looks } = JSON.parse(readFileSync(0, "utf8"));
const { measuring, outgoing } = await import(`data:text/javascript,${encodeURIComponent(readFileSync(source, "utf8"))}`);

const look = measuring();
let step = first;
const steps = [];
for (const { reports, ...seen } of looks) {
  const now = performance.timeOrigin + performance.now();
  const aged = (reports || []).map(({ age = 0, ...report }) => ({ ...report, timestamp: now - age }));
  step = look(step, reports ? await outgoing({ getStats: async () => aged }) : { bits: 0, lost: 0, seconds: 0, ...seen });
  steps.push(step);
}
process.stdout.write(JSON.stringify(steps));
