//! `/docs`: the API to read, without a network: a page that renders `/openapi.json`; and the
//! page of the trolleys' protocol, with the client library for firmware.

pub(super) mod firmware;

use axum::extract::Path;
use axum::response::Response;
use rust_embed::Embed;

use super::{Problem, Result, ui};

const ASK_AGAIN: &str = "no-cache";

#[derive(Embed)]
#[folder = "assets/docs"]
struct Docs;

pub(super) async fn page() -> Result<Response> {
    serve("index.html")
}

pub(super) async fn devices() -> Result<Response> {
    serve("devices.html")
}

pub(super) async fn file(Path(name): Path<String>) -> Result<Response> {
    serve(&name)
}

fn serve(name: &str) -> Result<Response> {
    let file = Docs::get(name).ok_or_else(Problem::not_found)?;
    Ok(ui::serve(file, name, ASK_AGAIN))
}
