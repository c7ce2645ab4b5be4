// One floor of a map: the picture, the names on it, what is blocked; and which floor it is.

import { get } from "../lib/api.js";
import { drawing, floorBounds } from "../lib/map_drawing.js";
import { boundsOf } from "../lib/map_view.js";
import { readPicture } from "../lib/picture.js";
import { useResource } from "../lib/resource.js";
import { blockedWays, floorName } from "../lib/store_map.js";
import { html, useMemo } from "../lib/ui.js";
import { Segmented } from "./button.js";
import { Select } from "./field.js";
import { Plan } from "./plan.js";
import { AisleMark, AisleNames, BlockedWays, Doors, FoundMark, LocationNames, OneWayArrows, SectionNames } from "./plan_marks.js";

/** @import { Aisle, Atlas, Spot } from "../lib/store_map.js" */
/** @import { Bounds, Pane, View } from "../lib/map_view.js" */
/** @import { Closure } from "../lib/types.js" */

const SEGMENTS_MAX = 4;
const AROUND_M = 3;

/**
 * @param {object} props
 * @param {Atlas} props.atlas
 * @param {number} props.floor
 * @param {(floor: number) => void} props.onFloor
 * @param {Closure[]} [props.closures]
 * @param {string | null} [props.pictureKey]  Of the map in use, whose picture the appliance draws; another key asks for it anew.
 * @param {Aisle | null} [props.pointed]
 * @param {Aisle | null} [props.chosen]
 * @param {{spot: Spot, to?: Spot} | null} [props.found]  Is shown and moved to.
 * @param {Spot[] | null} [props.seek]  Is moved to.
 * @param {(spot: Spot, withinM: number) => void} [props.onPress]
 * @param {(spot: Spot | null, withinM: number) => void} [props.onPoint]
 * @param {any} [props.caption]
 * @param {(seen: {view: View, pane: Pane}) => any} [props.under]  Below the names of aisles and the signs.
 * @param {(seen: {view: View, pane: Pane}) => any} [props.marks]  Above all.
 */
export function FloorPlan({ atlas, floor, onFloor, closures = [], pictureKey = null, pointed, chosen, found = null, seek = null, onPress, onPoint, caption, under, marks }) {
  const asked = useResource(async (signal) => {
    if (pictureKey === null) return null;
    const { data } = await get("/map/picture", { query: { floor }, text: true, signal });
    return { floor, picture: readPicture(data) };
  }, [pictureKey, floor]);
  const given = asked.data?.floor === floor ? asked.data.picture : null;
  const waiting = pictureKey !== null && !given && !asked.error;
  // Without a picture of the appliance the floor is drawn here.
  const picture = useMemo(() => given ?? (waiting ? null : drawing(atlas, floor)), [given, waiting, atlas, floor]);
  const bounds = useMemo(() => floorBounds(atlas, floor), [atlas, floor]);
  const blocked = useMemo(() => blockedWays(atlas, closures), [atlas, closures]);
  const target = found ? [found.spot, found.to ?? found.spot] : seek;
  const goTo = useMemo(() => (target?.some((spot) => spot.floor === floor) ? { bounds: around(target.filter((spot) => spot.floor === floor)) } : null), [found, seek, floor]);

  return html`${atlas.floors.length > 1 && html`<${Floors} floors=${atlas.floors} floor=${floor} onFloor=${onFloor} />`}<${Plan}
    picture=${picture}
    bounds=${bounds}
    busy=${waiting}
    label="Floor plan, ${floorName(floor)}. Arrow keys move it, plus and minus zoom, 0 shows all, Enter takes what is in the middle."
    goTo=${goTo}
    caption=${caption}
    onPress=${(/** @type {{x: number, y: number}} */ point, /** @type {number} */ within) => onPress?.({ ...point, floor }, within)}
    onPoint=${(/** @type {{x: number, y: number} | null} */ point, /** @type {number} */ within) => onPoint?.(point && { ...point, floor }, within)}
    marks=${(/** @type {{view: View, pane: Pane}} */ seen) => html`
      <${OneWayArrows} atlas=${atlas} floor=${floor} scale=${seen.view.scale} />
      <${AisleMark} aisle=${chosen} floor=${floor} scale=${seen.view.scale} kind="chosen" />
      <${AisleMark} aisle=${pointed} floor=${floor} scale=${seen.view.scale} kind="pointed" />
      <${SectionNames} atlas=${atlas} floor=${floor} scale=${seen.view.scale} />
      ${under?.(seen)}
      <${AisleNames} atlas=${atlas} floor=${floor} view=${seen.view} pane=${seen.pane} />
      <${LocationNames} atlas=${atlas} floor=${floor} view=${seen.view} pane=${seen.pane} />
      <${BlockedWays} atlas=${atlas} blocked=${blocked} floor=${floor} scale=${seen.view.scale} />
      <${Doors} atlas=${atlas} floor=${floor} scale=${seen.view.scale} />
      ${marks?.(seen)}
      <${FoundMark} found=${found} floor=${floor} scale=${seen.view.scale} />
    `}
  />`;
}

/** @param {{floors: number[], floor: number, onFloor: (floor: number) => void}} props */
function Floors({ floors, floor, onFloor }) {
  const options = floors.map((each) => ({ value: String(each), label: floorName(each) }));
  const change = (/** @type {string} */ value) => onFloor(Number(value));
  return floors.length > SEGMENTS_MAX
    ? html`<${Select} class="plan-floors" aria-label="Floor" value=${String(floor)} onValue=${change} options=${options} />`
    : html`<div class="plan-floors"><${Segmented} label="Floor" value=${String(floor)} onChange=${change} options=${options} /></div>`;
}

/** @param {Spot[]} spots @returns {Bounds} */
function around(spots) {
  const { minX, minY, maxX, maxY } = boundsOf(spots.map(({ x, y }) => ({ x, y: -y })));
  return { minX: minX - AROUND_M, minY: minY - AROUND_M, maxX: maxX + AROUND_M, maxY: maxY + AROUND_M };
}
