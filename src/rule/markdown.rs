//! A rule file's parts: front matter, headings, fenced blocks. Just enough Markdown for that.

use std::ops::Range;

/// The parts of a rule file, as byte ranges of its text.
#[derive(Clone, Debug, Default)]
pub(super) struct Parts {
    /// Between the two `---` lines.
    pub(super) front: Option<Range<usize>>,
    /// Behind the front matter.
    pub(super) body: Range<usize>,
    pub(super) fences: Vec<Fence>,
    pub(super) headings: Vec<Heading>,
    /// The opening line of a fence that is never closed.
    pub(super) open: Option<Range<usize>>,
}

/// A fenced block.
#[derive(Clone, Debug)]
pub(super) struct Fence {
    /// What stands behind the opening marks.
    pub(super) info: Range<usize>,
    pub(super) content: Range<usize>,
    /// Line of the opening marks, from 1.
    pub(super) line: usize,
}

/// A heading outside of fences.
#[derive(Clone, Debug)]
pub(super) struct Heading {
    pub(super) level: usize,
    pub(super) text: Range<usize>,
}

/// Splits a rule file.
pub(super) fn split(text: &str) -> Parts {
    let mut lines = lines(text).peekable();
    let mut parts = Parts { body: 0..text.len(), ..Parts::default() };
    if lines.peek().is_some_and(|line| text[line.content.clone()].trim_end() == "---") {
        let start = lines.next().map_or(0, |line| line.end);
        for line in lines.by_ref() {
            if text[line.content.clone()].trim_end() == "---" {
                parts.front = Some(start..line.content.start);
                parts.body = line.end..text.len();
                break;
            }
        }
    }
    let mut open: Option<(&str, Fence, Range<usize>)> = None;
    for line in lines {
        let content = &text[line.content.clone()];
        let trimmed = content.trim_start_matches(' ');
        let marks = marks(trimmed).filter(|_| content.len() - trimmed.len() <= 3);
        match (open.take(), marks) {
            (None, Some(marks)) => {
                let start = line.content.end - trimmed.len() + marks.len();
                let info = trim(text, start..line.content.end);
                let fence = Fence { info, content: line.end..line.end, line: line.number };
                open = Some((marks, fence, line.content));
            }
            (Some((opening, mut fence, _)), Some(marks))
                if marks.starts_with(opening) && trimmed.len() == marks.len() =>
            {
                fence.content.end = line.content.start;
                parts.fences.push(fence);
            }
            // Another block begins with a word behind as many marks: this one was not closed.
            (Some((opening, _, line)), Some(marks)) if marks == opening && trimmed.len() > marks.len() => {
                parts.open = Some(line);
                return parts;
            }
            (Some(still), _) => open = Some(still),
            (None, None) => parts.headings.extend(heading(text, &line.content)),
        }
    }
    parts.open = open.map(|(_, _, line)| line);
    parts
}

struct Line {
    /// Without the line end.
    content: Range<usize>,
    /// Behind the line end.
    end: usize,
    /// From 1.
    number: usize,
}

fn lines(text: &str) -> impl Iterator<Item = Line> + '_ {
    let mut at = 0;
    text.split_inclusive('\n').enumerate().map(move |(index, line)| {
        let start = at;
        at += line.len();
        let content = line.strip_suffix('\n').unwrap_or(line);
        let content = content.strip_suffix('\r').unwrap_or(content);
        Line { content: start..start + content.len(), end: at, number: index + 1 }
    })
}

/// The run of three or more backticks or tildes that a line starts with.
fn marks(line: &str) -> Option<&str> {
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let rest = line.trim_start_matches(mark);
    let length = line.len() - rest.len();
    // A backtick in the info string makes it inline code.
    (length >= 3 && !(mark == '`' && rest.contains('`'))).then(|| &line[..length])
}

fn heading(text: &str, line: &Range<usize>) -> Option<Heading> {
    let content = &text[line.clone()];
    let level = content.len() - content.trim_start_matches('#').len();
    let rest = &content[level..];
    ((1..=6).contains(&level) && rest.starts_with(' '))
        .then(|| Heading { level, text: trim(text, line.start + level..line.end) })
}

fn trim(text: &str, range: Range<usize>) -> Range<usize> {
    let content = &text[range.clone()];
    let start = range.start + (content.len() - content.trim_start().len());
    start..start + content.trim().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_its_parts() {
        let text =
            "---\r\na: 1\r\n---\r\n# Why\n```check x\n!y\n```\n~~~~yaml pass\n```\n~~~\n~~~~\n## How ##\n    ```\n";
        let parts = split(text);
        assert_eq!(parts.front.map(|front| &text[front]), Some("a: 1\r\n"));
        let fences: Vec<_> =
            parts.fences.iter().map(|it| (&text[it.info.clone()], &text[it.content.clone()], it.line)).collect();
        assert_eq!(fences, [("check x", "!y\n", 5), ("yaml pass", "```\n~~~\n", 8)]);
        assert_eq!(parts.headings.iter().map(|it| it.level).collect::<Vec<_>>(), [1, 2]);
        assert!(parts.open.is_none());
    }

    #[test]
    fn an_open_fence_and_missing_front_matter_are_seen() {
        let text = "# x\n```yaml fail\na: 1\n";
        let parts = split(text);
        assert!(parts.front.is_none());
        assert_eq!(parts.open.map(|open| &text[open]), Some("```yaml fail"));
        let unclosed = "```yaml fail\na: 1\n\n```yaml pass\na: 2\n```\n";
        assert_eq!(split(unclosed).open.map(|open| &unclosed[open]), Some("```yaml fail"));
        assert!(split("---\na: 1\n").front.is_none());
    }
}
