//! Paths as URIs and back, for editors and reports.
//!
//! Paths are written with `/`. Which kind of path a URI stands for is an argument, so that both kinds are tested anywhere.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use url::Url;

/// What a URI's path is the path of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paths {
    /// `/srv/x.tf`.
    Unix,
    /// `C:/x.tf`, `//server/share/x.tf`.
    Windows,
}

impl Paths {
    /// Those of this system.
    pub const HERE: Paths = if cfg!(windows) { Paths::Windows } else { Paths::Unix };
}

/// All but RFC 3986's unreserved characters: what stands in a URI then means nothing else anywhere in it.
pub const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The same, of a path: its separators stay.
const IN_A_PATH: &AsciiSet = &ESCAPED.remove(b'/');

/// A relative path as a URI reference, an absolute one as a `file:` URI.
pub fn reference(path: &str, paths: Paths) -> String {
    match of_file(path, paths) {
        Some(uri) => uri,
        None => encoded(path.strip_prefix("./").unwrap_or(path)),
    }
}

/// The `file:` URI of an absolute path; `None` of any other. A drive is written as editors write it: `file:///c%3A/x`.
pub fn of_file(path: &str, paths: Paths) -> Option<String> {
    let slashed = match paths {
        Paths::Unix => path.to_owned(),
        Paths::Windows => path.replace('\\', "/"),
    };
    match (paths, drive(&slashed), slashed.strip_prefix("//")) {
        (Paths::Windows, Some((letter, rest)), _) => {
            Some(format!("file:///{}%3A{}", letter.to_ascii_lowercase(), encoded(rest)))
        }
        (Paths::Windows, None, Some(share)) => Some(format!("file://{}", encoded(share))),
        _ if slashed.starts_with('/') => Some(format!("file://{}", encoded(&slashed))),
        _ => None,
    }
}

/// The absolute path that a `file:` URI names.
pub fn to_file(uri: &str, paths: Paths) -> Option<String> {
    let url = Url::parse(uri).ok().filter(|url| url.scheme() == "file")?;
    let path = percent_decode_str(url.path()).decode_utf8().ok()?;
    if paths == Paths::Unix {
        return Some(path.into_owned());
    }
    match (url.host_str(), drive(path.trim_start_matches('/'))) {
        (Some(host), _) => Some(format!("//{host}{path}")),
        // Editors write the drive in either case, and it is the same one.
        (None, Some((letter, rest))) => Some(format!("{}:{rest}", letter.to_ascii_uppercase())),
        (None, None) => Some(path.into_owned()),
    }
}

/// The drive's letter, and the path behind its colon.
fn drive(path: &str) -> Option<(char, &str)> {
    let letter = path.chars().next().filter(char::is_ascii_alphabetic)?;
    let rest = path[1..].strip_prefix(':')?;
    (rest.is_empty() || rest.starts_with('/')).then_some((letter, rest))
}

fn encoded(path: &str) -> String {
    utf8_percent_encode(path, IN_A_PATH).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris() {
        let table = [
            ("infra/main.tf", Paths::Unix, "infra/main.tf"),
            ("./a b/100%/é#?.yaml", Paths::Unix, "a%20b/100%25/%C3%A9%23%3F.yaml"),
            ("../m/x:y.tf", Paths::Unix, "../m/x%3Ay.tf"),
            ("/srv/x y.tf", Paths::Unix, "file:///srv/x%20y.tf"),
            ("c:/x.tf", Paths::Unix, "c%3A/x.tf"),
            ("C:/a b/x.tf", Paths::Windows, "file:///c%3A/a%20b/x.tf"),
            ("C:\\a\\x.tf", Paths::Windows, "file:///c%3A/a/x.tf"),
            ("//server/share/x.tf", Paths::Windows, "file://server/share/x.tf"),
            ("a/x.tf", Paths::Windows, "a/x.tf"),
        ];
        for (path, paths, expected) in table {
            assert_eq!(reference(path, paths), expected, "{path}");
        }
    }

    #[test]
    fn uris_become_paths() {
        let table = [
            ("file:///srv/x%20y%25.tf", Paths::Unix, Some("/srv/x y%.tf")),
            ("file://localhost/srv/x.tf", Paths::Unix, Some("/srv/x.tf")),
            ("file:///c%3A/x/%C3%A9.tf", Paths::Windows, Some("C:/x/é.tf")),
            ("file:///C:/x.tf", Paths::Windows, Some("C:/x.tf")),
            ("file:///c%3A/x.tf", Paths::Unix, Some("/c:/x.tf")),
            ("file://server/share/x.tf", Paths::Windows, Some("//server/share/x.tf")),
            ("file:///srv/%FF.tf", Paths::Unix, None),
            ("untitled:Untitled-1", Paths::Unix, None),
            ("vscode-remote://ssh/x.tf", Paths::Windows, None),
        ];
        for (uri, paths, expected) in table {
            assert_eq!(to_file(uri, paths).as_deref(), expected, "{uri}");
        }
        for (path, paths) in [("/with space/%25/é.yaml", Paths::Unix), ("C:/with space/[x]@.yaml", Paths::Windows)] {
            let uri = of_file(path, paths).unwrap_or_default();
            assert_eq!(to_file(&uri, paths).as_deref(), Some(path), "{uri}");
        }
    }
}
