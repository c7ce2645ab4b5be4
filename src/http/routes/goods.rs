//! The catalogue and its promotions.

use crate::http::live::{socket_io, websocket};
use crate::http::route::ParamKind::Text;
use crate::http::route::Route;
use crate::http::route::Who::{Admin, Anyone, Shopper, Staff};
use crate::http::route::{delete, get, patch, post, put};
use crate::http::v1::{barcode_rules, categories, products, promotions, stock, transfer};
use crate::wire::import::ImportReport;
use crate::wire::product::{Movement, Product, ProductInput};
use crate::wire::promotion::{Promotion, PromotionInput};

#[expect(clippy::too_many_lines, reason = "a table: each route is a row of it")]
pub(super) fn catalogue() -> Vec<Route> {
    vec![
        get("/products", Anyone, products::list)
            .id("listProducts")
            .summary("Products by id, or those that match a text")
            .query::<products::ProductQuery>()
            .optional_credential()
            .returns_list::<Product>(200)
            .refuses(503, "index-building")
            .paged_by(products::LIST_DEFAULT),
        post("/products", Staff, products::create)
            .id("createProduct")
            .summary("Add a product")
            .body::<ProductInput>()
            .example(r#"{"name":"Oat Drink 1 l","price":1.79,"category":"Drinks","stock":24}"#)
            .returns::<Product>(201)
            .refuses(400, "currency-mismatch")
            .refuses(409, "sku-taken, barcode-taken, plu-taken, rfid-taken")
            .versioned()
            .idempotent(),
        get("/products/search", Anyone, products::search)
            .id("searchProducts")
            .summary("Products that match a text, with facets")
            .query::<products::ProductQuery>()
            .optional_credential()
            .returns::<products::SearchAnswer>(200)
            .refuses(503, "index-building")
            .paged(),
        get("/products/suggest", Anyone, products::suggest)
            .id("suggestProducts")
            .summary("Names that begin like a text")
            .query::<products::SuggestQuery>()
            .returns_list::<products::Suggested>(200)
            .refuses(503, "index-building"),
        get("/products/offers", Anyone, products::offers)
            .id("listOffers")
            .summary("Products that a running promotion of theirs or their category makes cheaper")
            .returns::<products::Offers>(200)
            .paged_by(products::LIST_DEFAULT),
        get("/products/barcode/{code}", Anyone, products::find_by_code)
            .id("findProductByCode")
            .summary("The product of a scanned code")
            .param("code", Text, "A GTIN, a PLU or a code with an embedded weight or price")
            .returns::<Product>(200)
            .optional_credential()
            .versioned(),
        get("/products/{id}", Anyone, products::find)
            .id("findProduct")
            .summary("A product")
            .returns::<Product>(200)
            .optional_credential()
            .versioned(),
        put("/products/{id}", Staff, products::update)
            .id("replaceProduct")
            .summary("Change the fields that are sent")
            .body::<ProductInput>()
            .example(r#"{"price":1.99,"stock":50}"#)
            .refuses(400, "currency-mismatch")
            .returns::<Product>(200)
            .refuses(409, "sku-taken, barcode-taken, plu-taken, rfid-taken")
            .versioned()
            .if_match(),
        patch("/products/{id}", Staff, products::update)
            .id("updateProduct")
            .summary("Change the fields that are sent")
            .body::<ProductInput>()
            .example(r#"{"price":1.89}"#)
            .refuses(400, "currency-mismatch")
            .returns::<Product>(200)
            .refuses(409, "sku-taken, barcode-taken, plu-taken, rfid-taken")
            .versioned()
            .if_match(),
        delete("/products/{id}", Staff, products::delete)
            .id("deleteProduct")
            .summary("Take a product out of the catalogue")
            .returns::<products::Deleted>(200)
            .if_match(),
        post("/products/import", Staff, transfer::import_products)
            .id("importProducts")
            .summary("Bring in products from CSV or NDJSON, all or nothing")
            .about("The content tells which of the two it is; the Content-Type does not matter.")
            .query::<transfer::ImportQuery>()
            .body_of(&["text/csv", "text/plain"])
            .example("sku,name,price,stock\nOAT-1,Oat Drink 1 l,1.79,24\n")
            .returns::<ImportReport>(200)
            .returns::<ImportReport>(400)
            .refuses(400, "empty-file, json-array, too-large, too-many-rows, unreadable-csv")
            .body_max_bytes(transfer::IMPORT_MAX_BYTES)
            .unbounded(),
        get("/products/export", Staff, transfer::export_products)
            .id("exportProducts")
            .summary("The catalogue as the importer reads it")
            .query::<transfer::ExportQuery>()
            .answers(200, "text/csv")
            .answers(200, "application/x-ndjson")
            .unbounded(),
        get("/products/{id}/stock-movements", Staff, products::movements)
            .id("listStockMovements")
            .summary("The stock ledger of a product, newest first")
            .returns_list::<Movement>(200)
            .paged(),
    ]
}

pub(super) fn promoted() -> Vec<Route> {
    vec![
        get("/promotions", Anyone, websocket::or_follow(promotions::list))
            .id("listPromotions")
            .summary("Promotions that run or will; for staff the inactive and ended ones too")
            .about("An upgrade to a WebSocket follows them, as `/promotions/ws` does.")
            .query::<promotions::PromotionQuery>()
            .returns_list::<Promotion>(200)
            .paged()
            .websocket(),
        post("/promotions", Staff, promotions::create)
            .id("createPromotion")
            .summary("Make a promotion; one that runs already is announced at once")
            .about(
                "A line of a cart gets the one promotion that is best for the shopper. `amount` \
                 is money off each piece or kilogram; scope `cart` covers every line. A message \
                 that is left out is made from the other fields.",
            )
            .body::<PromotionInput>()
            .example(
                r#"{"name":"Milk week","kind":"percent","value":20,"scope":"category","categories":["Dairy/Milk"]}"#,
            )
            .returns::<Promotion>(201)
            .refuses(409, "too-many-promotions")
            .versioned()
            .idempotent(),
        get("/promotions/{id}", Anyone, promotions::find)
            .id("findPromotion")
            .summary("A promotion")
            .returns::<Promotion>(200)
            .versioned(),
        patch("/promotions/{id}", Staff, promotions::update)
            .id("updatePromotion")
            .summary("Change the fields that are sent")
            .body::<PromotionInput>()
            .example(r#"{"value":25}"#)
            .returns::<Promotion>(200)
            .versioned()
            .if_match(),
        delete("/promotions/{id}", Staff, promotions::delete)
            .id("deletePromotion")
            .summary("Remove a promotion; orders keep what it took off")
            .returns::<promotions::PromotionDeleted>(200)
            .if_match(),
    ]
}

/// Promotions as they start: see `http::live`.
pub(super) fn live_promotions() -> Vec<Route> {
    vec![
        get("/promotions/ws", Shopper, websocket::follow)
            .id("followPromotions")
            .summary("Promotions as they start, as a WebSocket")
            .about(websocket::ABOUT)
            .live()
            .websocket()
            .refuses(426, "upgrade-required"),
        get("/socket.io", Anyone, socket_io::exchange).protocol(),
        post("/socket.io", Anyone, socket_io::exchange).protocol(),
    ]
}

/// Categories, and what is on the shelves.
pub(super) fn shelves() -> Vec<Route> {
    vec![
        get("/categories", Anyone, categories::list)
            .id("listCategories")
            .summary("The categories as a tree, with the numbers of their products")
            .optional_credential()
            .returns_list::<categories::CategoryBranch>(200),
        post("/categories/rename", Staff, categories::rename)
            .id("renameCategory")
            .summary("Rename a category with all below it")
            .about(
                "Its promotions go along. More than 500 products move in several steps: one that \
                 was cut off can be asked for again.",
            )
            .body::<categories::CategoryRename>()
            .example(r#"{"from":"Dairy/Milk","to":"Dairy/Fresh milk"}"#)
            .returns::<categories::CategoryRenamed>(200)
            .refuses(404, "not-found")
            .idempotent()
            .unbounded(),
        get("/brands", Anyone, categories::brands)
            .id("listBrands")
            .summary("The brands, with the numbers of their products")
            .optional_credential()
            .returns_list::<categories::Brand>(200),
        get("/products/lookup", Anyone, categories::lookup)
            .id("lookUpLooseGoods")
            .summary("Products with a PLU, to be picked by their pictures")
            .query::<categories::LookupQuery>()
            .returns_list::<categories::LooseGood>(200)
            .paged_by(categories::LOOKUP_DEFAULT),
        post("/products/{id}/stock-movements", Staff, stock::book)
            .id("bookStockMovement")
            .summary("Book a receipt, a return, an adjustment or a shrinkage")
            .about(stock::ABOUT_BOOKING)
            .body::<stock::MovementInput>()
            .example(r#"{"kind":"shrinkage","quantity":2,"note":"broken"}"#)
            .returns::<Movement>(201)
            .refuses(409, "stock-out-of-range")
            .idempotent(),
        get("/stock-movements", Staff, stock::ledger)
            .id("listLedger")
            .summary("The stock ledger of the whole shop, newest first")
            .query::<stock::LedgerQuery>()
            .returns_list::<Movement>(200)
            .paged(),
    ]
}

/// How scanned codes are read.
pub(super) fn codes() -> Vec<Route> {
    vec![
        get("/barcode-rules", Staff, barcode_rules::find)
            .id("findBarcodeRules")
            .summary("How barcodes with an embedded weight or price are read")
            .about(barcode_rules::ABOUT)
            .returns::<barcode_rules::BarcodeRules>(200)
            .versioned(),
        put("/barcode-rules", Admin, barcode_rules::replace)
            .id("replaceBarcodeRules")
            .summary("Say how barcodes with an embedded weight or price are read")
            .about(barcode_rules::ABOUT)
            .body::<barcode_rules::BarcodeRulesInput>()
            .example(r#"{"rules":[{"pattern":"21IIIIIWWWWWC"},{"pattern":"20IIIIIPPPPPC","strict_check_digit":false}]}"#)
            .returns::<barcode_rules::BarcodeRules>(200)
            .versioned()
            .if_match(),
        post("/barcode-rules/test", Staff, barcode_rules::test)
            .id("testBarcode")
            .summary("Explain in words how a scanned code is read; changes nothing")
            .body::<barcode_rules::CodeToTest>()
            .example(r#"{"code":"2112345015002"}"#)
            .returns::<barcode_rules::CodeExplained>(200),
    ]
}
