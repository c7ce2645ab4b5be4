use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use jiff::SignedDuration;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::client::{WebPkiServerVerifier, danger::ServerCertVerified};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::keeper::Choice;
use super::*;
use crate::data_dir::DataDir;

fn noon() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

fn here(addresses: &[&str]) -> Surroundings {
    let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
    Surroundings { host: Some("shopbox".into()), addresses }
}

struct Box_ {
    _folder: tempfile::TempDir,
    dir: DataDir,
}

impl Box_ {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = DataDir::open(folder.path().join("shop")).unwrap();
        Self { _folder: folder, dir }
    }

    fn open(&self, now: Timestamp) -> Keeper {
        self.open_at(&here(&["192.168.1.5"]), Choice::default(), now)
    }

    fn open_at(&self, surroundings: &Surroundings, choice: Choice, now: Timestamp) -> Keeper {
        Keeper::open(&self.dir, choice, surroundings, now).unwrap()
    }

    fn leaf(&self) -> Vec<u8> {
        certificate(&fs::read(self.dir.https_leaf()).unwrap())
    }

    fn refusal(&self, choice: Choice) -> String {
        let outcome = Keeper::open(&self.dir, choice, &here(&[]), noon());
        outcome.unwrap_err().to_string()
    }
}

fn certificate(pem: &[u8]) -> Vec<u8> {
    CertificateDer::from_pem_slice(pem).unwrap().to_vec()
}

fn authority_of(keeper: &Keeper) -> AuthorityFacts {
    keeper.presented().authority.unwrap()
}

/// What a client that trusts the authority says about the certificate, for this name at this time.
fn verdict(
    authority: &AuthorityFacts,
    leaf: &[u8],
    name: &str,
    at: Timestamp,
) -> std::result::Result<ServerCertVerified, rustls::Error> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from(authority.der.clone())).unwrap();
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::new(provider()));
    let seconds = std::time::Duration::from_secs(at.as_second().try_into().unwrap());
    verifier.build().unwrap().verify_server_cert(
        &CertificateDer::from(leaf),
        &[],
        &ServerName::try_from(name.to_owned()).unwrap(),
        &[],
        UnixTime::since_unix_epoch(seconds),
    )
}

#[test]
fn the_authority_issues_for_servers_of_local_networks_only() {
    let shop = Box_::new();
    let keeper = shop.open(noon());
    let facts = authority_of(&keeper);
    assert_eq!(facts.name, "Cartwright shopbox local CA");
    assert_eq!(facts.fingerprint().len(), 32 * 3 - 1);
    assert!(facts.is_local_only);
    let (_, parsed) = X509Certificate::from_der(&facts.der).unwrap();
    let basic = parsed.basic_constraints().unwrap().unwrap();
    assert!(basic.critical && basic.value.ca && basic.value.path_len_constraint == Some(0));
    let usage = parsed.key_usage().unwrap().unwrap();
    assert!(usage.critical && usage.value.key_cert_sign() && usage.value.crl_sign());
    assert!(!usage.value.digital_signature());
    let limits = parsed.name_constraints().unwrap().unwrap();
    assert!(!limits.critical && limits.value.excluded_subtrees.is_none());
    let years = facts.not_after.duration_since(facts.not_before).as_hours() / 24 / 365;
    assert_eq!(years, 10);
    assert!(facts.not_before < noon() && facts.not_before > noon() - days(2));
    assert_eq!(certificate(facts.pem.as_bytes()), facts.der);
    assert_eq!(AuthorityFacts::read(&shop.dir.ca_cert()).unwrap(), facts);
}

#[test]
fn the_certificate_is_for_this_machine_and_good_for_phones() {
    let shop = Box_::new();
    let choice = Choice { extra_names: vec!["kasse.lan".into()], ..Choice::default() };
    let keeper = shop.open_at(&here(&["192.168.1.5", "fd00::5"]), choice, noon());
    let (facts, leaf) = (authority_of(&keeper), shop.leaf());
    for name in [
        "shopbox",
        "shopbox.local",
        "kasse.lan",
        "localhost",
        "127.0.0.1",
        "::1",
        "192.168.1.5",
        "fd00::5",
    ] {
        let verdict = verdict(&facts, &leaf, name, noon());
        assert!(verdict.is_ok(), "{name}: {verdict:?}");
    }
    for name in ["shopbox.example", "192.168.1.6"] {
        assert!(verdict(&facts, &leaf, name, noon()).is_err(), "{name}");
    }
    assert!(verdict(&facts, &leaf, "shopbox", noon() + days(396)).is_err(), "397 days at most");
    assert!(verdict(&facts, &leaf, "shopbox", noon() + days(395)).is_ok());
    let (_, parsed) = X509Certificate::from_der(&leaf).unwrap();
    assert!(!parsed.is_ca());
    let purposes = parsed.extended_key_usage().unwrap().unwrap();
    assert!(purposes.value.server_auth && !purposes.value.client_auth && !purposes.value.any);
    let life = parsed.validity().not_after.timestamp() - parsed.validity().not_before.timestamp();
    assert!(life < 397 * 24 * 3600);
    assert_ne!(parsed.raw_serial(), X509Certificate::from_der(&facts.der).unwrap().1.raw_serial());
}

