// Renders /openapi.json as a page to read. No library and no inline markup: text only ever becomes
// text nodes, so nothing in the document can turn into code.

/**
 * @param {string} name
 * @param {Record<string, string>} attributes
 * @param {...(Node | string | null | undefined | false)} children
 */
function element(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children.filter((child) => child || child === ""));
  return node;
}

/** Follows a reference inside the document. */
function resolve(api, value) {
  if (!value?.$ref) return value;
  return value.$ref.slice(2).split("/").reduce((node, key) => node?.[key], api) ?? {};
}

const nameOf = (schema) => schema?.$ref?.split("/").pop();

/** A schema in a few words: `integer`, `[Product]`, `string | null`. */
function kindOf(schema) {
  if (!schema) return "any";
  if (schema.$ref) return nameOf(schema);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return choices.map(kindOf).join(" | ");
  if (schema.allOf) return schema.allOf.map(kindOf).join(" & ");
  if (schema.type === "array") return `[${kindOf(schema.items)}]`;
  return [schema.type ?? "any"].flat().join(" | ") + (schema.format ? ` (${schema.format})` : "");
}

/** The members of a schema as rows; of an array, those of its items. */
function members(api, schema) {
  const target = resolve(api, schema?.type === "array" ? schema.items : schema);
  const parts = target?.allOf?.map((part) => resolve(api, part)) ?? [target];
  const required = new Set(parts.flatMap((part) => part?.required ?? []));
  const rows = parts.flatMap((part) => Object.entries(part?.properties ?? {}));
  return table(rows.map(([name, member]) => [
    name,
    `${kindOf(member)}${required.has(name) ? "" : ", optional"}`,
    member.description ?? "",
  ]));
}

function table(rows) {
  if (rows.length === 0) return null;
  const cells = (row) => row.map((cell) => element("td", {}, cell));
  return element("table", {}, element("tbody", {}, ...rows.map((row) => element("tr", {}, ...cells(row)))));
}

function curl(method, path, operation, example) {
  const schemes = (operation.security ?? []).flatMap(Object.keys);
  const lines = [`curl -X ${method.toUpperCase()} '${location.origin}${path}'`];
  if (schemes.includes("bearer")) lines.push(`-H "Authorization: Bearer $TOKEN"`);
  else if (schemes.includes("deviceKey")) lines.push(`-H "X-API-Key: $KEY"`);
  if (operation.requestBody) {
    const body = JSON.stringify(example ?? {}).replaceAll("'", "'\\''");
    lines.push("-H 'Content-Type: application/json'", `-d '${body}'`);
  }
  return lines.join(" \\\n  ");
}

function section(title, ...content) {
  return content.some(Boolean) && element("section", {}, element("h3", {}, title), ...content);
}

function body(api, method, path, operation) {
  const request = operation.requestBody?.content ?? {};
  const json = request["application/json"];
  const parameters = (operation.parameters ?? []).map((parameter) => resolve(api, parameter));
  const answers = Object.entries(operation.responses ?? {}).flatMap(([status, reference]) => {
    const response = resolve(api, reference);
    const content = Object.entries(response.content ?? {});
    const kinds = content.map(([type, { schema }]) => (schema ? kindOf(schema) : type)).join(", ");
    return [[status, kinds, response.description ?? ""]];
  });
  const answer = Object.values(operation.responses ?? {})
    .map((response) => response.content?.["application/json"]?.schema)
    .find(Boolean);
  return element("div", {},
    element("p", {}, operation.description ?? ""),
    section("Parameters", table(parameters.map((it) => [
      it.name,
      `${kindOf(it.schema)}, ${it.in}${it.required ? "" : ", optional"}`,
      it.description ?? "",
    ]))),
    operation.requestBody && section(`Body: ${Object.keys(request).join(", ")}`,
      members(api, json?.schema) ?? element("span", {}, "")),
    section("Answers", table(answers)),
    answer && section(kindOf(answer), members(api, answer)),
    section("Try it", element("pre", {}, curl(method, path, operation, json?.example))),
  );
}

function route(api, path, method, operation) {
  const id = operation.operationId ?? `${method}${path}`;
  const head = element("summary", {},
    element("span", { class: "method" }, method.toUpperCase()),
    element("span", { class: "path" }, path),
    element("span", { class: "soft" }, operation.summary ?? ""),
  );
  const details = element("details", { id, ...(operation.deprecated ? { class: "old" } : {}) }, head);
  details.dataset.words = `${method} ${path} ${operation.summary ?? ""} ${id}`.toLowerCase();
  // Built when it is opened first: a page of hundreds of routes appears at once.
  details.addEventListener("toggle", () => {
    if (details.childElementCount === 1) details.append(body(api, method, path, operation));
  });
  return details;
}

function render(api) {
  /** @type {Map<string, HTMLElement[]>} */
  const groups = new Map();
  for (const [path, item] of Object.entries(api.paths)) {
    for (const method of ["get", "post", "put", "patch", "delete"]) {
      const operation = item[method];
      if (!operation) continue;
      const tag = operation.tags?.[0] ?? "other";
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push(route(api, path, method, operation));
    }
  }
  const tags = [...groups.keys()].sort();
  document.getElementById("tags").replaceChildren(...tags.map((tag) => element("a", { href: `#tag-${tag}` }, tag)));
  const sections = tags.map((tag) => {
    const routes = groups.get(tag).sort((a, b) => Number(a.className === "old") - Number(b.className === "old"));
    return element("section", {}, element("h2", { id: `tag-${tag}` }, tag), ...routes);
  });
  document.getElementById("main").replaceChildren(element("p", {}, api.info.description ?? ""), ...sections);
}

function filter(words) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  for (const part of document.querySelectorAll("main > section")) {
    let shown = 0;
    for (const details of part.querySelectorAll("details")) {
      details.hidden = !wanted.every((word) => details.dataset.words.includes(word));
      if (!details.hidden) shown += 1;
    }
    part.hidden = shown === 0;
  }
}

function openAddressed() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) target.open = true;
  target?.scrollIntoView();
}

const input = /** @type {HTMLInputElement} */ (document.getElementById("filter"));
input.addEventListener("input", () => filter(input.value));
addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== input) {
    event.preventDefault();
    input.focus();
  } else if (event.key === "Escape" && document.activeElement === input) {
    input.value = "";
    filter("");
  }
});
addEventListener("hashchange", openAddressed);

try {
  const response = await fetch("/openapi.json");
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  render(await response.json());
  openAddressed();
} catch (error) {
  document.getElementById("main").replaceChildren(element("p", {}, `The document could not be loaded: ${error.message}. Reload to try again.`));
}
