//! `abspath basename dirname file filebase64 fileexists fileset pathexpand`. Files come through the contained door
//! only; a path is relative to the root module's directory.

use base64::Engine as _;

use super::call::{Answer, Call, Function, Returns, Stop, fault, fixed, string};
use super::encoding::STANDARD;
use super::{excerpt, glob};
use crate::resolve::terraform::convert;
use crate::resolve::terraform::types::Ty;
use crate::source::Encoding;
use crate::source::files::{self, FileError};
use crate::value::{Unknown, UnknownKind};

pub(super) const FUNCTIONS: &[Function] = &[
    fixed("abspath", &[string("path")], Returns::String, |call| {
        Ok(call.string(call.env.files.absolute(&files::join(call.env.root_directory, call.str(0)?))))
    }),
    fixed("basename", &[string("path")], Returns::String, |call| Ok(call.string(basename(call.str(0)?)))),
    fixed("dirname", &[string("path")], Returns::String, |call| Ok(call.string(dirname(call.str(0)?)))),
    fixed("file", &[string("path")], Returns::String, file),
    fixed("filebase64", &[string("path")], Returns::String, |call| {
        Ok(call.string(STANDARD.encode(file_bytes(call, 0)?)))
    }),
    fixed("fileexists", &[string("path")], Returns::Bool, fileexists),
    fixed("fileset", &[string("path"), string("pattern")], Returns::StringSet, fileset),
    fixed("pathexpand", &[string("path")], Returns::String, |call| {
        let path = call.str(0)?;
        home(path)?;
        Ok(call.string(path))
    }),
];

/// A path below the home directory is another one for everybody.
fn home(path: &str) -> Result<(), Stop> {
    if !path.starts_with('~') {
        return Ok(());
    }
    if path.len() > 1 && !path.starts_with("~/") && !path.starts_with("~\\") {
        return Err("cannot expand user-specific home dir".into());
    }
    Err(Stop::Unknown(Unknown::new(UnknownKind::Impure, format!("{path} lies in somebody's home directory"))))
}

/// The path as the file door takes it.
fn resolved(call: &Call<'_>, index: usize) -> Result<String, Stop> {
    let path = call.str(index)?;
    home(path)?;
    Ok(files::join(call.env.root_directory, path))
}

fn refused(path: &str, error: &FileError, index: usize) -> Stop {
    match error {
        FileError::NotFound => fault(
            index,
            format!(
                "no file exists at {:?}; this function works only with files that are part of the configuration",
                excerpt(path)
            ),
        ),
        FileError::NotText(_) => Stop::from(format!(
            "contents of {:?} are not valid UTF-8; use the filebase64 function to obtain the Base64 encoded contents",
            excerpt(path)
        )),
        other => Stop::Unknown(Unknown::new(UnknownKind::Unsupported, format!("{path} can't be read: {other}"))),
    }
}

/// The bytes of the file that argument `index` names.
pub(super) fn file_bytes(call: &Call<'_>, index: usize) -> Result<Vec<u8>, Stop> {
    let path = resolved(call, index)?;
    call.env.files.bytes(&path).map_err(|error| refused(&path, &error, index))
}

fn file(call: &Call<'_>) -> Answer {
    let path = resolved(call, 0)?;
    let source = call.env.files.read(&path).map_err(|error| refused(&path, &error, 0))?;
    if source.encoding() == Encoding::Lossy {
        return Err(refused(&path, &FileError::NotText(String::new()), 0));
    }
    Ok(call.string(source.text()))
}

fn fileexists(call: &Call<'_>) -> Answer {
    let path = resolved(call, 0)?;
    match call.env.files.bytes(&path) {
        Ok(_) | Err(FileError::TooLarge | FileError::NotText(_)) => Ok(call.bool(true)),
        Err(FileError::NotFound) if call.env.files.list(&path).is_ok() => {
            Err(fault(0, format!("{:?} is a directory, not a file", excerpt(&path))))
        }
        Err(FileError::NotFound) => Ok(call.bool(false)),
        Err(error) => match call.env.files.list(&path) {
            Ok(_) => Err(fault(0, format!("{:?} is a directory, not a file", excerpt(&path)))),
            Err(_) => Err(refused(&path, &error, 0)),
        },
    }
}

fn fileset(call: &Call<'_>) -> Answer {
    let base = resolved(call, 0)?;
    let found = glob::files(call.env.files, &base, call.str(1)?)?;
    let elements = found.iter().map(|path| call.string(path)).collect();
    Ok(convert::set(elements, Ty::String, call.origin()))
}

/// Go's `filepath.Base`.
fn basename(path: &str) -> &str {
    if path.is_empty() {
        return ".";
    }
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() { "/" } else { trimmed.rsplit('/').next().unwrap_or(trimmed) }
}

/// Go's `filepath.Dir`: all but the last element, cleaned.
fn dirname(path: &str) -> String {
    match path.rsplit_once('/') {
        Some((directory, _)) => files::join(if path.starts_with('/') { "/" } else { "." }, &format!("{directory}/")),
        None => ".".to_owned(),
    }
}
