//! The picture as a document: well-formed, escaped, the same every time.

use std::collections::BTreeSet;

use super::*;
use crate::domain::{
    routing::{Graph, RouteRequest, RouteStop, Start, solve},
    store_map::{Section, StoreMap},
};

/// Reads a document as XML and says what is wrong: tags must close in order, attributes must be
/// quoted and unique, `<` and `&` must be escaped.
fn well_formed(text: &str) -> Result<Vec<String>, String> {
    let mut open: Vec<&str> = Vec::new();
    let mut seen = Vec::new();
    let mut rest = text;
    let mut has_root = false;
    while let Some(begin) = rest.find('<') {
        entities(&rest[..begin])?;
        if open.is_empty() && !rest[..begin].trim().is_empty() {
            return Err("text outside of the root".to_owned());
        }
        let end = rest[begin..].find('>').ok_or("a tag has no end")? + begin;
        let tag = &rest[begin + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name) {
                return Err(format!("</{name}> closes something else"));
            }
            continue;
        }
        let is_empty = tag.ends_with('/');
        let tag = tag.strip_suffix('/').unwrap_or(tag);
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(format!("<{name}> is no name"));
        }
        if open.is_empty() && std::mem::replace(&mut has_root, true) {
            return Err("there are two roots".to_owned());
        }
        attribute_names(attributes)?;
        seen.push(tag.to_owned());
        if !is_empty {
            open.push(name);
        }
    }
    if open.is_empty() && rest.trim().is_empty() { Ok(seen) } else { Err(format!("{open:?}")) }
}

fn attribute_names(mut rest: &str) -> Result<(), String> {
    let mut names = BTreeSet::new();
    while !rest.trim_start().is_empty() {
        let (name, after) = rest.trim_start().split_once("=\"").ok_or("no attribute")?;
        let (value, after) = after.split_once('"').ok_or("no end of an attribute")?;
        entities(value)?;
        let is_name =
            name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-:".contains(&byte));
        if !is_name || !names.insert(name) {
            return Err(format!("{name} is no attribute, or there twice"));
        }
        rest = after;
    }
    Ok(())
}

fn entities(text: &str) -> Result<(), String> {
    let known = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"];
    for (at, _) in text.match_indices('&') {
        if !known.iter().any(|entity| text[at..].starts_with(entity)) {
            return Err(format!("a bare & in {text:?}"));
        }
    }
    if text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{FFFE}' || c == '\u{FFFF}') {
        return Err("a character that XML does not have".to_owned());
    }
    Ok(())
}

fn small() -> StoreMap {
    StoreMap::from_json(
        br#"{"name":"Corner shop","nodes":[{"id":"in","x":0,"y":0,"kind":"entrance"},
              {"id":"a","x":4,"y":0},{"id":"b","x":4,"y":5},{"id":"s","x":5,"y":2,"kind":"shelf"},
              {"id":"till","x":8,"y":0,"kind":"checkout"},{"id":"up","x":4,"y":5,"floor":1}],
            "edges":[{"from":"in","to":"a","aisle":"Front"},{"from":"a","to":"b","aisle":"A1"},
              {"from":"a","to":"till","one_way":true},{"from":"a","to":"s"},
              {"from":"b","to":"till","closed":true},{"from":"b","to":"up","kind":"lift"}],
            "sections":[{"id":"d","name":"Dairy","x1":5,"y1":1,"x2":8,"y2":5}],
            "locations":[{"id":"A1-1","from":"a","to":"b","offset":3,"side":"left"}]}"#,
    )
    .unwrap()
}

fn walk(map: &StoreMap, stops: Vec<RouteStop>) -> RouteAnswer {
    let request = RouteRequest::new(Start::Node("in".into()), stops);
    solve(&Graph::build(map).unwrap(), &request, &|| false).unwrap()
}

