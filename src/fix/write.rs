//! Writing a fixed file: whole or not at all, as it was encoded, with its permissions, through symlinks.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::source::Encoding;

/// Replaces the content of the file at `path` by `text` in `encoding`. The file is written beside the old one and takes
/// its place in one step, so a reader sees either the old content or the new. Permissions are kept; a symlink stays one
/// and what it points to is replaced.
///
/// UTF-16 gets a byte order mark where the old file has one.
///
/// # Errors
/// What the system says; then the old content is still there.
pub fn write(path: &Path, text: &str, encoding: Encoding) -> io::Result<()> {
    let target = fs::canonicalize(path)?;
    let old = fs::metadata(&target)?;
    if old.permissions().readonly() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
    }
    let bytes = encode(text, encoding, starts_with_mark(&target)?);
    let (beside, mut file) = create_beside(&target)?;
    let written = file
        .write_all(&bytes)
        .and_then(|()| file.set_permissions(old.permissions()))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&beside, &target));
    if written.is_err() {
        // The first error is the one to tell; the leftover is removed as far as that goes.
        let _ = fs::remove_file(&beside);
    }
    written
}

/// The bytes of a file with this text.
fn encode(text: &str, encoding: Encoding, mark: bool) -> Vec<u8> {
    let utf16 = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        let mark = mark.then_some(0xFEFF_u16);
        mark.into_iter().chain(text.encode_utf16()).flat_map(bytes).collect()
    };
    match encoding {
        Encoding::Utf8 => text.as_bytes().to_vec(),
        Encoding::Utf8Bom => [&[0xEF, 0xBB, 0xBF], text.as_bytes()].concat(),
        Encoding::Utf16Le => utf16(u16::to_le_bytes),
        Encoding::Utf16Be => utf16(u16::to_be_bytes),
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
