// What a browser says about itself, as people would say it.

/** The first that fits counts: many browsers also claim to be the ones after them. @type {[RegExp, string][]} */
const PROGRAMS = [
  [/\bcartwright/i, "Cartwright’s command line"],
  [/\bcurl\//, "curl"],
  [/\bEdg(A|iOS)?\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\b(Firefox|FxiOS)\//, "Firefox"],
  [/\b(HeadlessChrome|Chrome|CriOS)\//, "Chrome"],
  [/\bSafari\//, "Safari"],
  [/\b(node|undici)\b/, "Node.js"],
  [/\bpython/i, "Python"],
  [/\bESP32/i, "A trolley"],
];

/** @type {[RegExp, string][]} */
const SYSTEMS = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b/, "macOS"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bLinux\b/, "Linux"],
];

/** @param {string} text  The header `User-Agent`. */
export function programText(text) {
  const program = PROGRAMS.find(([pattern]) => pattern.test(text))?.[1];
  const system = SYSTEMS.find(([pattern]) => pattern.test(text))?.[1];
  if (program && system) return `${program} on ${system}`;
  return program ?? system ?? (text.trim().slice(0, 60) || "An unnamed program");
}
