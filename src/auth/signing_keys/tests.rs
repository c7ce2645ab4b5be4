use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::*;
use crate::auth::LEEWAY;

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
const LIFE: Duration = Duration::from_mins(15);

fn noon() -> Timestamp {
    "2026-11-20T12:00:00.75Z".parse().unwrap()
}

fn keys() -> SigningKeys {
    SigningKeys::from_secret(SECRET).unwrap()
}

fn claims() -> Claims {
    Claims::new(7, "s1", "customer", 3, noon(), LIFE)
}

/// The claims of a good token, to be bent.
fn good_json() -> Value {
    let start = noon().as_second();
    json!({
        "iss": "cartwright", "aud": "cartwright-api", "sub": "7", "exp": start + 900,
        "nbf": start, "iat": start, "jti": "t1", "sid": "s1", "role": "customer", "epoch": 3,
    })
}

fn sign(header: &Header, claims: &Value, secret: &[u8]) -> String {
    jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(secret)).unwrap()
}

fn our_header() -> Header {
    Header { kid: Some(keys().list()[0].kid.clone()), ..Header::new(Algorithm::HS256) }
}

fn verdict(token: &str) -> Result<Claims, TokenError> {
    keys().verify(token, noon())
}

#[test]
fn a_token_is_read_back() {
    let claims = claims();
    let token = keys().issue(&claims);
    assert!(token.expose().len() < 600, "{}", token.expose().len());
    assert_eq!(keys().verify(token.expose(), noon()), Ok(claims));
    assert!(!format!("{token:?}").contains(token.expose()));
    verdict(&sign(&our_header(), &good_json(), SECRET)).unwrap();
}

#[test]
fn every_token_has_an_id_of_its_own() {
    assert_ne!(claims().token_id, claims().token_id);
}

#[test]
fn a_token_lives_from_its_issue_to_its_end_give_or_take_the_leeway() {
    let claims = claims();
    let token = keys().issue(&claims);
    let at = |time: Timestamp, seconds: i64| {
        let now = time.checked_add(SignedDuration::from_secs(seconds)).unwrap();
        keys().verify(token.expose(), now).err()
    };
    let leeway = i64::try_from(LEEWAY.as_secs()).unwrap();
    assert_eq!(claims.expires_at.duration_since(claims.issued_at), SignedDuration::from_mins(15));
    assert_eq!(at(claims.issued_at, -leeway - 1), Some(TokenError::NotYetValid));
    assert_eq!(at(claims.issued_at, -leeway), None);
    assert_eq!(at(claims.expires_at, leeway - 1), None);
    assert_eq!(at(claims.expires_at, leeway), Some(TokenError::Expired));
    let later = Timestamp::MAX;
    assert_eq!(keys().verify(token.expose(), later), Err(TokenError::Expired));
    assert_eq!(keys().verify(token.expose(), Timestamp::MIN), Err(TokenError::NotYetValid));
    assert_eq!(keys().verify_at_any_time(token.expose()), Ok(claims));
}

#[test]
fn every_claim_is_required_and_has_one_type() {
    for name in ["iss", "aud", "sub", "exp", "nbf", "iat", "jti", "sid", "role", "epoch"] {
        let mut missing = good_json();
        missing.as_object_mut().unwrap().remove(name);
        let verdict_on = |claims: &Value| verdict(&sign(&our_header(), claims, SECRET)).err();
        assert_eq!(verdict_on(&missing), Some(TokenError::Malformed), "without {name}");
        for wrong in [json!(null), json!(true), json!([]), json!({}), json!(-1.5), json!("")] {
            let mut bent = good_json();
            bent[name] = wrong.clone();
            assert_eq!(verdict_on(&bent), Some(TokenError::Malformed), "{name}: {wrong}");
        }
    }
    for (name, wrong) in [
        ("iss", json!("other")),
        ("aud", json!("other")),
        ("aud", json!(["cartwright-api"])),
        ("sub", json!(7)),
        ("sub", json!("07")),
        ("sub", json!("+7")),
        ("sub", json!("-7")),
        ("sub", json!("root")),
        ("exp", json!("1")),
        ("exp", json!(i64::MAX)),
        ("nbf", json!(i64::MIN)),
        ("epoch", json!(-1)),
    ] {
        let mut bent = good_json();
        bent[name] = wrong.clone();
        let result = verdict(&sign(&our_header(), &bent, SECRET));
        assert_eq!(result.err(), Some(TokenError::Malformed), "{name}: {wrong}");
    }
}