#[test]
fn a_stolen_key_makes_no_bank() {
    let shop = Box_::new();
    shop.open(noon());
    let names = Names::of(&here(&[]), &[]);
    let authority =
        authority::Authority::load_or_create(&shop.dir, Some("shopbox"), &names, noon()).unwrap();
    let mut wanted = names;
    for name in ["bank.example", "8.8.8.8"] {
        wanted.insert(name);
    }
    // A thief does not ask which names are allowed.
    let text = leaf::Leaf::issue(&authority, &wanted, noon()).unwrap();
    let forged = certificate(text.as_bytes());
    for name in ["bank.example", "8.8.8.8", "shopbox"] {
        assert!(verdict(authority.facts(), &forged, name, noon()).is_err(), "{name}");
    }
}

#[test]
fn keys_are_private_and_survive_a_restart() {
    let shop = Box_::new();
    let first = shop.open(noon());
    let leaf = shop.leaf();
    for path in [shop.dir.ca_key(), shop.dir.ca_cert(), shop.dir.https_leaf()] {
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", path.display());
    }
    let second = shop.open(noon() + days(100));
    assert_eq!(first.presented(), second.presented());
    assert_eq!(shop.leaf(), leaf);
    assert!(!format!("{second:?}").contains("PRIVATE"));
}

#[test]
fn the_certificate_is_renewed_at_two_thirds_of_its_life() {
    let shop = Box_::new();
    let surroundings = here(&["192.168.1.5"]);
    let keeper = shop.open(noon());
    let first = keeper.presented();
    assert!(!keeper.refresh(&surroundings, noon() + days(263)).unwrap());
    assert!(keeper.refresh(&surroundings, noon() + days(264)).unwrap());
    let second = keeper.presented();
    assert_eq!(second.authority, first.authority);
    assert!(second.not_after > first.not_after + days(263));
    assert!(verdict(&authority_of(&keeper), &shop.leaf(), "shopbox", noon() + days(500)).is_ok());
    assert!(!keeper.refresh(&surroundings, noon() + days(264)).unwrap());
}

#[test]
fn the_certificate_follows_the_machines_addresses_and_name() {
    let shop = Box_::new();
    let keeper = shop.open(noon());
    let elsewhere = here(&["10.0.0.7"]);
    assert!(keeper.refresh(&elsewhere, noon()).unwrap());
    let names = keeper.presented().names;
    assert!(names.contains("10.0.0.7") && !names.contains("192.168.1.5"));
    assert!(!keeper.refresh(&elsewhere, noon()).unwrap());
    // A host name without a dot that the authority was not made for is left out, and the rest works.
    let renamed = Surroundings { host: Some("till".into()), ..elsewhere };
    assert!(keeper.refresh(&renamed, noon()).unwrap());
    let names = keeper.presented().names;
    assert!(names.contains("till.local") && !names.contains("till"));
    let facts = authority_of(&keeper);
    assert!(verdict(&facts, &shop.leaf(), "till.local", noon()).is_ok());
    // After a restore on another box the same holds from the start.
    drop(keeper);
    let restored = shop.open_at(&here(&["172.16.0.9"]), Choice::default(), noon());
    assert!(restored.presented().names.contains("172.16.0.9"));
    assert_eq!(restored.presented().authority.unwrap(), facts);
}

#[test]
fn a_clock_that_is_wrong_makes_no_certificate_that_is() {
    let long_ago: Timestamp = "1970-01-01T00:05:00Z".parse().unwrap();
    let shop = Box_::new();
    let keeper = shop.open(long_ago);
    let facts = authority_of(&keeper);
    assert_eq!(facts.not_before.to_string(), "2025-12-31T00:00:00Z");
    // The clock is set: within a minute there is a certificate that counts.
    keeper.refresh(&here(&["192.168.1.5"]), noon()).unwrap();
    assert!(verdict(&facts, &shop.leaf(), "shopbox", noon()).is_ok());
    // The clock is lost again: what is right for everybody else stays.
    let leaf = shop.leaf();
    drop(keeper);
    let keeper = shop.open(long_ago);
    assert_eq!(shop.leaf(), leaf);
    // It runs ahead, and is set back.
    keeper.refresh(&here(&["192.168.1.5"]), noon() + days(1000)).unwrap();
    assert!(verdict(&facts, &shop.leaf(), "shopbox", noon()).is_err());
    keeper.refresh(&here(&["192.168.1.5"]), noon()).unwrap();
    assert!(verdict(&facts, &shop.leaf(), "shopbox", noon()).is_ok());
    // The end of the calendar is no reason to fall over.
    Box_::new().open(Timestamp::MAX);
    Box_::new().open(Timestamp::MIN);
}

#[test]
fn an_authority_that_ends_is_not_renewed_for_ever() {
    let shop = Box_::new();
    let keeper = shop.open(noon());
    let late = noon() + days(3600);
    assert!(keeper.refresh(&here(&["192.168.1.5"]), late).unwrap());
    assert_eq!(keeper.presented().not_after, authority_of(&keeper).not_after);
    assert!(!keeper.refresh(&here(&["192.168.1.5"]), late + days(50)).unwrap());
}

