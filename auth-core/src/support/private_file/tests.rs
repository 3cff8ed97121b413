use super::*;
use std::fs::{self, Permissions};
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// The three functions; those that write, write `new`.
type Function = fn(&Path) -> io::Result<()>;
const FUNCTIONS: [(&str, Function); 3] = [
    ("append", |path| append(path)?.write_all(b"new")),
    ("read", |path| {
        read(path)?.read_to_end(&mut Vec::new()).map(drop)
    }),
    ("replace", |path| replace(path, b"new")),
];

#[test]
fn only_the_owner_can_read_a_new_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    append(&path).unwrap().write_all(b"one").unwrap();
    append(&path).unwrap().write_all(b" two").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"one two");
    assert_eq!(mode(&path), 0o600);
    let other = folder.path().join("other");
    replace(&other, b"one").unwrap();
    assert_eq!(mode(&other), 0o600);
    replace(&other, b"two").unwrap();
    assert_eq!(fs::read(&other).unwrap(), b"two");
    let names = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(names, 2, "no temporary file is left");
    let none = read(&folder.path().join("none")).unwrap_err();
    assert_eq!(none.kind(), ErrorKind::NotFound);
}

#[test]
fn only_the_owner_can_read_an_existing_file_afterwards() {
    for (name, work) in FUNCTIONS {
        for before in [0o644, 0o666, 0o640, 0o400, 0o4755, 0o4600] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("file");
            fs::write(&path, "old").unwrap();
            fs::set_permissions(&path, Permissions::from_mode(before)).unwrap();
            let opened_before = File::open(&path);
            if let Err(error) = work(&path) {
                // Only root can open a file without these permissions.
                assert_eq!(
                    error.kind(),
                    ErrorKind::PermissionDenied,
                    "{name} {before:o}"
                );
                continue;
            }
            assert_eq!(mode(&path), 0o600, "{name} {before:o}");
            if let (Ok(mut old), "replace") = (opened_before, name) {
                let mut seen = String::new();
                old.read_to_string(&mut seen).unwrap();
                assert_eq!(seen, "old", "an open file keeps its contents");
            }
        }
    }
}

#[test]
fn links_and_irregular_files_are_refused_and_unchanged() {
    for (use_name, work) in FUNCTIONS {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("victim"), "old").unwrap();
        fs::write(path("linked"), "old").unwrap();
        fs::set_permissions(path("victim"), Permissions::from_mode(0o644)).unwrap();
        symlink(path("victim"), path("link")).unwrap();
        symlink(path("nowhere"), path("dangling")).unwrap();
        symlink(path("loop"), path("loop")).unwrap();
        symlink("/dev/null", path("device")).unwrap();
        fs::create_dir(path("folder")).unwrap();
        let _socket = UnixListener::bind(path("socket")).unwrap();
        let pipe = std::process::Command::new("mkfifo")
            .arg(path("pipe"))
            .status();
        assert!(pipe.unwrap().success());
        for (name, rule) in [
            ("link", "is a symbolic link"),
            ("dangling", "is a symbolic link"),
            ("loop", "is a symbolic link"),
            ("device", "is a symbolic link"),
            ("folder", "is not a regular file"),
            ("socket", "is not a regular file"),
            ("pipe", "is not a regular file"),
        ] {
            let before = fs::symlink_metadata(path(name)).unwrap().file_type();
            let error = work(&path(name)).unwrap_err();
            let row = format!("{use_name} {name}: {error}");
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{row}");
            assert!(error.to_string().starts_with(rule), "{row}");
            let after = fs::symlink_metadata(path(name)).unwrap().file_type();
            assert_eq!(before, after, "{row}");
        }
        assert!(work(Path::new("/dev/null")).is_err(), "{use_name}");
        assert_eq!(fs::read(path("victim")).unwrap(), b"old");
        assert_eq!(mode(&path("victim")), 0o644, "{use_name}");
        assert!(!path("nowhere").exists());
        // Control: the folder of a path may be a link.
        symlink(folder.path(), path("here")).unwrap();
        work(&path("here").join("linked")).unwrap();
    }
}

#[test]
fn a_file_with_a_hard_link_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (folder.path().join("one"), folder.path().join("other"));
    fs::write(&one, "old").unwrap();
    append(&one).unwrap();
    fs::hard_link(&one, &other).unwrap();
    for open in [append, read] {
        let error = open(&one).unwrap_err().to_string();
        assert!(error.contains("hard link"), "{error}");
    }
    // replace() creates a new file, and the second name keeps the old one.
    replace(&one, b"new").unwrap();
    assert_eq!(fs::read(&other).unwrap(), b"old");
    assert_eq!(fs::read(&one).unwrap(), b"new");
    read(&one).unwrap();
}

#[test]
fn another_users_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, "old").unwrap();
    append(&path).unwrap();
    // Only root can change the owner of a file; any other user tries a file of root.
    let path = if std::os::unix::fs::chown(&path, Some(12345), None).is_ok() {
        path
    } else {
        "/etc/passwd".into()
    };
    let before = mode(&path);
    for open in [append, read] {
        let error = open(&path).unwrap_err();
        let refused = error.to_string().contains("belongs to another user");
        assert!(
            refused || error.kind() == ErrorKind::PermissionDenied,
            "{error}"
        );
    }
    assert_eq!(mode(&path), before);
}

#[test]
fn a_failed_replacement_leaves_no_file_behind() {
    let folder = tempfile::tempdir().unwrap();
    let error = replace(&folder.path().join("none/file"), b"new").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let error = replace(Path::new("/"), b"new").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let error = replace(Path::new(".."), b"new").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    // A file of an earlier process with the same id is removed.
    let left = format!(".file.{}.new", std::process::id());
    symlink("/dev/null", folder.path().join(left)).unwrap();
    replace(&folder.path().join("file"), b"new").unwrap();
    assert_eq!(fs::read(folder.path().join("file")).unwrap(), b"new");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
