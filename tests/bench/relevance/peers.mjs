// NDCG@10 of lunr and MiniSearch on the files that `cargo bench --bench relevance` reads.
//
//   node tests/bench/relevance/peers.mjs DIR [PRODUCTS]
//
// DIR has queries.csv, labels.csv and products.csv; PRODUCTS is another file of products, as the
// demo store's. Both are set up as their documents advise for a shop, with boosted names and one
// fuzzy edit. The libraries are installed into target/, at fixed versions.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const LIBRARIES = ["lunr@2.3.9", "minisearch@7.1.2", "csv-parse@5.6.0"];
const ROUNDS = 5;

const [directory, shelf] = process.argv.slice(2);
if (!directory) {
    console.error("usage: peers.mjs DIR [PRODUCTS]");
    process.exit(2);
}
const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const home = join(root, "target/relevance-peers");
mkdirSync(home, { recursive: true });
execFileSync("npm", ["i", "--silent", "--no-fund", "--no-audit", "--prefix", home, ...LIBRARIES]);
const load = createRequire(join(home, "package.json"));
const lunr = load("lunr");
const MiniSearch = load("minisearch");
const { parse } = load("csv-parse/sync");

const rows = (path) => parse(readFileSync(path), { columns: true });
const products = rows(shelf ?? join(directory, "products.csv"));
const grades = new Map();
for (const { query_id, sku, grade } of rows(join(directory, "labels.csv"))) {
    if (!grades.has(query_id)) grades.set(query_id, new Map());
    grades.get(query_id).set(sku, Number(grade));
}
const queries = rows(join(directory, "queries.csv")).filter(({ query_id }) =>
    [...(grades.get(query_id)?.values() ?? [])].some((grade) => grade > 0),
);

// Xorshift, as in main.rs.
let state = 0x9e3779b97f4a7c15n;
const below = (end) => {
    const bits = (number) => BigInt.asUintN(64, number);
    state = bits(state ^ (state << 13n));
    state ^= state >> 7n;
    state = bits(state ^ (state << 17n));
    return Number((state >> 33n) % BigInt(end));
};

function misspell(query) {
    const words = query.split(" ");
    const long = words.flatMap((word, at) => (/^\p{L}{5,}$/u.test(word) ? [at] : []));
    if (long.length === 0) return null;
    const at = long[below(long.length)];
    const before = words[at];
    while (words[at] === before) {
        const letter = String.fromCharCode(97 + below(26));
        const spot = below(before.length);
        const [head, tail] = [before.slice(0, spot), before.slice(spot)];
        words[at] = [
            head + letter + tail,
            head + tail.slice(1),
            head + letter + tail.slice(1),
            head + [...tail.slice(0, 2)].reverse().join("") + tail.slice(2),
        ][below(4)];
    }
    return words.join(" ");
}

function ndcg(found, graded) {
    const gain = (values) =>
        values.slice(0, 10).reduce((sum, value, place) => sum + value / Math.log2(place + 2), 0);
    const best = [...graded.values()].sort((a, b) => b - a);
    return gain(found.map((sku) => graded.get(sku) ?? 0)) / gain(best);
}

function withLunr(columns) {
    // It takes a star in a word of a product for a wildcard, and fails.
    lunr.tokenizer.separator = /[^\p{L}\p{N}]+/u;
    const index = lunr(function () {
        this.ref("sku");
        for (const column of columns) this.field(column, { boost: column === "name" ? 4 : 1 });
        for (const product of products) this.add(product);
    });
    const { Query } = lunr;
    const find = (text, wildcard) =>
        index
            .query((query) => {
                for (const token of lunr.tokenizer(text)) {
                    const term = token.toString();
                    if (term === "") continue;
                    query.term(term, { boost: 10 });
                    query.term(term, { wildcard, usePipeline: false });
                    if (term.length >= 4) query.term(term, { editDistance: 1, boost: 0.5 });
                }
            })
            .map(({ ref }) => ref);
    return (text) => {
        try {
            return find(text, Query.wildcard.TRAILING);
        } catch {
            // It fails at some beginnings of words.
            return find(text, Query.wildcard.NONE);
        }
    };
}

function withMiniSearch(columns) {
    const index = new MiniSearch({
        idField: "sku",
        fields: columns,
        searchOptions: { boost: { name: 4 }, fuzzy: 0.2, prefix: true },
    });
    index.addAll(products);
    return (text) => index.search(text).map(({ id }) => id);
}

function measure(name, find) {
    let [clean, misspelt, asClean, nothing, edits] = [0, 0, 0, 0, 0];
    state = 0x9e3779b97f4a7c15n;
    for (const { query, query_id, kind } of queries) {
        const graded = grades.get(query_id);
        const score = ndcg(find(query), graded);
        clean += score;
        for (let round = 0; round < (kind === "misspelt" ? 0 : ROUNDS); round += 1) {
            const slip = misspell(query);
            if (slip === null) continue;
            const found = find(slip);
            misspelt += ndcg(found, graded);
            asClean += score;
            nothing += found.length === 0 ? 1 : 0;
            edits += 1;
        }
    }
    const cell = (number, width, digits) => number.toFixed(digits).padStart(width);
    console.log(
        `${name.padEnd(24)} ${cell(clean / queries.length, 7, 4)} ${cell(misspelt / edits, 9, 4)} ` +
            `${cell((100 * misspelt) / asClean, 5, 1)}% ${cell((100 * nothing) / edits, 7, 2)}%`,
    );
}

console.log(`${"".padEnd(24)} NDCG@10  misspelt   kept  nothing`);
const all = Object.keys(products[0]).filter((column) => column !== "sku");
for (const [fields, columns] of [
    ["all fields", all],
    ["names", ["name"]],
]) {
    measure(`lunr, ${fields}`, withLunr(columns));
    measure(`MiniSearch, ${fields}`, withMiniSearch(columns));
}
