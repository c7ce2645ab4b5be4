// Renders /openapi.json as a page to read. No library and no inline markup: text only ever becomes
// text nodes, so nothing in the document can turn into code.

const METHODS = ["get", "post", "put", "patch", "delete"];
const WHO = {
  everybody: "everybody",
  shopper: "signed in",
  staff: "staff",
  admin: "admin",
  device: "trolley",
  "shopper-or-device": "signed in, trolley",
};

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

/** A sentence in which `words` stand as code. */
function sentence(text) {
  const parts = (text ?? "").split("`");
  return parts.map((part, index) => (index % 2 ? element("code", {}, part) : part));
}

function paragraphs(text) {
  return (text ?? "").split("\n\n").filter(Boolean).map((part) => element("p", {}, ...sentence(part)));
}

/** Follows a reference inside the document. */
function resolve(api, value) {
  if (!value?.$ref) return value;
  return value.$ref.slice(2).split("/").reduce((node, key) => node?.[key], api) ?? {};
}

const nameOf = (schema) => schema?.$ref?.split("/").pop();

/** A schema in a few words: `integer`, `[Product]`, `string | null`. */
function kindOf(schema) {
  if (!schema || Object.keys(schema).length === 0) return "any";
  if (schema.$ref) return nameOf(schema);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return choices.map(kindOf).join(" | ");
  if (schema.allOf) return schema.allOf.map(kindOf).join(" & ");
  const kinds = [schema.type ?? "any"].flat().map((kind) => (kind === "array" ? `[${kindOf(schema.items)}]` : kind));
  return kinds.join(" | ") + limits(schema);
}

/** What else a value has to keep to, in the fewest words. */
function limits(schema) {
  const { format, minimum, maximum, minLength, maxLength } = schema;
  const notes = [];
  if (format === "date-time" || format === "date") notes.push(format);
  if (minimum !== undefined && maximum !== undefined) notes.push(`${minimum} to ${maximum}`);
  else if (minimum > 0) notes.push(`from ${minimum}`);
  else if (maximum !== undefined) notes.push(`to ${maximum}`);
  if (minLength > 1 && maxLength) notes.push(`${minLength} to ${maxLength} characters`);
  else if (maxLength) notes.push(`at most ${maxLength} characters`);
  return notes.length ? ` (${notes.join(", ")})` : "";
}

function table(heads, rows) {
  if (rows.length === 0) return null;
  const cell = (content, index) => element("td", index === 2 ? { class: "wide" } : {}, ...[content].flat());
  return element("div", { class: "scroll" },
    element("table", {},
      element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", { scope: "col" }, head)))),
      element("tbody", {}, ...rows.map((row) => element("tr", {}, ...row.map(cell))))));
}

/** What a member means: in its own words, or in those of its type. */
function meaningOf(api, member) {
  const choices = member.oneOf ?? member.anyOf ?? [];
  const told = [member, ...choices].map((it) => it.description).find(Boolean);
  return told ?? [member, ...choices].map((it) => resolve(api, it)?.description).find(Boolean);
}

/** The members of a schema as rows; of an array, those of its items. */
function members(api, schema, inRequest) {
  const target = resolve(api, schema?.type === "array" ? schema.items : schema);
  const parts = target?.allOf?.map((part) => resolve(api, part)) ?? [target];
  const required = new Set(parts.flatMap((part) => part?.required ?? []));
  const all = parts.flatMap((part) => Object.entries(part?.properties ?? {}));
  const rows = all
    .filter(([, member]) => !(inRequest && member.readOnly))
    .sort(([a], [b]) => Number(inRequest && required.has(b)) - Number(inRequest && required.has(a)))
    .map(([name, member]) => [
      name,
      [inRequest ? kindOf(member).replace(" | null", "") : kindOf(member), inRequest && required.has(name) && " ", inRequest && required.has(name) && element("span", { class: "must" }, "required")],
      sentence(meaningOf(api, member)),
    ]);
  const ignored = inRequest && all.filter(([, member]) => member.readOnly).map(([name]) => name);
  return [
    table(["Member", "Kind", "Meaning"], rows),
    ignored?.length > 0 && element("p", { class: "soft" }, `Ignored, so that an answer can be sent back: ${ignored.join(", ")}.`),
  ];
}

