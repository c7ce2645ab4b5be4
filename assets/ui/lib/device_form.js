// What can be set of a trolley.

import { formOf } from "./form.js";

const HEARTBEAT_MAX_S = 86_400;
const DEDUPE_MAX_S = 60;

export const deviceForm = formOf({
  name: { label: "Name", kind: "text", required: true, empty: "" },
  weight_unit: { label: "Its scale sends", kind: "text", required: true, empty: "g" },
  heartbeat_s: { label: "Heard of every", kind: "integer", required: true, min: 1, max: HEARTBEAT_MAX_S, empty: "10" },
  dedupe_ms: {
    label: "Same scan again counts after",
    kind: "decimal",
    required: true,
    empty: "7",
    // People think in seconds, the trolley's profile in milliseconds.
    codec: {
      write: (ms) => String(ms / 1000),
      read: (text) => {
        const plain = String(text).trim().replace(",", ".");
        const seconds = Number(plain);
        if (!plain || !Number.isFinite(seconds)) return { error: "This must be a number." };
        if (seconds < 0 || seconds > DEDUPE_MAX_S) return { error: `This must be 0 to ${DEDUPE_MAX_S} seconds.` };
        return { value: Math.round(seconds * 1000) };
      },
      show: (text) => `${text} s`,
    },
  },
  signed_only: { label: "Only signed requests", kind: "flag", empty: false },
});
