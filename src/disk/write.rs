//! Writing: whole or not at all. A file is written beside the old one and takes its place in one step, so that who reads
//! sees either the old content or the new, whatever happens meanwhile.

use std::fs::{self, File, Metadata};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::source::Encoding;

/// Replaces the content of the existing file at this real path by `text` in `encoding`. Permissions are kept.
///
/// UTF-16 gets a byte order mark where the old file has one.
///
/// # Errors
/// What the system says; then the old content is still there.
pub(super) fn text(target: &Path, text: &str, encoding: Encoding) -> io::Result<()> {
    let old = fs::metadata(target)?;
    if old.permissions().readonly() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
    }
    let bytes = encode(text, encoding, starts_with_mark(target)?)?;
    whole(target, &bytes, Some(&old))
}

/// Makes `bytes` the content of the file at this path, whether there is one or not. Permissions of an old file are kept.
///
/// # Errors
/// What the system says; then the old content is still there.
pub(super) fn bytes(target: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::metadata(target) {
        Ok(old) if old.permissions().readonly() => {
            Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"))
        }
        Ok(old) => whole(target, bytes, Some(&old)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => whole(target, bytes, None),
        Err(error) => Err(error),
    }
}

fn whole(target: &Path, bytes: &[u8], old: Option<&Metadata>) -> io::Result<()> {
    let (beside, mut file) = create_beside(target)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| old.map_or(Ok(()), |old| keep(&file, old)))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&beside, target));
    if written.is_err() {
        // The first error is the one to tell; the leftover is removed as far as that goes.
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Gives a file the permissions of the old one, and its owner as far as that may be done.
fn keep(file: &File, old: &Metadata) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, fchown};
        // Only root gives files away; for anybody else the owner is the same already, or stays another.
        let _ = fchown(file, Some(old.uid()), Some(old.gid()));
    }
    file.set_permissions(old.permissions())
}

/// The bytes of a file with this text.
fn encode(text: &str, encoding: Encoding, mark: bool) -> io::Result<Vec<u8>> {
    let utf16 = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        let mark = mark.then_some(0xFEFF_u16);
        mark.into_iter().chain(text.encode_utf16()).flat_map(bytes).collect()
    };
    match encoding {
        Encoding::Utf8 => Ok(text.as_bytes().to_vec()),
        Encoding::Utf8Bom => Ok([&[0xEF, 0xBB, 0xBF], text.as_bytes()].concat()),
        Encoding::Utf16Le => Ok(utf16(u16::to_le_bytes)),
        Encoding::Utf16Be => Ok(utf16(u16::to_be_bytes)),
        Encoding::Lossy => Err(io::Error::new(io::ErrorKind::InvalidData, "it has bytes that are not UTF-8")),
    }
}

fn starts_with_mark(path: &Path) -> io::Result<bool> {
    use std::io::Read as _;
    let mut start = [0_u8; 2];
    let read = File::open(path)?.read(&mut start)?;
    Ok(read == 2 && matches!(start, [0xFF, 0xFE] | [0xFE, 0xFF]))
}

/// A new file in the same directory: a rename across file systems would be no single step.
fn create_beside(target: &Path) -> io::Result<(PathBuf, File)> {
    let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
    for attempt in 0..100 {
        let beside = target.with_file_name(format!(".{name}.strongroom-{}-{attempt}", std::process::id()));
        match File::options().write(true).create_new(true).open(&beside) {
            Ok(file) => return Ok((beside, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use crate::source::decode;

    fn directory(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("strongroom-write-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        path
    }

    #[test]
    fn a_file_is_written_back_as_it_was_encoded() {
        let directory = directory("encodings");
        let le = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let be = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
        for bytes in [
            b"a\r\nb".to_vec(),
            [&[0xEF, 0xBB, 0xBF][..], b"a"].concat(),
            [vec![0xFF, 0xFE], le("a")].concat(),
            [vec![0xFE, 0xFF], be("a")].concat(),
            le("a"),
            be("a"),
        ] {
            let path = directory.join("t.yaml");
            fs::write(&path, &bytes).unwrap();
            let (decoded, encoding) = decode("t.yaml", bytes.clone()).unwrap();
            text(&path, &decoded, encoding).unwrap();
            assert_eq!(fs::read(&path).unwrap(), bytes);
            text(&path, &format!("{decoded}ü"), encoding).unwrap();
            assert_eq!(decode("t.yaml", fs::read(&path).unwrap()), Ok((format!("{decoded}ü"), encoding)));
        }
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 1, "nothing is left behind");
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn what_can_not_be_written_stays() {
        let directory = directory("refused");
        let path = directory.join("t.yaml");
        assert!(text(&path, "x", Encoding::Utf8).is_err(), "there is no such file");
        assert!(text(&path, "x", Encoding::Lossy).is_err(), "what it said is not known");
        fs::write(&path, "old").unwrap();
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions).unwrap();
        assert!(text(&path, "new", Encoding::Utf8).is_err() && bytes(&path, b"new").is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        fs::remove_dir_all(directory).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn permissions_are_kept_and_another_name_of_the_file_keeps_its_content() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = directory("links");
        let (target, other) = (directory.join("target.tf"), directory.join("other.tf"));
        for write in [|path: &Path| text(path, "new", Encoding::Utf8), |path: &Path| bytes(path, b"new")] {
            fs::write(&target, "old").unwrap();
            fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).unwrap();
            let _ = fs::remove_file(&other);
            fs::hard_link(&target, &other).unwrap();
            write(&target).unwrap();
            assert_eq!(fs::read_to_string(&target).unwrap(), "new");
            assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o640);
            assert_eq!(fs::read_to_string(&other).unwrap(), "old");
        }
        bytes(&directory.join("fresh"), b"new").unwrap();
        assert_eq!(fs::read_to_string(directory.join("fresh")).unwrap(), "new");
        fs::remove_dir_all(directory).unwrap();
    }
}
