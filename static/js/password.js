// Whether a certificate password is easily guessed. It never leaves the browser, so only the browser can look at it.
//
// Length counts most (NIST SP 800-63B, 3.1.1); refused is what guessers try first: repeats, runs of the alphabet, the
// digits or the keyboard, dates and phone numbers (all digits), and the passwords most in use.
const FEWEST_KINDS = 5;
const LEAST_OF_DIGITS = 12;
const RUNS = ["0123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn"];
const COMMON = ["password", "passw0rd", "woaini", "iloveyou", "admin", "welcome", "letmein", "dragon", "sunshine", "taobao"];
const RUN_LENGTH = 4;

// "" when it will do, else too_short | repeats | sequence | digits | common.
export function weakness(password, least) {
  const text = password.normalize("NFKC").toLowerCase();
  if (Array.from(text).length < least) return "too_short";
  if (new Set(text).size < FEWEST_KINDS) return "repeats";
  const rest = withoutRuns(text);
  if (rest.length < least / 2) return "sequence";
  if (/^\d+$/.test(text) && text.length < LEAST_OF_DIGITS) return "digits";
  const letters = rest.replace(/0/g, "o").replace(/[1!]/g, "i").replace(/[@4]/g, "a").replace(/3/g, "e").replace(/[$5]/g, "s");
  const word = COMMON.find((one) => rest.includes(one) || letters.includes(one));
  return word && rest.length - word.length <= least / 2 ? "common" : "";
}

// What is left when every run of four or more neighbours, forwards or backwards, counts for one character.
function withoutRuns(text) {
  let rest = "";
  let at = 0;
  while (at < text.length) {
    const length = runAt(text, at);
    rest += text[at];
    at += length >= RUN_LENGTH ? length : 1;
  }
  return rest;
}

function runAt(text, at) {
  let longest = 1;
  RUNS.concat(RUNS.map((run) => Array.from(run).reverse().join(""))).forEach((run) => {
    const start = run.indexOf(text[at]);
    let length = 0;
    while (start >= 0 && at + length < text.length && start + length < run.length && text[at + length] === run[start + length]) length += 1;
    longest = Math.max(longest, length);
  });
  return longest;
}
