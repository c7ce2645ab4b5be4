//! The catalogue and its promotions.

use crate::http::live::{socket_io, websocket};
use crate::http::route::ParamKind::Text;
use crate::http::route::Route;
use crate::http::route::Who::{Admin, Anyone, Shopper, Staff};
use crate::http::route::{delete, get, patch, post, put};
use crate::http::v1::{
    barcode_rules, categories, pictures, products, promotions, stock, synonyms, transfer,
};
use crate::wire::import::{ImportReport, ImportSummary, UndoReport};
use crate::wire::product::{Movement, Product, ProductInput, ScannedProduct};
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
            .returns::<ScannedProduct>(200)
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
            .refuses(409, "deposit-in-use")
            .if_match(),
        post("/products/import", Staff, transfer::import_products)
            .id("importProducts")
            .summary("Bring in products from CSV or NDJSON, all or nothing")
            .about(
                "The content tells which of the two it is; the Content-Type does not matter. A file \
                 is judged whole before anything is written. With `partial` the good rows are taken \
                 although others are bad. Headers are known in English and German and by the names of \
                 Open Food Facts; `map` says what others mean. A deposit is named by \
                 `deposit_sku`; its row stands before those of its bottles. Paths below \
                 `/misc/images/` that this shop does not have are left out and counted in \
                 `images_left_out`; a product that is there keeps its pictures then. What an import changed is undone by \
                 `POST /imports/{id}/undo`.",
            )
            .query::<transfer::ImportQuery>()
            .body_of(&["text/csv", "text/plain"])
            .example("sku,name,price,stock\nOAT-1,Oat Drink 1 l,1.79,24\n")
            .returns::<ImportReport>(200)
            .refuses(400, "import-rejected, empty-file, json-array, not-utf8, too-many-rows, unreadable-csv")
            .refuses(409, "import-conflict")
            .refuses(503, "too-many-imports")
            .refuses(507, "disk-full")
            .body_max_bytes(transfer::IMPORT_MAX_BYTES)
            .idempotent()
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

/// What was imported, and how it is undone.
pub(super) fn imports() -> Vec<Route> {
    vec![
        get("/imports", Staff, transfer::imports)
            .id("listImports")
            .summary("Imports of products, the newest first")
            .returns_list::<ImportSummary>(200)
            .paged(),
        get("/imports/{id}", Staff, transfer::import)
            .id("findImport")
            .summary("An import of products")
            .returns::<ImportSummary>(200),
        post("/imports/{id}/undo", Staff, transfer::undo_import)
            .id("undoImport")
            .summary("Take an import back as one act")
            .about(
                "Products that were edited, deleted or sold since are left as they are, and named. \
                 Stock is booked back. The last 20 imports of 90 days can be undone.",
            )
            .returns::<UndoReport>(200)
            .refuses(409, "import-undone, import-too-old")
            .idempotent()
            .unbounded(),
    ]
}

/// Pictures of products.
pub(super) fn pictured() -> Vec<Route> {
    vec![
        post("/products/{id}/images", Staff, pictures::add)
            .id("addProductImage")
            .summary("Add a picture to a product")
            .about(
                "The body is the picture, and its content decides whether it is PNG, JPEG or WebP; \
                 the Content-Type does not matter. What it tells beside itself (where it was \
                 taken, texts, previews) is not kept. At most 8 MiB, 12,000 pixels on a side and \
                 50 million in all.",
            )
            .body_of(&["image/png", "image/jpeg", "image/webp"])
            .body_max_bytes(pictures::PICTURE_MAX_BYTES)
            .returns::<pictures::AddedPicture>(201)
            .refuses(
                400,
                "picture-svg, picture-gif, picture-unknown, picture-animated, picture-damaged, \
                 picture-too-large",
            )
            .versioned()
            .if_match()
            .idempotent(),
        delete("/products/{id}/images/{name}", Staff, pictures::remove)
            .id("removeProductImage")
            .summary("Take a picture away from a product")
            .about("Its file stays for as long as another product shows it, and 30 days more.")
            .param("name", Text, "The picture's name: what follows /misc/images/")
            .returns::<Product>(200)
            .versioned()
            .if_match(),
        get("/misc/images/{name}", Anyone, pictures::find)
            .id("findImage")
            .tag("products")
            .summary("A picture or a thumbnail")
            .about(
                "A name stands for the same bytes for ever, so that everybody may keep the answer; \
                 `If-None-Match` is answered by 304. A product's `thumbnails` have 320 pixels on \
                 the longer side; with `-96` for `-320` in the name they have 96.",
            )
            .param("name", Text, "A name of a product's `images` or `thumbnails`")
            .answers(200, "image/png")
            .answers(200, "image/jpeg")
            .answers(200, "image/webp")
            .answers(304, "")
            .quiet(),
    ]
}

/// What the owner tells the search.
pub(super) fn search_words() -> Vec<Route> {
    vec![
        get("/synonyms", Staff, synonyms::list)
            .id("listSynonyms")
            .tag("products")
            .summary("Words of one meaning for the search, by id")
            .returns_list::<synonyms::Synonyms>(200)
            .paged(),
        post("/synonyms", Staff, synonyms::create)
            .id("createSynonyms")
            .tag("products")
            .summary("Tell the search that words or phrases mean the same")
            .about(
                "The next search goes by it. Who searches for one of them finds products with \
                 the others too, a little below those with the word itself.",
            )
            .body::<synonyms::SynonymsInput>()
            .example(r#"{"words":["soda","soft drink"]}"#)
            .returns::<synonyms::Synonyms>(201)
            .refuses(409, "synonym-taken, too-many-synonyms")
            .versioned()
            .idempotent(),
        get("/synonyms/{id}", Staff, synonyms::find)
            .id("findSynonyms")
            .tag("products")
            .summary("A group of words of one meaning")
            .returns::<synonyms::Synonyms>(200)
            .versioned(),
        patch("/synonyms/{id}", Staff, synonyms::update)
            .id("updateSynonyms")
            .tag("products")
            .summary("Change the words of a group")
            .body::<synonyms::SynonymsInput>()
            .example(r#"{"words":["soda","soft drink","pop"]}"#)
            .returns::<synonyms::Synonyms>(200)
            .refuses(409, "synonym-taken")
            .versioned()
            .if_match(),
        delete("/synonyms/{id}", Staff, synonyms::delete)
            .id("deleteSynonyms")
            .tag("products")
            .summary("Remove a group")
            .returns::<synonyms::SynonymsDeleted>(200)
            .if_match(),
    ]
}
