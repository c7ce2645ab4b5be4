// Whether every module that package.json names is installed, at exactly that version.

import { readFileSync } from "node:fs";

const read = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));

const missing = Object.entries(read("package.json").dependencies).filter(([name, wanted]) => {
  try {
    return read(`node_modules/${name}/package.json`).version !== wanted;
  } catch {
    return true;
  }
});
process.exit(missing.length ? 1 : 0);
