// The first rows of a file of commas, semicolons or tabs, to show what stands below each header.
// The appliance reads the file itself; this is only for the eyes.

const DELIMITERS = [",", ";", "\t", "|"];

/** How much of a file is looked at. */
export const SAMPLE_BYTES = 64 * 1024;

/**
 * @param {string} text  The beginning of the file.
 * @returns {Map<string, string>} An example for each header; none for a file of another kind.
 */
export function examples(text) {
  const plain = text.replace(/^\ufeff/, "");
  if (/^\s*[{[]/.test(plain)) return new Map();
  const firstLine = plain.split(/\r?\n/, 1)[0];
  const delimiter = DELIMITERS.map((sign) => ({ sign, many: firstLine.split(sign).length })).sort((a, b) => b.many - a.many)[0].sign;
  const [headers = [], ...rows] = parse(plain, delimiter, 12);
  return new Map(headers.map((header, column) => [header.trim(), rows.map((row) => row[column]?.trim() ?? "").find(Boolean) ?? ""]));
}

/**
 * @param {string} text
 * @param {string} delimiter
 * @param {number} rowsMax
 * @returns {string[][]}
 */
function parse(text, delimiter, rowsMax) {
  /** @type {string[][]} */
  const rows = [];
  let row = [];
  let cell = "";
  let quoted = false;
  for (let at = 0; at < text.length && rows.length < rowsMax; at += 1) {
    const sign = text[at];
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (text[at + 1] === '"') cell += text[(at += 1)];
      else quoted = false;
    } else if (sign === '"' && cell === "") quoted = true;
    else if (sign === delimiter || sign === "\n") {
      row.push(cell.replace(/\r$/, ""));
      cell = "";
      if (sign !== "\n") continue;
      rows.push(row);
      row = [];
    } else cell += sign;
  }
  if (rows.length < rowsMax && (cell || row.length)) rows.push([...row, cell]);
  return rows;
}
