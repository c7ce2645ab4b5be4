//! Power cuts in the middle of imports that are all or nothing: at the next start everything of
//! the file is there, if its end was answered, and else nothing.

use std::fmt::Write as _;

use cartwright::app::Admin;
use cartwright::storage::Store;
use cartwright::wire::import::ImportOptions;

use super::disk::{Disk, Random};
use crate::support::{Parts, TestApp};

const ROWS: usize = 600;
const CUTS: u64 = 12;
/// No cut comes later than after so many operations of the disk.
const OPERATIONS_LIMIT: u64 = 900;

fn file() -> String {
    let mut file = String::from("sku,name,price,stock\nA,Fresh milk,2,7\n");
    for number in 0..ROWS {
        writeln!(file, "S{number},Thing {number},1,2").unwrap();
    }
    file
}

fn shop_on(disk: Disk) -> TestApp {
    TestApp::of(Parts { store: Store::with_backend(disk).unwrap(), ..Parts::default() })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_the_power_cut_off_is_taken_back() {
    let (mut whole, mut halves) = (0, 0);
    for seed in 0..CUTS {
        let mut random = Random(seed);
        let disk = Disk::default();
        let staff = Admin::local().staff();
        let answered = {
            let shop = shop_on(disk.clone());
            let before = "sku,name,price,stock\nA,Milk,1,5\n".into();
            shop.app.import_products(&staff, before, ImportOptions::default()).await.unwrap();
            disk.cut_after(random.below(OPERATIONS_LIMIT));
            let file = file().into_bytes();
            shop.app.import_products(&staff, file, ImportOptions::default()).await.is_ok()
        };
        let shop = shop_on(Disk::holding(disk.survivor(&mut random)));
        let imports = shop.app.imports(&staff, 0, 10).unwrap().0;
        halves += usize::from(imports.first().is_some_and(|it| it.state.as_str() == "running"));
        shop.app.settle_imports().await.unwrap();
        let export = shop.staff().await.get("/products/export").await.text;
        let rows = export.lines().count() - 1;
        let is_whole = rows == ROWS + 1;
        assert!(is_whole || rows == 1, "seed {seed}: {rows} rows");
        assert!(is_whole || !answered, "seed {seed}: what was answered is lost");
        assert_eq!(export.contains("Fresh milk"), is_whole, "seed {seed}");
        let imports = shop.app.imports(&staff, 0, 10).unwrap().0;
        assert!(imports.iter().all(|it| it.state.as_str() != "running"), "seed {seed}");
        whole += usize::from(is_whole);
    }
    assert!(halves > 0, "no cut came in the middle: {whole} whole of {CUTS}");
}
