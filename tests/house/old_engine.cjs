// Parses every file that is named, as an engine of 2020 would: ECMAScript 2020, a module unless its name ends in .min.js.
const { parse } = require("acorn");
const { readFileSync } = require("fs");

for (const path of process.argv.slice(2)) {
  const sourceType = path.endsWith(".min.js") && !path.endsWith(".esm.min.js") ? "script" : "module";
  try {
    parse(readFileSync(path, "utf8"), { ecmaVersion: 2020, sourceType });
  } catch (wrong) {
    if (!(wrong instanceof SyntaxError)) throw wrong;
    console.log(`${path}: ${wrong.message}`);
  }
}
