//! The floor as it is now: the map's picture, and what is blocked without a new map.

use crate::http::route::Route;
use crate::http::route::Who::{Anyone, Staff};
use crate::http::route::{delete, get, post};
use crate::http::v1::{closures, store_map};

/// The picture and the blocked aisles.
pub(super) fn floor() -> Vec<Route> {
    vec![
        get("/map/picture", Anyone, store_map::picture)
            .id("drawMap")
            .summary("A floor of the map as a picture, with what is blocked now")
            .query::<store_map::FloorQuery>()
            .answers(200, "image/svg+xml")
            .refuses(404, "not-found"),
        get("/map/geojson", Anyone, store_map::geojson)
            .id("findMapGeojson")
            .summary("The store map as GeoJSON, in its own metres, ready to be imported again")
            .answers(200, "application/geo+json")
            .refuses(404, "not-found")
            .versioned(),
        get("/map/closures", Staff, closures::list)
            .id("listClosures")
            .summary("Aisles that are blocked now, by id")
            .returns_list::<closures::Closure>(200)
            .paged_by(closures::CLOSURES_DEFAULT),
        post("/map/closures", Staff, closures::create)
            .id("createClosure")
            .summary("Report an aisle, or what lies between two nodes, as blocked")
            .about(
                "The next walk goes round it, and products inside are `unreachable` with the \
                 reason. A closure is no part of the map: it stays when the map is replaced, and \
                 goes when `until` has come or somebody deletes it. At most 200 at once.",
            )
            .body::<closures::ClosureInput>()
            .example(r#"{"aisle":"A3","reason":"spill"}"#)
            .returns::<closures::Closure>(201)
            .refuses(404, "not-found")
            .refuses(409, "too-many-closures")
            .idempotent(),
        delete("/map/closures/{id}", Staff, closures::delete)
            .id("deleteClosure")
            .summary("An aisle is free again")
            .returns::<closures::ClosureDeleted>(200),
    ]
}
