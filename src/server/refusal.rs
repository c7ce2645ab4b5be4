//! What is answered before there is a request: to connections that are one too many, and by
//! hyper itself to what is no HTTP.
//!
//! hyper answers those without a body and without headers of ours. Both dialects of the API are
//! joined in one document here, because nobody knows yet who asks.

use std::fmt::Write;
use std::sync::LazyLock;

use crate::http::middleware::security_headers;

/// Seconds after which a refused connection may find a place.
const RETRY_AFTER_S: u32 = 5;
/// hyper's own answers are shorter than this.
const BARE_MAX_BYTES: usize = 512;

/// What a client gets that is one too many. Its request is not even read.
pub(super) static TOO_MANY_CONNECTIONS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let words = Words {
        status: 503,
        title: "Service Unavailable",
        code: "too-many-connections",
        detail: "too many connections: close some, or try again in a while",
    };
    let head = format!(
        "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: {RETRY_AFTER_S}\r\n"
    );
    words.answer(head)
});

/// A problem, in words.
struct Words {
    status: u16,
    title: &'static str,
    code: &'static str,
    detail: &'static str,
}

const MALFORMED: Words = Words {
    status: 400,
    title: "Bad Request",
    code: "malformed-request",
    detail: "this is not an HTTP/1.1 request",
};
const URI_TOO_LONG: Words = Words {
    status: 414,
    title: "URI Too Long",
    code: "uri-too-long",
    detail: "the address is too long: at most 8192 bytes are read",
};
const HEADER_TOO_LARGE: Words = Words {
    status: 431,
    title: "Request Header Fields Too Large",
    code: "header-too-large",
    detail: "the header is too large: at most 100 fields and 32 KiB are read",
};

impl Words {
    /// `head`, which ends behind a header's line, with the other headers and the body.
    fn answer(&self, mut head: String) -> Vec<u8> {
        let Self { status, title, code, detail } = self;
        let body = serde_json::json!({
            "type": "about:blank", "title": title, "status": status, "code": code,
            "detail": detail, "message": detail, "success": false,
        })
        .to_string();
        for (name, value) in security_headers() {
            // Writing to a text cannot fail.
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let length = body.len();
        let _ = write!(
            head,
            "Content-Type: application/problem+json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        head.into_bytes()
    }
}

/// An answer of hyper's own with the words and headers that it lacks. `None` for any other
/// bytes: every answer of the edge has its request's id, and hyper's have no body.
///
/// `is_in_line` tells that the request broke off within its first line.
pub(super) fn reworded(bytes: &[u8], is_in_line: bool) -> Option<Vec<u8>> {
    if bytes.len() > BARE_MAX_BYTES || !bytes.starts_with(b"HTTP/1.") {
        return None;
    }
    let head = std::str::from_utf8(bytes).ok()?.strip_suffix("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?;
    let words = match (status, is_in_line) {
        ("400", _) => MALFORMED,
        ("414", _) | ("431", true) => URI_TOO_LONG,
        ("431", false) => HEADER_TOO_LARGE,
        _ => return None,
    };
    let mut kept = format!("HTTP/1.1 {} {}\r\n", words.status, words.title);
    let mut is_bare = false;
    for line in lines {
        let (name, value) = line.split_once(": ")?;
        if name.eq_ignore_ascii_case("x-request-id") {
            return None;
        }
        if name.eq_ignore_ascii_case("content-length") {
            is_bare = value == "0";
        } else {
            let _ = write!(kept, "{line}\r\n");
        }
    }
    is_bare.then(|| words.answer(kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: &str = "HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n\
                        Content-Length: 0\r\nDate: Fri, 20 Nov 2026 12:00:00 GMT\r\n\r\n";

    fn sound(answer: &[u8], status: u16) {
        let text = std::str::from_utf8(answer).unwrap();
        let (header, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(header.starts_with(&format!("HTTP/1.1 {status} ")), "{header}");
        assert!(header.contains("\r\nConnection: close\r\n"), "{header}");
        assert!(header.contains("\r\nContent-Security-Policy: default-src 'self'"), "{header}");
        let length = format!("\r\nContent-Length: {}", body.len());
        assert!(header.ends_with(&length), "{header}");
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["status"], status);
        assert_eq!(body["message"], body["detail"]);
    }

    #[test]
    fn the_refusal_of_a_connection_is_a_sound_answer() {
        sound(&TOO_MANY_CONNECTIONS, 503);
    }

    #[test]
    fn hypers_own_answers_get_words() {
        let answer = reworded(BARE.as_bytes(), false).unwrap();
        sound(&answer, 431);
        assert!(std::str::from_utf8(&answer).unwrap().contains("\r\nDate: Fri, 20 Nov 2026"));
        sound(&reworded(BARE.as_bytes(), true).unwrap(), 414);
        let bad = BARE.replace("431 Request Header Fields Too Large", "400 Bad Request");
        sound(&reworded(bad.as_bytes(), true).unwrap(), 400);
    }

    #[test]
    fn other_answers_stay_as_they_are() {
        let ours = BARE.replace("Date:", "X-Request-Id: 1\r\nDate:");
        let long = BARE.replace("Length: 0", "Length: 2");
        let fine = BARE.replace("431", "200");
        for bytes in [ours.as_str(), &long, &fine, "HTTP/1.1 100 Continue\r\n\r\n", "", "x"] {
            assert_eq!(reworded(bytes.as_bytes(), false), None, "{bytes}");
        }
    }
}
