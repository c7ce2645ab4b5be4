//! `cartwright route` as a person calls it: always JSON, the right exit code, never a panic.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

/// A folder with a map and a way to ask for walks on it.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/map.json");
        fs::copy(demo, desk.path("map.json")).unwrap();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The exit code, what is on stdout as JSON, and stderr.
    fn route(map: &Path, request: &Path, svg: Option<&Path>) -> (i32, Value, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cartwright"));
        command.arg("route").arg("--map").arg(map).arg("--request").arg(request);
        if let Some(svg) = svg {
            command.arg("--svg").arg(svg);
        }
        let output = command.output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(!errors.contains("panicked"), "{errors}");
        let json = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {:?} {errors}", output.stdout));
        (output.status.code().unwrap(), json, errors)
    }

    fn ask(&self, request: &str) -> (i32, Value) {
        fs::write(self.path("request.json"), request).unwrap();
        let (code, json, _) = Desk::route(&self.path("map.json"), &self.path("request.json"), None);
        (code, json)
    }
}

#[test]
fn requests_that_make_no_sense_are_refused_in_json() {
    let desk = Desk::new();
    let many = json!({"start": "in1", "stops": vec![json!({"node": "f3"}); 10_000]}).to_string();
    for (request, code) in [
        (r#"{"start":"in1","stops":[{"node":"zz"}]}"#, "unknown-node"),
        (r#"{"start":"in1","stops":[{"location":"zz"}]}"#, "unknown-location"),
        (r#"{"start":"in1","stops":[{"product_id":3}]}"#, "product-needs-server"),
        (r#"{"start":"in1","stops":[],"budget_ms":70000}"#, "invalid-budget"),
        (r#"{"start":{"x":"3","y":0},"stops":[]}"#, "invalid-request"),
        (r#"{"start":{"x":null,"y":0},"stops":[]}"#, "invalid-request"),
        (r#"{"start":"in1"}"#, "invalid-request"),
        ("{}", "invalid-request"),
        ("null", "invalid-request"),
        ("3", "invalid-request"),
        (r#"{"start":"in1","stops":[{"node":7}]}"#, "invalid-request"),
        (r#"{"start":{"x":NaN,"y":0},"stops":[]}"#, "invalid-json"),
        (r#"{"start":{"x":1e999,"y":0},"stops":[]}"#, "invalid-json"),
        ("", "invalid-json"),
        (&many, "too-many-stops"),
    ] {
        let (exit, json) = desk.ask(request);
        let shown: String = request.chars().take(80).collect();
        assert_eq!((exit, &json["error"]["code"]), (1, &json!(code)), "{shown}: {json}");
        assert!(json["error"]["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
    }
    let (exit, json) =
        desk.ask(r#"[{"start":"in1","stops":[]},{"start":"zz","stops":[]},7,["in1",null,[]]]"#);
    assert_eq!(exit, 1);
    assert_eq!(json[3]["error"]["code"], "invalid-request");
    assert_eq!(json[0]["optimal"], true);
    assert_eq!(json[1]["error"]["code"], "unknown-node");
    assert_eq!(json[2]["error"]["code"], "invalid-request");
}

#[test]
fn requests_with_little_in_them_have_the_plain_answer() {
    let desk = Desk::new();
    assert_eq!(desk.ask("[]"), (0, json!([])));
    for (request, stops) in [
        (r#"{"start":"in1","stops":[]}"#, 0),
        (r#"{"start":"in1","stops":[{"node":"in1"}]}"#, 1),
        (r#"{"start":"in1","stops":[{"node":"f3"},{"node":"f3"},{"node":"f3"}]}"#, 3),
    ] {
        let (exit, json) = desk.ask(request);
        assert_eq!((exit, &json["optimal"]), (0, &json!(true)), "{request}");
        assert_eq!(json["stops"].as_array().unwrap().len(), stops);
        let (steps, lines) =
            (json["steps"].as_array().unwrap(), json["display"].as_array().unwrap());
        assert_eq!(steps.len(), lines.len());
        assert!(lines.iter().all(|line| line.as_str().is_some_and(|line| line.len() <= 16)));
        assert!(json["elapsed_us"].as_u64().is_some_and(|us| us > 0));
    }
}

#[test]
fn maps_that_cannot_be_walked_are_refused_in_json() {
    let desk = Desk::new();
    fs::write(desk.path("request.json"), r#"{"start":"a","stops":[{"node":"b"}]}"#).unwrap();
    let with = |length: &str| {
        format!(
            r#"{{"nodes":[{{"id":"a","x":0,"y":0,"kind":"checkout"}},{{"id":"b","x":1,"y":0}}],
                "edges":[{{"from":"a","to":"b","length":{length}}}]}}"#
        )
    };
    let ask = |map: &str| {
        fs::write(desk.path("bad.json"), map).unwrap();
        let (exit, json, _) = Desk::route(&desk.path("bad.json"), &desk.path("request.json"), None);
        (exit, json)
    };
    for length in ["-1", "NaN", "1e999", "\"3\"", "20000"] {
        let (exit, json) = ask(&with(length));
        assert_eq!((exit, &json["error"]["code"]), (1, &json!("invalid-map")), "{length}");
    }
    let (exit, json) = ask(&with("2").replace(r#","kind":"checkout""#, ""));
    assert_eq!((exit, &json["error"]["code"]), (1, &json!("no-checkout")));
    // Two pieces: what cannot be reached is said, the rest is answered.
    let (exit, json) = ask(&with("2")
        .replace(r#""edges":[{"#, r#""edges":[],"locations":[{"#)
        .replace(r#"{"from":"a","to":"b","length":2}"#, r#"{"id":"L","node":"b"}"#));
    assert_eq!((exit, &json["unreachable"][0]["index"]), (0, &json!(0)), "{json}");
    for (map, request) in
        [(desk.path(""), desk.path("request.json")), (desk.path("map.json"), desk.path("no.json"))]
    {
        let (exit, json, errors) = Desk::route(&map, &request, None);
        assert_eq!((exit, &json["error"]["code"]), (1, &json!("unreadable-file")));
        assert!(errors.contains("cannot read"));
    }
}

#[test]
fn a_map_may_be_a_drawing() {
    let desk = Desk::new();
    let map = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/maps/qgis-wgs84.geojson");
    let request = desk.path("request.json");
    fs::write(&request, r#"{"start":"door","stops":[{"location":"A1-01"}]}"#).unwrap();
    let (exit, json, _) = Desk::route(&map, &request, None);
    assert_eq!((exit, &json["end"], &json["optimal"]), (0, &json!("till"), &json!(true)));
}

#[test]
fn maps_in_any_format_are_walked() {
    let desk = Desk::new();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/maps");
    // What Windows programs put before UTF-8 is no harm.
    let request = "\u{feff}{\"start\":{\"x\":1,\"y\":1},\"ends\":[],\"stops\":[]}";
    fs::write(desk.path("request.json"), request).unwrap();
    for name in ["corridor.geojson", "tiled-objects.tmj", "tiled-tiles.tmj"] {
        let map = fixtures.join(name);
        let (exit, json, errors) = Desk::route(&map, &desk.path("request.json"), None);
        assert_eq!((exit, &json["optimal"]), (0, &json!(true)), "{name}: {json} {errors}");
    }
    let program = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cartwright"));
        command.arg("route").arg("--map");
        command
    };
    let map = desk.path("map.json");
    let request = desk.path("request.json");
    let output = program().arg(&map).arg("--request").arg(&request).arg("--json").output();
    assert!(output.unwrap().status.success(), "--json is taken as by other commands");
    let output = program().args(["-", "--request", "-"]).output().unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["error"]["code"], "unreadable-file");
}

#[test]
fn walks_are_drawn_into_files() {
    let desk = Desk::new();
    let (map, request) = (desk.path("map.json"), desk.path("request.json"));
    let svg = desk.path("walk.svg");
    fs::write(&request, r#"{"start":"in1","stops":[{"location":"A3-07"}]}"#).unwrap();
    let (exit, _, _) = Desk::route(&map, &request, Some(&svg));
    assert_eq!(exit, 0);
    let drawn = fs::read_to_string(&svg).unwrap();
    assert!(drawn.starts_with("<svg ") && drawn.contains("Demo Market"));
    assert!(drawn.contains("class=\"walk\"") && drawn.trim_end().ends_with("</svg>"));

    let list =
        r#"[{"start":"in1","stops":[]},{"start":"zz","stops":[]},{"start":"in2","stops":[]}]"#;
    fs::write(&request, list).unwrap();
    let (exit, _, _) = Desk::route(&map, &request, Some(&svg));
    assert_eq!(exit, 1);
    let there = |name: &str| desk.path(name).exists();
    assert!(there("walk-1.svg") && !there("walk-2.svg") && there("walk-3.svg"));

    // The answer is printed even if the picture has no place.
    for place in [desk.path("no/such/walk.svg"), desk.path("")] {
        fs::write(&request, r#"{"start":"in1","stops":[]}"#).unwrap();
        let (exit, json, errors) = Desk::route(&map, &request, Some(&place));
        assert_eq!((exit, &json["optimal"]), (1, &json!(true)));
        assert!(errors.contains("cannot write"), "{errors}");
    }
}
