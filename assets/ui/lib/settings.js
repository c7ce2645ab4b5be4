// The settings as people look for them: groups, names, choices, and where one can be changed.

/** @import { SettingDetail } from "./types.js" */

/** @type {{id: string, label: string, about: string, keys: string[]}[]} */
const GROUPS = [
  { id: "shop", label: "Shop", about: "What prices, times and numbers mean.", keys: ["currency", "tax_mode", "country", "time_zone"] },
  { id: "carts", label: "Carts left behind", about: "When a cart that nobody touches counts as left, and its trolley is free again. 0 is never.", keys: ["cart_idle_minutes", "cart_abandoned_minutes"] },
  { id: "search", label: "Search", about: "How the search understands what shoppers type.", keys: ["search_language"] },
  {
    id: "trolleys",
    label: "Trolleys",
    about: "How closely their scales are watched, and how they find the appliance.",
    keys: ["weight_check", "weight_tolerance_g", "weight_tolerance_percent", "discovery"],
  },
  {
    id: "codes",
    label: "One-time codes",
    about: "How the codes with which shoppers sign in reach their phones.",
    keys: ["otp_channel", "otp_webhook", "otp_webhook_secret", "otp_file"],
  },
  {
    id: "https",
    label: "HTTPS",
    about: "Encrypted access, with a certificate of the appliance’s own authority or of yours.",
    keys: ["https", "https_names", "https_redirect", "https_cert", "https_key"],
  },
  {
    id: "access",
    label: "Network and sign-in",
    about: "Where the appliance listens, whom it believes, and how long a sign-in lasts.",
    keys: ["http", "trusted_proxies", "cors_origins", "jwt_access_expires_minutes", "jwt_secret_key", "jwt_secret_key_file"],
  },
  {
    id: "limits",
    label: "Limits",
    about: "Protection from what asks too much. The defaults suit a shop with hundreds of trolleys.",
    keys: [
      "rate_limit_per_address",
      "rate_limit_per_account",
      "rate_limit_per_device",
      "max_connections",
      "max_connections_per_address",
      "max_live_connections",
      "max_live_connections_per_account",
      "header_timeout_s",
      "request_timeout_s",
      "write_timeout_s",
      "idle_timeout_s",
      "drain_timeout_s",
      "body_min_bytes_per_s",
      "cache_mib",
    ],
  },
  { id: "log", label: "Log", about: "What the appliance writes about its work.", keys: ["log", "log_format"] },
];

/** @type {Record<string, string>} */
const LABELS = {
  tax_mode: "Shelf prices",
  cart_idle_minutes: "Idle after",
  cart_abandoned_minutes: "Trolley free after",
  search_language: "Language of the goods",
  weight_check: "Compare scans with the scale",
  weight_tolerance_g: "Scale tolerance",
  weight_tolerance_percent: "Scale tolerance, by share",
  discovery: "Trolleys find the appliance",
  otp_channel: "Codes go by",
  otp_webhook: "Gateway’s address",
  otp_webhook_secret: "Gateway’s secret",
  otp_file: "File of codes",
  https: "HTTPS address",
  https_names: "Names in the certificate",
  https_redirect: "Lead pages to HTTPS",
  https_cert: "Own certificate",
  https_key: "Its private key",
  http: "HTTP address",
  cors_origins: "Foreign pages",
  jwt_access_expires_minutes: "Access token lasts",
  jwt_secret_key: "Signing key",
  jwt_secret_key_file: "File of the signing key",
  rate_limit_per_address: "Requests per address",
  rate_limit_per_account: "Requests per account",
  rate_limit_per_device: "Requests per trolley",
  max_live_connections: "Live followers",
  max_live_connections_per_account: "Live followers per account",
  max_connections: "Connections",
  max_connections_per_address: "Connections per address",
  body_min_bytes_per_s: "Slowest upload",
  cache_mib: "Database cache",
  log: "What is logged",
  log_format: "Log lines",
};

/** @type {Record<string, {value: string, label: string, detail?: string, badge?: string}[]>} */
export const CHOICES = {
  tax_mode: [
    { value: "included", label: "Include tax" },
    { value: "excluded", label: "Tax is added" },
  ],
  search_language: [
    ["en", "English"],
    ["ar", "Arabic"],
    ["da", "Danish"],
    ["nl", "Dutch"],
    ["fi", "Finnish"],
    ["fr", "French"],
    ["de", "German"],
    ["el", "Greek"],
    ["hu", "Hungarian"],
    ["it", "Italian"],
    ["no", "Norwegian"],
    ["pt", "Portuguese"],
    ["ro", "Romanian"],
    ["ru", "Russian"],
    ["es", "Spanish"],
    ["sv", "Swedish"],
    ["ta", "Tamil"],
    ["tr", "Turkish"],
  ].map(([value, label]) => ({ value, label })),
  log_format: [
    { value: "text", label: "Text" },
    { value: "json", label: "JSON" },
  ],
  otp_channel: [
    { value: "webhook", label: "SMS gateway", detail: "Posted, signed, to a web address that sends the text message." },
    { value: "file", label: "File", detail: "Appended to a file that a program of yours sends on." },
    { value: "log", label: "Log", badge: "For trying out", detail: "Only the appliance’s own log has them: no shopper ever gets one." },
  ],
};

/** What stands behind the value. */
const SUFFIXES = { _s: "seconds", _mib: "MiB", _minutes: "minutes", _bytes_per_s: "bytes/s", _tolerance_g: "g", _tolerance_percent: "%" };

/** @param {string} key */
export function settingLabel(key) {
  if (LABELS[key]) return LABELS[key];
  const words = key.replace(/_(s|mib)$/, "").replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** @param {string} key */
export function settingSuffix(key) {
  const ending = Object.keys(SUFFIXES).sort((a, b) => b.length - a.length).find((end) => key.endsWith(end));
  return ending && SUFFIXES[/** @type {keyof SUFFIXES} */ (ending)];
}

/**
 * The groups that have settings; what no group knows is in a last one.
 * @param {SettingDetail[]} details
 */
export function grouped(details) {
  const known = new Set(GROUPS.flatMap(({ keys }) => keys));
  const others = details.map(({ key }) => key).filter((key) => !known.has(key));
  const all = [...GROUPS, { id: "other", label: "Other", about: "Everything else.", keys: others }];
  return all
    .map((group) => ({ ...group, settings: group.keys.map((key) => details.find((each) => each.key === key)).filter((each) => each !== undefined) }))
    .filter(({ settings }) => settings.length > 0);
}

/**
 * @param {unknown} value  As the API has it.
 * @returns {string} As people read it.
 */
export function settingText(value) {
  if (value === null || value === undefined || value === "") return "not set";
  if (typeof value === "boolean") return value ? "on" : "off";
  if (Array.isArray(value)) return value.length ? value.join(", ") : "none";
  return String(value);
}

/**
 * Why a setting cannot be changed on the page.
 * @param {SettingDetail} setting
 */
export function whereElse({ key, source }) {
  if (source.startsWith("environment variable")) return `Set by the ${source}: change it there.`;
  if (source.startsWith("flag")) return `Set by the ${source} of the running appliance: change it there.`;
  if (source === "default") return `For whoever is at the machine: ${key} in config.toml.`;
  const file = source.replace(/ line \d+$/, "").split("/").at(-1);
  return `Set in ${file}${source.match(/ line \d+$/)?.[0].replace(" line", ", line") ?? ""}, by whoever is at the machine.`;
}