function json(value) {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

/** Text with a button that copies it. */
function copyable(text) {
  const button = element("button", { type: "button" }, "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Select it";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  return element("div", { class: "copyable" }, element("pre", { tabindex: "0" }, text), button);
}

function curl(method, path, operation, type, example) {
  const auth = (operation.security ?? []).flatMap(Object.keys);
  const parameters = operation.parameters ?? [];
  const valueOf = (name) => parameters.find((it) => it.name === name)?.example ?? name;
  const place = path.replaceAll(/\{(.+?)\}/g, (_, name) => encodeURIComponent(valueOf(name)));
  const query = parameters.filter((it) => it.in === "query" && it.required).map((it) => `${it.name}=${encodeURIComponent(it.example)}`);
  const lines = [`curl -X ${method.toUpperCase()} '${location.origin}${place}${query.length ? `?${query.join("&")}` : ""}'`];
  if (auth.includes("bearer")) lines.push('-H "Authorization: Bearer $TOKEN"');
  else if (auth.includes("deviceKey")) lines.push('-H "X-API-Key: $KEY"');
  if (operation.requestBody) {
    const text = typeof example === "string" ? example : JSON.stringify(example ?? {});
    lines.push(`-H 'Content-Type: ${type}'`, `--data-binary '${text.replaceAll("'", "'\\''")}'`);
  }
  return lines.join(" \\\n  ");
}

function section(title, ...content) {
  return content.flat().some(Boolean) && element("section", {}, element("h3", {}, title), ...content.flat());
}

/** One answer: what it means, its codes, its headers and an example. */
function answerRow(api, [status, reference]) {
  const response = resolve(api, reference);
  const content = Object.entries(response.content ?? {});
  const kinds = content.map(([type, { schema }]) => (schema && type.endsWith("json") ? kindOf(schema) : type));
  const headers = Object.keys(response.headers ?? {}).filter((name) => name !== "X-Request-Id");
  const codes = response["x-codes"] ?? [];
  const text = codes.length ? response.description.split(" Codes: ")[0] : response.description;
  const example = content.map(([, media]) => media.example).find((it) => it !== undefined);
  return [
    element("span", { class: `status ${status < "400" ? "ok" : "no"}` }, status),
    [...new Set(kinds)].join(", "),
    [
      ...sentence(text),
      codes.length > 0 && element("div", { class: "codes" }, ...codes.map((code) => element("code", {}, code))),
      headers.length > 0 && element("div", { class: "soft" }, `Headers: ${headers.join(", ")}`),
      example !== undefined && element("details", { class: "example" },
        element("summary", {}, "Example"), element("pre", { tabindex: "0" }, json(example))),
    ],
  ];
}

function authWords(operation) {
  const names = { bearer: "a Bearer token", cookie: "the session's cookie", deviceKey: "a trolley's key (X-API-Key)", deviceSignature: "a trolley's signature (X-Signature)", ticket: "a ticket (?ticket=)" };
  const schemes = (operation.security ?? []).flatMap(Object.keys).map((scheme) => names[scheme] ?? scheme);
  if (schemes.length === 0) return "No credential is needed.";
  const optional = (operation.security ?? []).some((it) => Object.keys(it).length === 0);
  return `${optional ? "Takes" : "Needs"} ${schemes.join(" or ")}${optional ? ", but does without" : ""}.`;
}

function body(api, method, path, operation) {
  const request = Object.entries(operation.requestBody?.content ?? {});
  const [type, media] = request[0] ?? [];
  const parameters = (operation.parameters ?? []).map((parameter) => resolve(api, parameter));
  const shape = Object.values(operation.responses ?? {})
    .map((response) => response.content?.["application/json"]?.schema)
    .find((schema) => schema && (nameOf(schema) || nameOf(schema.items)));
  return element("div", {},
    ...paragraphs(operation.description),
    element("p", { class: "soft" }, authWords(operation)),
    section("Parameters", table(["Name", "Kind", "Meaning"], parameters.map((it) => [
      it.name,
      [`${kindOf(it.schema)}, ${it.in}`, it.required && " ", it.required && element("span", { class: "must" }, "required")],
      [...sentence(it.description), " ", element("span", { class: "soft" }, `Example: ${json(it.example)}`)],
    ]))),
    media && section(`Body: ${request.map(([name]) => name).join(", ")}${operation.requestBody.required ? "" : ", optional"}`,
      element("div", { class: media.schema ? "columns" : "" },
        media.schema && element("div", {}, ...members(api, media.schema, true).filter(Boolean)),
        copyable(json(media.example)))),
    section("Try it", copyable(curl(method, path, operation, type, media?.example))),
    section("Answers", table(["Status", "Content", "Meaning"], Object.entries(operation.responses ?? {}).map((entry) => answerRow(api, entry)))),
    shape && section(`${kindOf(shape)}`, ...members(api, shape, false)),
  );
}

function pathWords(path) {
  return path.split(/(\{.+?\})/).map((part) => (part.startsWith("{") ? element("i", {}, part) : part));
}

function route(api, path, method, operation) {
  const id = operation.operationId ?? `${method}${path}`;
  const head = element("summary", {},
    element("span", { class: `method ${method}` }, method.toUpperCase()),
    element("span", { class: "path" }, ...pathWords(path)),
    element("span", { class: "who" }, WHO[operation["x-who"]] ?? operation["x-who"] ?? ""),
    element("span", { class: "what" }, operation.summary ?? ""),
  );
  const details = element("details", { id, class: operation.deprecated ? "route old" : "route" }, head);
  const codes = Object.values(operation.responses ?? {}).flatMap((response) => resolve(api, response)["x-codes"] ?? []);
  details.dataset.words = `${method} ${path} ${operation.summary ?? ""} ${id} ${operation["x-who"]} ${codes.join(" ")}`.toLowerCase();
  // Built when it is opened first: a page of hundreds of routes appears at once.
  details.addEventListener("toggle", () => {
    if (details.childElementCount === 1) details.append(body(api, method, path, operation));
  });
  return details;
}

/** All routes, by tag and in the order of the document's tags. */
function groups(api) {
  /** @type {Map<string, {about: string, routes: HTMLElement[], older: HTMLElement[]}>} */
  const found = new Map((api.tags ?? []).map(({ name, description }) => [name, { about: description, routes: [], older: [] }]));
  for (const [path, item] of Object.entries(api.paths)) {
    for (const method of METHODS.filter((it) => item[it])) {
      const operation = item[method];
      const tag = operation.tags?.[0] ?? "other";
      if (!found.has(tag)) found.set(tag, { about: "", routes: [], older: [] });
      found.get(tag)[operation.deprecated ? "older" : "routes"].push(route(api, path, method, operation));
    }
  }
  return [...found].filter(([, { routes, older }]) => routes.length + older.length > 0);
}

function intro(api) {
  const schemes = Object.entries(api.components?.securitySchemes ?? {});
  return element("section", { class: "intro" },
    element("h2", {}, `${api.info.title} ${api.info.version}`),
    ...paragraphs(api.info.description),
    section("Credentials", table(["Name", "Where", "What"], schemes.map(([name, scheme]) => [
      name,
      scheme.type === "http" ? "Authorization: Bearer" : `${scheme.in} ${scheme.name}`,
      sentence(scheme.description),
    ]))),
  );
}

function render(api) {
  const all = groups(api);
  document.getElementById("tags").replaceChildren(...all.map(([tag, { routes }]) =>
    element("a", { href: `#tag-${tag}`, "data-tag": tag }, tag, element("span", {}, String(routes.length)))));
  const sections = all.map(([tag, { about, routes, older }]) => element("section", { "data-tag": tag },
    element("h2", { id: `tag-${tag}` }, tag),
    element("p", {}, ...sentence(about)),
    ...routes,
    older.length > 0 && element("details", { class: "older" },
      element("summary", {}, `${older.length} older ${older.length === 1 ? "name" : "names"}`), ...older)));
  const none = element("p", { class: "none", hidden: "" }, "No route has these words.");
  document.getElementById("main").replaceChildren(intro(api), ...sections, none);
  round();
}

/** The first and the last route that show close their box. */
function round() {
  for (const list of document.querySelectorAll("main > section[data-tag], .older")) {
    const shown = [...list.querySelectorAll(":scope > .route")].filter((it) => !it.hidden);
    for (const [index, it] of shown.entries()) {
      it.classList.toggle("first", index === 0);
      it.classList.toggle("last", index === shown.length - 1);
    }
  }
}

function filter(text) {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  let total = 0;
  for (const part of document.querySelectorAll("main > section[data-tag]")) {
    let shown = 0;
    for (const details of part.querySelectorAll(".route")) {
      details.hidden = !wanted.every((word) => details.dataset.words.includes(word));
      if (!details.hidden) shown += 1;
    }
    const older = part.querySelector(".older");
    if (older) older.hidden = [...older.querySelectorAll(".route")].every((it) => it.hidden);
    part.hidden = shown === 0;
    document.querySelector(`nav [data-tag="${part.dataset.tag}"]`)?.classList.toggle("empty", shown === 0);
    total += shown;
  }
  document.querySelector(".intro").hidden = wanted.length > 0;
  document.querySelector(".none").hidden = total > 0;
  round();
}

function openAddressed() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  target.closest(".older")?.setAttribute("open", "");
  if (target instanceof HTMLDetailsElement) target.open = true;
  target.scrollIntoView();
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
