//! The route table: every route that there is, one row each.
//!
//! Each also answers below `/api/v1` and with a trailing slash; a GET answers HEAD. An alias is
//! the same handler under the name that an older system's clients know.

mod alerts;
mod baskets;
mod floor;
mod goods;
mod people;
mod shop;
mod trolleys;
mod weights;

use super::route::Route;

/// All routes.
pub fn table() -> Vec<Route> {
    let areas = [
        people::accounts(),
        people::mobile_accounts(),
        people::open_sessions(),
        goods::catalogue(),
        goods::imports(),
        goods::promoted(),
        goods::live_promotions(),
        goods::shelves(),
        goods::codes(),
        goods::pictured(),
        baskets::baskets(),
        baskets::handed_over(),
        baskets::errands(),
        baskets::placed_orders(),
        trolleys::trolleys(),
        trolleys::dialect(),
        trolleys::boards(),
        trolleys::updating(),
        shop::appliance(),
        shop::trusting(),
        shop::accountability(),
        goods::search_words(),
        shop::search_reports(),
        shop::map_checks(),
        floor::floor(),
        alerts::alerts(),
        weights::weights(),
    ];
    areas.into_iter().flatten().collect()
}