#[test]
fn a_claim_given_twice_is_refused() {
    let text = good_json().to_string().replace("\"sub\":\"7\"", "\"sub\":\"7\",\"sub\":\"8\"");
    let header = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&our_header()).unwrap());
    let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(text));
    let signature = jsonwebtoken::crypto::sign(
        message.as_bytes(),
        &EncodingKey::from_secret(SECRET),
        Algorithm::HS256,
    )
    .unwrap();
    assert_eq!(verdict(&format!("{message}.{signature}")).err(), Some(TokenError::Malformed));
}

#[test]
fn other_keys_and_other_algorithms_are_refused() {
    let other = b"another secret of at least 32 bytes!";
    let forged = sign(&our_header(), &good_json(), other);
    assert_eq!(verdict(&forged).err(), Some(TokenError::BadSignature));

    let foreign = SigningKeys::from_secret(other).unwrap().issue(&claims());
    assert_eq!(verdict(foreign.expose()).err(), Some(TokenError::UnknownKey));

    let nameless = sign(&Header::new(Algorithm::HS256), &good_json(), SECRET);
    assert_eq!(verdict(&nameless).err(), Some(TokenError::UnknownKey));

    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        let header = Header { alg: algorithm, ..our_header() };
        let token = sign(&header, &good_json(), SECRET);
        assert_eq!(verdict(&token).err(), Some(TokenError::UnknownKey));
    }
}

#[test]
fn alg_none_and_rubbish_are_refused() {
    let payload = URL_SAFE_NO_PAD.encode(good_json().to_string());
    for alg in ["none", "None", "NONE", "", "HS1"] {
        let header = json!({"alg": alg, "typ": "JWT", "kid": keys().list()[0].kid}).to_string();
        let unsigned = format!("{}.{payload}.", URL_SAFE_NO_PAD.encode(header));
        assert_eq!(verdict(&unsigned).err(), Some(TokenError::Malformed), "{alg}");
    }
    let token = keys().issue(&claims());
    let token = token.expose();
    let unsigned = token.rsplit_once('.').unwrap().0;
    for rubbish in
        ["", ".", "..", "...", "a.b.c", unsigned, &format!("{unsigned}."), "\u{0}", "é.é.é"]
    {
        assert!(verdict(rubbish).is_err(), "{rubbish}");
    }
    let huge = format!("{}.{}", "A".repeat(1_000_000), token);
    assert_eq!(verdict(&huge).err(), Some(TokenError::TooLong));
}

#[test]
fn every_changed_character_breaks_the_token() {
    let token = keys().issue(&claims());
    let token = token.expose();
    // The last character of a part carries unused bits, which base64 refuses to be other than 0.
    for index in 0..token.len() {
        let mut bytes = token.as_bytes().to_vec();
        bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(verdict(&changed).is_err(), "character {index}");
    }
}

#[test]
fn the_key_is_made_once_and_kept() {
    let outer = tempfile::tempdir().unwrap();
    let dir = DataDir::open(outer.path().join("d")).unwrap();
    let token = SigningKeys::load_or_create(&dir, noon()).unwrap().issue(&claims());
    let again = SigningKeys::load_or_create(&dir, noon()).unwrap();
    again.verify(token.expose(), noon()).unwrap();
    assert!(!format!("{again:?}").contains("secret"));

    let newer = again.rotate(&dir, noon(), Some(LONG)).unwrap();
    assert_eq!(newer.len(), 2);
    let rotated = SigningKeys::load_or_create(&dir, noon()).unwrap();
    assert_eq!(rotated.list(), newer);
    rotated.verify(token.expose(), noon()).unwrap();
}

/// An overlap that outlives every token of these tests.
const LONG: SignedDuration = SignedDuration::from_hours(1);

