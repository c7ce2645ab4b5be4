//! The appliance itself: its state, its map, its settings, its log.

use crate::domain::store_map::StoreMap;
use crate::domain::store_map::lint::MapReport;
use crate::http::live::events;
use crate::http::route::ParamKind::Text;
use crate::http::route::Route;
use crate::http::route::Who::{Admin, Anyone, Shopper, Staff};
use crate::http::route::{get, patch, post, put};
use crate::http::v1::{audit, dashboard, map_findings, map_import, searches, settings, store_map};
use crate::http::{docs, health, metrics, openapi, postman, trust, ui, welcome};
use crate::wire::audit::AuditEntry;

pub(super) fn appliance() -> Vec<Route> {
    vec![
        get("/health", Anyone, health::find)
            .id("findHealth")
            .summary("Whether the appliance works, its version, currency and time zone")
            .returns::<health::Health>(200)
            .quiet(),
        get("/metrics", Admin, metrics::find)
            .id("findMetrics")
            .summary("What the appliance counts, in the text format of Prometheus")
            .answers(200, "text/plain")
            .quiet(),
        get("/openapi.json", Anyone, openapi::find)
            .id("findOpenapi")
            .tag("docs")
            .summary("This document")
            .answers(200, "application/json"),
        get("/docs/postman.json", Anyone, postman::find)
            .id("findPostmanCollection")
            .summary("This document as a Postman collection")
            .answers(200, "application/json"),
        get("/events", Shopper, events::follow)
            .id("followEvents")
            .summary("What changes, as it changes: one's own cart and orders; the floor for staff")
            .answers(200, "text/event-stream")
            .refuses(429, "too-many-live-connections")
            .live(),
        get("/reports/dashboard", Staff, dashboard::find)
            .id("findDashboard")
            .summary("The shop at a glance")
            .returns::<dashboard::Dashboard>(200),
        get("/settings", Admin, settings::find)
            .id("findSettings")
            .summary("The owner's settings")
            .returns::<settings::Settings>(200)
            .refuses(409, "broken-settings"),
        patch("/settings", Admin, settings::update)
            .id("updateSettings")
            .summary("Change settings in config.toml; they count from the next start")
            .body::<settings::SettingsPatch>()
            .example(r#"{"time_zone":"Europe/Vienna","cors_origins":["https://shop.example"]}"#)
            .returns::<settings::Settings>(200)
            .refuses(400, "invalid-settings")
            .refuses(409, "setting-overridden, broken-settings, currency-in-use")
            .refuses(503, "disk"),
        get("/map", Anyone, store_map::find)
            .id("findMap")
            .summary("The store map")
            .returns::<StoreMap>(200)
            .refuses(404, "not-found")
            .versioned(),
        put("/map", Staff, store_map::replace)
            .id("replaceMap")
            .summary("Replace the store map")
            .body::<StoreMap>()
            .example(
                r#"{"name":"Corner shop",
                    "nodes":[{"id":"door","x":0,"y":0,"kind":"entrance"},
                             {"id":"till","x":4,"y":0,"kind":"checkout"}],
                    "edges":[{"from":"door","to":"till","aisle":"A1"}],
                    "locations":[{"id":"A1-01","from":"door","to":"till","offset":2.5}]}"#,
            )
            .refuses(400, "invalid-map")
            .returns::<StoreMap>(200)
            .versioned()
            .if_match(),
        get("/misc/store-sections", Anyone, store_map::sections)
            .id("listSections")
            .summary("The sections of the shop, by name")
            .returns_list::<store_map::StoreSection>(200)
            .paged_by(store_map::SECTIONS_DEFAULT)
            .refuses(404, "not-found"),
        // Pages for people.
        get("/", Anyone, welcome::page).page(),
        get("/docs", Anyone, docs::page).page(),
        get("/docs/devices", Anyone, docs::devices).page(),
        get("/docs/firmware/cartwright-cart.zip", Anyone, docs::firmware::zip).page(),
        get("/docs/firmware/{*path}", Anyone, docs::firmware::file).page(),
        get("/docs/{file}", Anyone, docs::file).param("file", Text, "").page(),
        get("/admin", Anyone, ui::redirect).page(),
        get("/admin/", Anyone, ui::index).page(),
        get("/admin/assets/{hash}/{*path}", Anyone, ui::asset).page(),
    ]
}

