// What a search found in a name: the answer marks it in HTML, the screen draws it as text, so that
// nothing of a product's name can ever become markup.

const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };

/**
 * The parts of a text whose hits are in `<b>`.
 * @param {string} highlight
 * @returns {{text: string, hit: boolean}[]}
 */
export function highlightParts(highlight) {
  return highlight
    .split(/(<b>[\s\S]*?<\/b>)/)
    .filter(Boolean)
    .map((part) => ({ hit: part.startsWith("<b>"), text: decoded(part.replace(/^<b>|<\/b>$/g, "")) }));
}

/** @param {string} text */
function decoded(text) {
  return text.replace(/&(#x[0-9a-f]{1,6}|#\d{1,7}|[a-z]+);/gi, (whole, name) => {
    if (name[0] !== "#") return ENTITIES[/** @type {keyof ENTITIES} */ (name.toLowerCase())] ?? whole;
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
