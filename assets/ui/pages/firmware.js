// Firmware of the trolleys: what runs where, what is being handed out, and how well that goes.

import { Button } from "../components/button.js";
import { FirmwareCard } from "../components/firmware_card.js";
import { FirmwareUpload } from "../components/firmware_upload.js";
import { Empty, Failed, Page, Skeleton } from "../components/page.js";
import { get } from "../lib/api.js";
import { count } from "../lib/format.js";
import { useFleet } from "../lib/fleet_data.js";
import { versionsOf } from "../lib/firmware.js";
import { useResource } from "../lib/resource.js";
import { link } from "../lib/router.js";
import { isAdmin, session } from "../lib/session.js";
import { html, useState } from "../lib/ui.js";

/** @import { Device, Firmware } from "../lib/types.js" */

const IMAGES_MAX = 1_000;

export function FirmwarePage() {
  const { devices, now } = useFleet();
  // Trolleys fetch and install by themselves: how far they are is asked for with the clock.
  const images = useResource(loadImages, [now]);
  const [uploading, setUploading] = useState(false);
  const admin = isAdmin(session.value.user);
  const upload = () => setUploading(true);
  const { data, error } = images;

  return html`<${Page} title="Firmware" actions=${admin && html`<${Button} kind="primary" icon="upload" data-key="n" onClick=${upload}>Upload an image<//>`}>
    <${Versions} devices=${devices.data} />
    ${error && !data
      ? html`<${Failed} error=${error} onRetry=${images.reload} />`
      : !data
        ? html`<div class="card" aria-busy="true"><${Skeleton} lines=${6} /></div>`
        : data.length === 0
          ? html`<${Empty} icon="devices" title="No firmware yet">
              <p>
                Upload an image and try it on one trolley, then on every tenth, then on all. Each gets it when it has no basket, and says whether it runs well.
                ${admin ? "" : " An administrator can upload one."}
              </p>
              ${admin && html`<${Button} kind="primary" icon="upload" onClick=${upload}>Upload an image<//>`}
            <//>`
          : html`<ul class="images">
              ${data.map((image) => html`<${FirmwareCard} key=${image.id} image=${image} devices=${devices.data ?? []} now=${now} admin=${admin} onChanged=${images.reload} />`)}
            </ul>`}
    ${uploading && html`<${FirmwareUpload} devices=${devices.data ?? []} onUploaded=${images.reload} onClose=${() => setUploading(false)} />`}
  <//>`;
}

/** @param {AbortSignal} signal */
async function loadImages(signal) {
  const { data } = await get("/firmware", { query: { limit: IMAGES_MAX }, signal });
  return /** @type {Firmware[]} */ (data).sort((a, b) => b.created_at.localeCompare(a.created_at) || b.id - a.id);
}

/**
 * What the trolleys say that they run.
 * @param {{devices?: Device[]}} props
 */
function Versions({ devices }) {
  const versions = devices && versionsOf(devices);
  if (!versions?.length) return null;
  return html`<p class="summary versions">
    Running now:
    ${versions.map(
      ({ version, many }, index) => html`${index > 0 ? ", " : " "}<a key=${version} href=${link("/devices", { query: version })}>${version}</a> on <strong class="number">${count(many)}</strong>`,
    )}
  </p>`;
}
