//! What a fix changes, for people: a unified diff.

use similar::TextDiff;

/// The unified diff between two states of the file at `path`, with three lines of context; empty where they are equal.
/// Headers name `a/path` and `b/path`, so that `git apply` and `patch -p1` take it. Line ends are shown as they are.
pub fn diff(path: &str, before: &str, after: &str) -> String {
    if before == after {
        return String::new();
    }
    let path = path.trim_start_matches("./").trim_start_matches('/');
    let diff = TextDiff::from_lines(before, after);
    diff.unified_diff().context_radius(3).header(&format!("a/{path}"), &format!("b/{path}")).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_names_the_file_and_the_lines() {
        let told = diff("./infra/main.tf", "a\nb\n", "a\nx\nb");
        let expected =
            "--- a/infra/main.tf\n+++ b/infra/main.tf\n@@ -1,2 +1,3 @@\n a\n-b\n+x\n+b\n\\ No newline at end of file\n";
        assert_eq!(told, expected);
        assert_eq!(diff("p", "same", "same"), "");
        assert!(diff("p", "a\r\nb\r\n", "a\r\nc\r\n").contains("-b\r\n+c\r\n"));
    }
}