#[test]
fn after_a_rotation_the_old_key_verifies_until_it_retires() {
    let outer = tempfile::tempdir().unwrap();
    let dir = DataDir::open(outer.path().join("d")).unwrap();
    let keys = SigningKeys::load_or_create(&dir, noon()).unwrap();
    let old = keys.issue(&claims());
    let bystander = SigningKeys::load_or_create(&dir, noon()).unwrap();
    let overlap = SignedDuration::from_mins(5);
    let listed = keys.rotate(&dir, noon(), Some(overlap)).unwrap();
    assert_eq!(listed[0].retires_at, None);
    assert_eq!(listed[1].retires_at, Some(noon() + overlap));
    let new = keys.issue(&claims());
    assert_eq!(bystander.verify(new.expose(), noon()), Err(TokenError::UnknownKey));
    // In use without being loaded again, and the same from the file.
    for keys in [&keys, &SigningKeys::load_or_create(&dir, noon()).unwrap()] {
        let late = noon() + overlap;
        keys.verify(old.expose(), late - SignedDuration::from_millis(1)).unwrap();
        assert_eq!(keys.verify(old.expose(), late), Err(TokenError::UnknownKey));
        keys.verify(new.expose(), late).unwrap();
        keys.verify_at_any_time(old.expose()).unwrap();
    }
    // A later rotation does not lengthen the life of a key that is on its way out.
    let listed = keys.rotate(&dir, noon(), Some(LONG)).unwrap();
    assert_eq!(listed[2].retires_at, Some(noon() + overlap));
    // And without an overlap nothing of before counts.
    assert_eq!(keys.rotate(&dir, noon(), None).unwrap().len(), 1);
    for token in [old, new] {
        assert_eq!(keys.verify(token.expose(), noon()), Err(TokenError::UnknownKey));
        assert_eq!(keys.verify_at_any_time(token.expose()), Err(TokenError::UnknownKey));
    }
}

#[test]
fn rotating_has_bounds_and_keeps_the_file_private() {
    use std::os::unix::fs::PermissionsExt;
    let outer = tempfile::tempdir().unwrap();
    let dir = DataDir::open(outer.path().join("d")).unwrap();
    let keys = SigningKeys::load_or_create(&dir, noon()).unwrap();
    for _ in 0..MAX_KEYS + 3 {
        keys.rotate(&dir, noon(), Some(LONG)).unwrap();
    }
    assert_eq!(keys.list().len(), MAX_KEYS);
    let kids: std::collections::BTreeSet<_> = keys.list().into_iter().map(|key| key.kid).collect();
    assert_eq!(kids.len(), MAX_KEYS);
    let mode = fs::metadata(dir.token_keys()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let refused = super::SigningKeys::from_secret(SECRET).unwrap().rotate(&dir, noon(), None);
    assert!(refused.unwrap_err().to_string().contains("JWT_SECRET_KEY"));
    fs::write(dir.token_keys(), "{").unwrap();
    let before = keys.list();
    assert!(matches!(keys.rotate(&dir, noon(), None), Err(KeysError::Damaged { .. })));
    assert_eq!(keys.list(), before);
}

#[test]
fn a_damaged_key_file_is_named_and_left_alone() {
    let outer = tempfile::tempdir().unwrap();
    let dir = DataDir::open(outer.path().join("d")).unwrap();
    let short = r#"{"keys":[{"kid":"k","secret_hex":"00","created_at":"2026-11-20T12:00:00Z"}]}"#;
    for text in ["", "{}", r#"{"keys":[]}"#, short] {
        fs::write(dir.token_keys(), text).unwrap();
        let error = SigningKeys::load_or_create(&dir, noon()).unwrap_err();
        assert!(matches!(error, KeysError::Damaged { .. }), "{text}: {error}");
        assert!(error.to_string().contains("access-tokens.json"), "{error}");
        assert_eq!(fs::read_to_string(dir.token_keys()).unwrap(), text);
    }
    assert!(matches!(SigningKeys::from_secret(&SECRET[1..]), Err(KeysError::TooShort)));
}
