// Where whoever builds the boards reads on.

import { html } from "../lib/ui.js";

export function BoardDocs() {
  return html`<p class="muted board-docs">
    For whoever builds the boards: <a href="/docs/devices" target="_blank" rel="noopener">how they talk to the appliance</a> and${" "}
    <a href="/docs/firmware/cartwright-cart.zip" download>the ESP32 library (zip)</a>.
  </p>`;
}
