use super::*;

fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

fn am_root(dir: &tempfile::TempDir) -> bool {
    fs::metadata(dir.path()).unwrap().uid() == 0
}

#[test]
fn the_flag_wins_over_the_environment_and_that_over_the_installed_directory() {
    let installed = scratch();
    let missing = installed.path().join("missing");
    let flag = Path::new("/a");
    let env = OsStr::new("/b");
    assert_eq!(locate_with(Some(flag), Some(env), installed.path()), flag);
    assert_eq!(locate_with(None, Some(env), installed.path()), Path::new("/b"));
    assert_eq!(locate_with(None, Some(OsStr::new("")), installed.path()), installed.path());
    assert_eq!(locate_with(None, None, installed.path()), installed.path());
    assert_eq!(locate_with(None, None, &missing), Path::new(LOCAL_DIR));
}

#[test]
fn a_new_directory_is_private_with_its_folders() {
    let outer = scratch();
    let dir = DataDir::open(outer.path().join("deep/er")).unwrap();
    assert_eq!(mode(dir.path()), 0o700);
    assert_eq!(mode(&dir.keys()), 0o700);
    assert_eq!(mode(&dir.blobs()), 0o700);
    assert_eq!(DataDir::open(dir.path()).unwrap(), dir);
}

#[test]
fn an_open_directory_is_closed_to_others() {
    let outer = scratch();
    let loose = outer.path().join("loose");
    fs::create_dir(&loose).unwrap();
    fs::set_permissions(&loose, Permissions::from_mode(0o755)).unwrap();
    fs::write(loose.join("server.log"), "").unwrap();
    DataDir::open(&loose).unwrap();
    assert_eq!(mode(&loose), 0o700);
}

#[test]
fn a_directory_shared_with_others_is_refused_and_left_alone() {
    let outer = scratch();
    let shared = outer.path().join("tmp");
    fs::create_dir(&shared).unwrap();
    fs::set_permissions(&shared, Permissions::from_mode(0o1777)).unwrap();
    fs::write(shared.join("somebody"), "").unwrap();
    let error = DataDir::open(&shared).unwrap_err();
    assert!(matches!(error, DataDirError::Shared { .. }), "{error}");
    assert_eq!(mode(&shared), 0o1777);
    assert_eq!(fs::read_dir(&shared).unwrap().count(), 1);

    fs::write(shared.join("cartwright.redb"), "").unwrap();
    DataDir::open(&shared).unwrap();
    assert_eq!(mode(&shared), 0o700);
}

#[test]
fn a_file_is_no_data_directory() {
    let outer = scratch();
    let file = outer.path().join("file");
    fs::write(&file, "").unwrap();
    let error = DataDir::open(&file).unwrap_err();
    assert!(matches!(error, DataDirError::NotADirectory { .. }), "{error}");
}

#[test]
fn files_are_private_and_replaced_whole() {
    let outer = scratch();
    let dir = DataDir::open(outer.path().join("d")).unwrap();
    let path = dir.config_file();
    dir.create_private(&path, b"one").unwrap();
    assert_eq!(mode(&path), 0o600);
    let error = dir.create_private(&path, b"two").unwrap_err();
    let DataDirError::Io { source, .. } = error else { panic!("{error}") };
    assert_eq!(source.kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read(&path).unwrap(), b"one");

    dir.write_private(&path, b"two").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"two");
    assert_eq!(mode(&path), 0o600);

    dir.remove(&path).unwrap();
    dir.remove(&path).unwrap();
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "no temporary file is left behind: {left:?}");
}

#[test]
fn a_loose_file_is_tightened_when_opened() {
    let outer = scratch();
    let dir = DataDir::open(outer.path().join("d")).unwrap();
    fs::write(dir.database(), "").unwrap();
    fs::set_permissions(dir.database(), Permissions::from_mode(0o644)).unwrap();
    dir.open_private(&dir.database()).unwrap();
    assert_eq!(mode(&dir.database()), 0o600);
}

#[test]
fn one_process_at_a_time_holds_the_directory() {
    let outer = scratch();
    let dir = DataDir::open(outer.path().join("d")).unwrap();
    let held = dir.lock().unwrap();
    let error = dir.lock().unwrap_err();
    assert!(matches!(error, DataDirError::InUse { .. }), "{error}");
    drop(held);
    let _again = dir.lock().unwrap();
}

#[test]
fn what_root_creates_belongs_to_the_directory_owner() {
    let outer = scratch();
    if !am_root(&outer) {
        return; // Only root can give files away, so only root needs the rule.
    }
    let root = outer.path().join("d");
    let dir = DataDir::open(&root).unwrap();
    let service = Owner { uid: 4711, gid: 4712 };
    std::os::unix::fs::chown(&root, Some(service.uid), Some(service.gid)).unwrap();
    dir.write_private(&dir.config_file(), b"").unwrap();
    dir.create_private(&dir.setup_token(), b"").unwrap();
    dir.open_private(&dir.database()).unwrap();
    dir.create_subdir(&dir.backups()).unwrap();
    let _lock = dir.lock().unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(dir.control_socket()).unwrap();
    dir.adopt(&dir.control_socket()).unwrap();
    for path in [
        dir.config_file(),
        dir.setup_token(),
        dir.database(),
        dir.backups(),
        dir.lock_file(),
        dir.control_socket(),
    ] {
        assert_eq!(Owner::of(&fs::metadata(&path).unwrap()), service, "{}", path.display());
    }
}

#[test]
fn a_link_is_not_followed() {
    let outer = scratch();
    let dir = DataDir::open(outer.path().join("d")).unwrap();
    let target = outer.path().join("target");
    fs::write(&target, "").unwrap();
    fs::set_permissions(&target, Permissions::from_mode(0o644)).unwrap();
    std::os::unix::fs::symlink(&target, dir.lock_file()).unwrap();
    fs::hard_link(&target, dir.database()).unwrap();
    for path in [dir.lock_file(), dir.database()] {
        let error = dir.open_private(&path).unwrap_err();
        assert!(matches!(error, DataDirError::Link { .. }), "{error}");
    }
    assert_eq!(mode(&target), 0o644);
}
