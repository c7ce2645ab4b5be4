//! Forms: `barcode=4006381333931&quantity=2`, and the same in parts.

use serde_json::{Map, Value};

/// The most parts of a multipart form that are looked at.
const PARTS_MAX: usize = 64;

/// The members of a form; `None` for what is none.
pub(super) fn read(text: &str) -> Option<Map<String, Value>> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    if let Some(boundary) = text.lines().next().filter(|line| line.starts_with("--")) {
        return parts(text, boundary.trim_end());
    }
    let first = text.split_once('=')?.0;
    let is_name = !first.is_empty() && first.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name.then(|| {
        let pairs = form_urlencoded::parse(text.as_bytes());
        pairs.map(|(name, value)| (name.into_owned(), Value::from(value.into_owned()))).collect()
    })
}

/// The parts of a multipart form (RFC 7578) that are texts: files are left out.
fn parts(text: &str, boundary: &str) -> Option<Map<String, Value>> {
    let mut members = Map::new();
    for part in text.split(boundary).skip(1).take(PARTS_MAX) {
        let Some((head, content)) = part.split_once("\r\n\r\n").or_else(|| part.split_once("\n\n"))
        else {
            continue;
        };
        if head.contains("filename=") {
            continue;
        }
        let name = head.split_once("name=\"").and_then(|(_, rest)| rest.split_once('"'));
        if let Some((name, _)) = name {
            let content = content.strip_suffix('\n').unwrap_or(content);
            let content = content.strip_suffix('\r').unwrap_or(content);
            members.insert(name.to_owned(), content.into());
        }
    }
    (!members.is_empty()).then_some(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_from_json() {
        for text in ["{\"a\":\"b=c\"}", "[1]", "nonsense", "", "--x\r\nno part", "=1", "\u{fc},=1"]
        {
            assert!(read(text).is_none(), "{text}");
        }
        let form = read("barcode=40%3063&name=a+b&barcode=1").unwrap();
        assert_eq!((&form["barcode"], &form["name"]), (&Value::from("1"), &Value::from("a b")));
    }

    #[test]
    fn parts_with_a_name_are_members_and_files_are_not() {
        let body = "--b1\r\nContent-Disposition: form-data; name=\"trolley_id\"\r\n\r\nT 1\r\n\
                    --b1\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.jpg\"\r\n\
                    Content-Type: image/jpeg\r\n\r\n\u{ff}\u{d8}\r\n--b1--\r\n";
        let form = read(body).unwrap();
        assert_eq!((form.len(), &form["trolley_id"]), (1, &Value::from("T 1")));
    }
}