/// The local authority, for devices that are to trust it.
pub(super) fn trusting() -> Vec<Route> {
    vec![
        get("/trust", Anyone, trust::page)
            .id("showTrust")
            .summary("How phones and computers come to trust the shop's certificate: a page")
            .answers(200, "text/html"),
        get("/trust/ca.pem", Anyone, trust::pem)
            .id("findAuthorityPem")
            .summary("The local authority's certificate as PEM")
            .answers(200, "application/x-pem-file")
            .refuses(404, "https-off, own-certificate"),
        get("/trust/ca.crt", Anyone, trust::crt)
            .id("findAuthorityDer")
            .summary("The local authority's certificate as DER, for Android and computers")
            .answers(200, "application/x-x509-ca-cert")
            .refuses(404, "https-off, own-certificate"),
        get("/trust/ca.mobileconfig", Anyone, trust::mobileconfig)
            .id("findAuthorityProfile")
            .summary("The local authority's certificate as a profile, for iPhones and iPads")
            .answers(200, "application/x-apple-aspen-config")
            .refuses(404, "https-off, own-certificate"),
        get("/trust/trust.css", Anyone, trust::style).page(),
    ]
}

/// Who did what.
pub(super) fn accountability() -> Vec<Route> {
    vec![
        get("/audit", Admin, audit::list)
            .id("listAuditEntries")
            .summary("Who did what, when, from where, before and after; newest first")
            .about(audit::ABOUT)
            .query::<audit::AuditQuery>()
            .returns_list::<AuditEntry>(200)
            .paged(),
        get("/audit/export", Admin, audit::export)
            .id("exportAudit")
            .summary("The whole audit log, oldest first, so that others can verify it")
            .about(audit::ABOUT_EXPORT)
            .answers(200, "application/x-ndjson")
            .unbounded(),
    ]
}

/// What shoppers do not find.
pub(super) fn search_reports() -> Vec<Route> {
    vec![
        get("/reports/searches", Staff, searches::missed)
            .id("reportSearches")
            .summary("Searches that found nothing, most frequent first")
            .about(
                "Counted for searches without filters; at most 5,000 texts, for 90 days. Nobody's \
                 name is kept with them, and no e-mail address and no long number.",
            )
            .query::<searches::SearchReportQuery>()
            .returns_list::<searches::SearchMiss>(200)
            .paged(),
    ]
}

/// What is wrong with a map, and one from a file.
pub(super) fn map_checks() -> Vec<Route> {
    vec![
        get("/map/findings", Staff, map_findings::find)
            .id("listMapFindings")
            .summary("What is wrong with the store map, and which products it does not place")
            .about(map_findings::ABOUT)
            .returns::<MapReport>(200)
            .refuses(404, "not-found"),
        post("/map/lint", Staff, map_findings::lint)
            .id("lintMap")
            .summary("Say what is wrong with a map in a file, and how it reads; changes nothing")
            .about(map_findings::ABOUT_FILE)
            .body::<map_findings::MapFile>()
            .example(
                r#"{"type":"FeatureCollection","features":[
                    {"type":"Feature","properties":{"aisle":"A1"},
                     "geometry":{"type":"LineString","coordinates":[[0,0],[12,0],[12,8]]}},
                    {"type":"Feature","properties":{"id":"door","kind":"entrance"},
                     "geometry":{"type":"Point","coordinates":[0,0]}}]}"#,
            )
            .returns::<map_findings::LintedMap>(200),
        post("/map/import", Staff, map_import::import)
            .id("importMap")
            .summary("Replace the store map by the one in a file, of any format and size")
            .about(map_import::ABOUT)
            .query::<map_import::MapImportQuery>()
            .body_of(&["application/json", "application/geo+json"])
            .example(
                r#"{"name":"Corner shop",
                    "nodes":[{"id":"door","x":0,"y":0,"kind":"entrance"},
                             {"id":"till","x":4,"y":0,"kind":"checkout"}],
                    "edges":[{"from":"door","to":"till","aisle":"A1"}]}"#,
            )
            .body_max_bytes(map_import::FILE_MAX_BYTES)
            .returns::<map_import::ImportedMap>(200)
            .refuses(400, "map-too-large, body-required")
            .if_match()
            .unbounded(),
    ]
}
