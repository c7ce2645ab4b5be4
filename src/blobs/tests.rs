use std::io::Read;
use std::os::unix::fs::PermissionsExt;

use super::*;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_blob_is_kept_whole_and_private() {
    let place = tempfile::tempdir().unwrap();
    let dir = DataDir::open(place.path().join("shop")).unwrap();
    let blobs = Blobs::in_dir(dir.clone());
    assert!(blobs.open("images", "abcd.png").unwrap().is_none());
    for _ in 0..2 {
        blobs.keep("images", "abcd.png", b"bytes").unwrap();
    }
    let path = dir.blobs().join("images/ab/abcd.png");
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    assert_eq!(mode(&dir.blobs().join("images")), 0o700);
    // A file that lost its end is written again.
    fs::write(&path, b"by").unwrap();
    blobs.keep("images", "abcd.png", b"bytes").unwrap();
    let (mut file, length) = blobs.open("images", "abcd.png").unwrap().unwrap();
    let mut content = Vec::new();
    file.read_to_end(&mut content).unwrap();
    assert_eq!((content.as_slice(), length), (&b"bytes"[..], 5));
    let names = |byte| {
        let listed = blobs.shard("images", byte).unwrap();
        listed.into_iter().map(|entry| entry.name).collect::<Vec<_>>()
    };
    assert_eq!((names(0xab), names(0xac)), (vec!["abcd.png".to_owned()], vec![]));
    blobs.remove("images", "abcd.png").unwrap();
    blobs.remove("images", "abcd.png").unwrap();
    assert_eq!(names(0xab), Vec::<String>::new());
}

#[test]
fn no_name_leads_out_of_its_folder() {
    let blobs = Blobs::temporary();
    for name in ["", "..", "../x", "ab", "ab/../../x", "ab\\x", "xy.png", "AB.png", ".ab.png"] {
        let kept = blobs.keep("images", name, b"x");
        assert!(matches!(kept, Err(BlobError::Name(_))), "{name}");
        assert!(matches!(blobs.open("images", name), Err(BlobError::Name(_))), "{name}");
    }
}

#[test]
fn a_temporary_place_goes_with_its_last_handle() {
    let blobs = Blobs::temporary();
    blobs.clone().keep("images", "abcd.png", b"bytes").unwrap();
    let path = blobs.dir().unwrap().path().to_owned();
    assert!(path.join("blobs/images/ab/abcd.png").exists());
    drop(blobs);
    assert!(!path.exists());
}
