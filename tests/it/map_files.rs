//! Maps as files on the command line: `map lint`, `import map`, `export map`.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The built program.
fn program(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cartwright"));
    command.arg("--data").arg(data).env("CARTWRIGHT_LOG", "error");
    command
}

fn run(data: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = program(data)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// What a command printed, and how it left.
fn said(output: &Output) -> (String, i32) {
    (String::from_utf8(output.stdout.clone()).unwrap(), output.status.code().unwrap())
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn fixture(name: &str) -> String {
    root().join("tests/fixtures/maps").join(name).to_str().unwrap().to_owned()
}

#[test]
fn a_map_is_looked_at_without_a_shop() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("none");
    let demo = root().join("data/map.json");
    let (text, code) = said(&run(&nowhere, &["map", "lint", demo.to_str().unwrap()], ""));
    assert_eq!(code, 0, "{text}");
    assert!(text.starts_with("json map: ") && text.ends_with(" 0 errors, 0 warnings, 0 notes\n"));
    assert!(!nowhere.exists());
    let two = r#"{"nodes":[{"id":"a","x":0,"y":0,"kind":"entrance"},{"id":"b","x":1,"y":0}],
        "locations":[{"id":"L","node":"b"}]}"#;
    let (text, code) = said(&run(&nowhere, &["map", "lint", "-"], two));
    assert_eq!(code, 1);
    assert!(
        text.contains("\nwarning  locations[0] unreachable-location: \"L\" cannot be reached"),
        "{text}"
    );
    let report = run(&nowhere, &["map", "lint", "--json", "-"], "{\"nodes\":[{}]}");
    let (text, code) = said(&report);
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (code, &report["errors"], &report["findings"][0]["level"]),
        (1, &1.into(), &"error".into())
    );
    let missing = run(&nowhere, &["map", "lint", "missing.json"], "");
    assert_eq!(said(&missing), (String::new(), 1));
    assert!(String::from_utf8(missing.stderr).unwrap().contains("cannot read missing.json"));
    assert_eq!(run(&nowhere, &["map", "lint"], "").status.code(), Some(2));
}

#[test]
fn drawings_are_imported_and_the_map_is_exported() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let import =
        |file: &str, more: &[&str]| run(&data, &[&["import", "map", file][..], more].concat(), "");
    let tiled = fixture("tiled-objects.tmj");
    let (text, code) = said(&import(&tiled, &["--dry-run"]));
    assert_eq!(code, 0);
    assert!(text.contains("map Two floors: 7 nodes, 6 edges, 1 locations is good"), "{text}");
    assert_eq!(run(&data, &["export", "map"], "").status.code(), Some(1));
    let imported = import(&fixture("qgis-wgs84.geojson"), &[]);
    assert_eq!(said(&imported).1, 0);
    assert!(
        String::from_utf8(imported.stderr).unwrap().contains("note: the coordinates are WGS 84")
    );
    let (json, code) = said(&run(&data, &["export", "map"], ""));
    assert_eq!(code, 0);
    let (geojson, code) = said(&run(&data, &["export", "map", "--format", "geojson"], ""));
    assert_eq!(code, 0);
    let file = folder.path().join("out.geojson");
    fs::write(&file, &geojson).unwrap();
    assert_eq!(said(&import(file.to_str().unwrap(), &[])).1, 0);
    assert_eq!(said(&run(&data, &["export", "map"], "")).0, json);
    let (text, code) = said(&run(&data, &["map", "lint", "-"], &geojson));
    assert!(text.contains("geojson map: 6 nodes, 7 edges, 1 sections, 1 locations, 0 products: 0"));
    assert_eq!(code, 0, "{text}");

    let products = folder.path().join("products.csv");
    fs::write(&products, "name,price,location\nMilk,1,A1-01\nSalt,1,Z9\nTea,1,\n").unwrap();
    assert_eq!(said(&run(&data, &["import", "products", products.to_str().unwrap()], "")).1, 0);
    let (text, code) = said(&run(&data, &["map", "lint", "-"], &geojson));
    assert_eq!(code, 1);
    assert!(text.contains("warning  products/2 product-unknown-location: \"Salt\" is at \"Z9\""));
    assert!(text.contains("warning  products/3 product-nowhere: \"Tea\""), "{text}");
    assert_eq!(said(&run(&data, &["map", "lint", "--map-only", "-"], &geojson)).1, 0);

    let broken = folder.path().join("broken.geojson");
    fs::write(&broken, geojson.replace("\"kind\":\"entrance\"", "\"kind\":\"gate\"")).unwrap();
    let refused = import(broken.to_str().unwrap(), &[]);
    assert_eq!(refused.status.code(), Some(1));
    let words = String::from_utf8(refused.stderr).unwrap();
    assert!(words.contains("features[0].properties: unknown variant `gate`"), "{words}");
    assert_eq!(said(&run(&data, &["export", "map"], "")).0, json);
}
