// A walk is tried: from where, to what, and how; the answer stands beside it and on the plan, and
// follows every change, closures too. All that was chosen is in the address.

import { call } from "../lib/api.js";
import { askProductNames, productName } from "../lib/product_names.js";
import { useResource } from "../lib/resource.js";
import { link, navigate, route } from "../lib/router.js";
import { aisleFacts, aisleOf, nearestPlace, nearestWay, nodeName } from "../lib/store_map.js";
import { html, useEffect, useMemo, useState } from "../lib/ui.js";
import { planOf, pointToken, queryOf, STOPS_MAX, tokenName, tokenSpot, walkRequest } from "../lib/walk.js";
import { FloorPlan } from "./floor_plan.js";
import { Legend } from "./plan_legend.js";
import { WalkForm } from "./walk_form.js";
import { WalkLines, WalkStops, WishMarks } from "./walk_marks.js";
import { WalkProblem, WalkResult } from "./walk_result.js";

/** @import { Atlas, Spot } from "../lib/store_map.js" */
/** @import { Closure, WalkAnswer } from "../lib/types.js" */
/** @import { Plan, StopToken } from "../lib/walk.js" */
/** @import { View } from "../lib/map_view.js" */

/** @param {{atlas: Atlas, pictureKey: string, closures: Closure[]}} props */
export function MapWalk({ atlas, pictureKey, closures }) {
  const { query } = route.value;
  const wished = planOf(query);
  const entrance = [...atlas.nodes.values()].find(({ kind }) => kind === "entrance");
  const plan = { ...wished, start: wished.start || (entrance ? `n:${entrance.id}` : "") };
  const [press, setPress] = useState(/** @type {"stop" | "start"} */ ("stop"));
  const [pinned, setPinned] = useState(/** @type {number | null} */ (null));
  const [looked, setLooked] = useState(/** @type {number | null} */ (null));
  const [caption, setCaption] = useState("");
  const start = tokenSpot(plan.start, atlas);
  const floors = atlas.floors;
  const floor = floors.includes(Number(query.floor ?? NaN)) ? Number(query.floor) : (start?.floor ?? floors[0]);

  useEffect(() => askProductNames(plan.stops.filter((token) => token.startsWith("p:")).map((token) => Number(token.slice(2)))), [query.stops]);

  const request = JSON.stringify(walkRequest(plan));
  const walk = useResource(
    async (signal) => {
      if (plan.stops.length === 0 || !plan.start) return null;
      const { data } = await call("POST", "/cart/shortest_path", { body: JSON.parse(request), signal });
      return { answer: /** @type {WalkAnswer} */ (data), plan };
    },
    [request, pictureKey],
  );
  useEffect(() => {
    setPinned(null);
    setLooked(null);
  }, [walk.data]);

  /** @param {Partial<Plan>} change */
  const change = (change) => navigate(link("/map/walk", { floor: query.floor, ...queryOf({ ...wished, ...change }) }), { replace: true });
  /** @param {number} to */
  const showFloor = (to) => navigate(link("/map/walk", { floor: to, ...queryOf(wished) }), { replace: true });

  /** @param {Spot} spot @param {number} within */
  const pressed = (spot, within) => {
    const place = nearestPlace(atlas, spot, within);
    if (press === "start") {
      change({ start: place?.type === "node" ? `n:${place.id}` : pointToken(place?.spot ?? spot) });
      return setPress("stop");
    }
    const token = place ? `${place.type === "node" ? "n" : "l"}:${place.id}` : pointToken(spot);
    if (plan.stops.includes(token)) change({ stops: plan.stops.filter((each) => each !== token) });
    else if (plan.stops.length < STOPS_MAX) change({ stops: [...plan.stops, token] });
  };

  /** @param {Spot | null} spot @param {number} within */
  const pointed = (spot, within) => {
    const place = spot && nearestPlace(atlas, spot, within);
    const aisle = spot && aisleOf(atlas, nearestWay(atlas, spot, within));
    setCaption(place ? (place.type === "node" ? nodeName(atlas, place.id) : place.id) : aisle ? [aisle.name, ...aisleFacts(aisle)].join(" · ") : "");
  };

  /** @param {number | null} leg */
  const pin = (leg) => {
    setPinned(leg);
    const path = leg === null ? [] : (answer?.segments[leg]?.path ?? []);
    if (path.length && path.every((point) => point.floor !== floor)) showFloor(path[0].floor);
  };

  const answer = walk.data?.answer ?? null;
  const failed = walk.error && !walk.loading ? walk.error : null;
  const drawn = failed || plan.stops.length === 0 ? null : answer;
  const leg = looked ?? pinned;
  // On a phone a leg is small, and the plan above what is read.
  const seek = useMemo(() => (drawn && pinned !== null && matchMedia("(width < 48rem)").matches ? (drawn.segments[pinned]?.path ?? null) : null), [drawn, pinned]);
  const named = (/** @type {StopToken} */ token) => (token.startsWith("p:") ? productName(Number(token.slice(2))) : token.startsWith("n:") ? nodeName(atlas, token.slice(2)) : tokenName(token));
  return html`<div class="map-grid">
    <div class="map-plan">
      <${FloorPlan}
        atlas=${atlas}
        floor=${floor}
        onFloor=${showFloor}
        closures=${closures}
        pictureKey=${pictureKey}
        seek=${seek}
        onPress=${pressed}
        onPoint=${pointed}
        caption=${caption || (press === "start" ? "Press where the walk begins." : plan.stops.length ? "" : "Press the plan to add a stop.")}
        under=${(/** @type {{view: View}} */ { view }) => drawn && html`<${WalkLines} answer=${drawn} floor=${floor} scale=${view.scale} leg=${leg} />`}
        marks=${(/** @type {{view: View}} */ { view }) =>
          drawn
            ? html`<${WalkStops} answer=${drawn} floor=${floor} scale=${view.scale} leg=${leg} />`
            : html`<${WishMarks} start=${start} spots=${plan.stops.map((token) => tokenSpot(token, atlas))} floor=${floor} scale=${view.scale} />`}
      />
      <${Legend} atlas=${atlas} blocked=${closures.length > 0} />
    </div>
    <div class="map-side">
      <${WalkForm} atlas=${atlas} plan=${plan} press=${press} onPress=${setPress} onChange=${change} nameOf=${named} />
      ${plan.stops.length > 0 && failed && html`<${WalkProblem} error=${failed} names=${plan.stops.map(named)} onRetry=${walk.reload} />`}
      ${drawn && walk.data && html`<${WalkResult} answer=${drawn} names=${walk.data.plan.stops.map(named)} endName=${drawn.end ? nodeName(atlas, drawn.end) : "The end"} busy=${walk.loading} leg=${leg} pinned=${pinned} onLook=${setLooked} onPin=${pin} />`}
    </div>
  </div>`;
}