#[test]
fn a_small_map_with_a_walk_is_one_well_formed_document() {
    let map = small();
    let stops = vec![RouteStop::at_location("A1-1"), RouteStop::at_node("s")];
    let answer = walk(&map, stops);
    let blocked = BTreeSet::from([1]);
    let options = PictureOptions { floor: 0, blocked: &blocked, answer: Some(&answer) };
    let svg = picture(&map, &options);
    let tags = well_formed(&svg).unwrap();
    let has = |part: &str| tags.iter().any(|tag| tag.contains(part));
    for part in [
        "data-floor=\"0\"",
        "data-min-x=\"0\"",
        "data-max-y=\"5\"",
        "class=\"edge one-way\" data-edge=\"2\"",
        "class=\"edge closed\" data-edge=\"4\"",
        "class=\"edge blocked\" data-edge=\"1\" data-aisle=\"A1\"",
        "class=\"edge lift\" data-edge=\"5\"",
        "class=\"node entrance\" data-node=\"in\"",
        "class=\"node checkout\" data-node=\"till\"",
        "class=\"node shelf\" data-node=\"s\"",
        "data-section=\"d\"",
        "data-location=\"A1-1\"",
        "polyline class=\"walk\"",
        "class=\"stop\" data-stop=\"2\"",
    ] {
        assert!(has(part), "{part} is missing in\n{svg}");
    }
    assert!(
        svg.contains("Corner shop") && svg.contains("proven shortest") && svg.contains(">Dairy<")
    );
    assert!(!svg.contains("style") && !svg.contains("href") && !svg.contains("NaN"));
    assert_eq!(svg, picture(&map, &options), "the same input, the same bytes");
}

#[test]
fn hostile_names_stay_names() {
    let evil = "</text><script>alert('1')</script>\"&\u{FFFF}";
    let mut map = small();
    map.name = evil.to_owned();
    map.edges[0].aisle = Some(evil.to_owned());
    map.sections[0].name = evil.to_owned();
    map.sections[0].id = evil.to_owned();
    map.nodes[3].id = evil.to_owned();
    map.edges[3].to = evil.to_owned();
    map.locations[0].id = evil.to_owned();
    let stops = vec![RouteStop::at_location(evil), RouteStop::at_node(evil)];
    let answer = walk(&map, stops);
    for svg in [
        picture_of_walk(&map, &BTreeSet::new(), &answer),
        picture(&map, &PictureOptions { floor: 0, blocked: &BTreeSet::new(), answer: None }),
    ] {
        let tags = well_formed(&svg).unwrap();
        assert!(!tags.iter().any(|tag| tag.starts_with("script")));
    }
}

#[test]
fn floors_of_a_walk_are_one_below_the_other() {
    let map = small();
    let answer = walk(&map, vec![RouteStop::at_node("up")]);
    assert_eq!(floors_of_walk(&answer), [0, 1]);
    let svg = picture_of_walk(&map, &BTreeSet::new(), &answer);
    let tags = well_formed(&svg).unwrap();
    let floors: Vec<&String> = tags.iter().filter(|tag| tag.contains("class=\"floor\"")).collect();
    assert!(floors[0].contains("data-floor=\"1\"") && floors[1].contains("data-floor=\"0\""));
    assert!(svg.contains(">Floor 1<") && svg.contains("Lift to 1"));
}

#[test]
fn maps_without_extent_are_drawn_too() {
    let nothing = StoreMap::default();
    let mut point = StoreMap::default();
    point.nodes.push(crate::domain::store_map::Node::new("a", -3.0, 7.0));
    let mut line = small();
    line.sections.push(Section {
        id: "flat".into(),
        name: "Flat".into(),
        floor: 0,
        x1: 1.0,
        y1: 1.0,
        x2: 1.0,
        y2: 1.0,
    });
    for map in [nothing, point, line] {
        for floor in [0, 3] {
            let options = PictureOptions { floor, blocked: &BTreeSet::new(), answer: None };
            let svg = picture(&map, &options);
            well_formed(&svg).unwrap();
            assert!(!svg.contains("inf") && !svg.contains("NaN"), "{svg}");
        }
    }
}
