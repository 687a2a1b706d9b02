//! Paths and errors as people read them.

use std::path::Path;

use crate::source::files::join;

/// A path as shown to people: relative to the working directory where it lies below it, with `/`, without `./`.
pub fn shown(path: &str) -> String {
    let slashes = path.replace(std::path::MAIN_SEPARATOR, "/");
    let normal = join(".", &slashes);
    if !normal.starts_with('/') {
        return normal;
    }
    let Ok(here) = std::env::current_dir() else { return normal };
    match Path::new(&normal).strip_prefix(&here) {
        Ok(below) if below.as_os_str().is_empty() => ".".to_owned(),
        Ok(below) => below.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/"),
        Err(_) => normal,
    }
}

/// An operating system's error as a phrase: without its number, in lower case.
pub fn sentence(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default();
            let mut letters = text.chars();
            letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_shown_relative_to_the_working_directory() {
        let here = std::env::current_dir().unwrap_or_default();
        assert_eq!(shown("./a/../b.yaml"), "b.yaml");
        assert_eq!(shown(&here.join("x/y.tf").to_string_lossy()), "x/y.tf");
        assert_eq!(shown(&here.to_string_lossy()), ".");
        assert_eq!(shown("/nowhere/at/all"), "/nowhere/at/all");
    }
}