#[test]
fn half_an_authority_is_named_and_never_replaced() {
    let shop = Box_::new();
    let facts = authority_of(&shop.open(noon()));
    // A lost certificate is made again from its key, and old trust goes on.
    fs::remove_file(shop.dir.ca_cert()).unwrap();
    shop.open(noon() + days(1));
    assert!(verdict(&facts, &shop.leaf(), "shopbox", noon() + days(1)).is_ok());
    // A lost key is not.
    let key = fs::read(shop.dir.ca_key()).unwrap();
    fs::remove_file(shop.dir.ca_key()).unwrap();
    let refusal = shop.refusal(Choice::default());
    assert!(refusal.contains("ca.pem") && refusal.contains("ca.key is missing"), "{refusal}");
    fs::write(shop.dir.ca_key(), "rubbish").unwrap();
    assert!(shop.refusal(Choice::default()).contains("not a private key"));
    let other = rcgen::KeyPair::generate().unwrap().serialize_pem();
    fs::write(shop.dir.ca_key(), other).unwrap();
    assert!(shop.refusal(Choice::default()).contains("is not the key of"));
    fs::write(shop.dir.ca_key(), key).unwrap();
    fs::write(shop.dir.ca_cert(), "rubbish").unwrap();
    assert!(shop.refusal(Choice::default()).contains("not the certificate of an authority"));
    fs::remove_file(shop.dir.ca_cert()).unwrap();
    // A damaged server certificate is nothing to lose.
    fs::write(shop.dir.https_leaf(), "rubbish").unwrap();
    shop.open(noon());
}

/// A certificate of the owner's, from an authority that everybody knows.
fn own(shop: &Box_, names: &[&str], end_year: i32) -> Choice {
    let key = rcgen::KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = rcgen::CertificateParams::new(names).unwrap();
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(end_year, 1, 1);
    let folder = shop.dir.path();
    let (cert, key_path) = (folder.join("own.pem"), folder.join("own.key"));
    fs::write(&cert, params.self_signed(&key).unwrap().pem()).unwrap();
    fs::write(&key_path, key.serialize_pem()).unwrap();
    Choice { extra_names: Vec::new(), cert: Some(cert), key: Some(key_path) }
}

#[test]
fn an_own_certificate_is_taken_and_followed() {
    let shop = Box_::new();
    let choice = own(&shop, &["shop.example"], 2027);
    let keeper = shop.open_at(&here(&[]), choice, noon());
    let first = keeper.presented();
    assert!(first.authority.is_none() && first.names.contains("shop.example"));
    assert!(!shop.dir.ca_key().exists(), "no authority is made that nobody needs");
    assert!(!keeper.refresh(&here(&[]), noon()).unwrap());
    // Renewed on disk, as a certificate client does it.
    own(&shop, &["shop.example", "www.shop.example"], 2028);
    assert!(keeper.refresh(&here(&[]), noon()).unwrap());
    let second = keeper.presented();
    assert!(second.names.contains("www.shop.example") && second.not_after > first.not_after);
    // Half written: an error once, and what was good goes on.
    let cert = shop.dir.path().join("own.pem");
    fs::write(&cert, "-----BEGIN CERTIFICATE-----\n").unwrap();
    assert!(keeper.refresh(&here(&[]), noon()).is_err());
    assert!(!keeper.refresh(&here(&[]), noon()).unwrap());
    assert_eq!(keeper.presented(), second);
}

#[test]
fn an_own_certificate_that_cannot_work_is_refused_by_name() {
    let shop = Box_::new();
    let good = own(&shop, &["shop.example"], 2027);
    let refused = |choice: Choice, words: &[&str]| {
        let refusal = shop.refusal(choice);
        assert!(words.iter().all(|word| refusal.contains(word)), "{refusal}");
        assert!(!refusal.contains("-----"), "no key in the words: {refusal}");
    };
    refused(Choice { key: None, ..good.clone() }, &["https_key is not"]);
    refused(Choice { cert: None, ..good.clone() }, &["https_cert is not"]);
    let missing = Some(shop.dir.path().join("nowhere.pem"));
    refused(Choice { cert: missing, ..good.clone() }, &["cannot read", "nowhere.pem"]);
    refused(Choice { cert: good.key.clone(), ..good.clone() }, &["own.key", "no certificate"]);
    refused(Choice { key: good.cert.clone(), ..good.clone() }, &["own.pem", "no private key"]);
    let other = shop.dir.path().join("other.key");
    fs::write(&other, rcgen::KeyPair::generate().unwrap().serialize_pem()).unwrap();
    refused(Choice { key: Some(other.clone()), ..good.clone() }, &["other.key", "is not the key"]);
    let locked =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    fs::write(&other, locked).unwrap();
    let refusal = shop.refusal(Choice { key: Some(other), ..good });
    assert!(refusal.contains("locked with a password"), "{refusal}");
    refused(own(&shop, &["shop.example"], 2026), &["own.pem", "ended on 2026-01-01", "renewed"]);
}
