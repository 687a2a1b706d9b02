//! One line of a source with its labels. The terminal library draws it.
//!
//! The library is given a line of our own making, never the file: it would scan the file again for each label, and it
//! panics on a label beyond column 65,535.

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode,
    SourceSpan, SpanContents, ThemeCharacters, ThemeStyles,
};

use super::{Ink, Options};
use crate::report::words::wrap;
use crate::source::leaving::shown;
use crate::source::{Source, Sources, Span};

/// A label on a line.
pub(super) struct Mark {
    pub(super) span: Span,
    pub(super) message: String,
    pub(super) primary: bool,
}

/// The part of a line that is shown.
pub(super) struct View {
    text: String,
    /// Byte in the source and byte in `text` of every character shown, and of the end.
    map: Vec<(u32, u32)>,
    /// Whether the line goes on to the left and to the right.
    cut: (bool, bool),
}

/// Narrowest view, in columns.
const NARROW: usize = 40;
/// Columns of a tab.
const TAB: usize = 4;

impl View {
    /// The part of line `line` (from 0) around `focus` that fits into `width` columns. Costs what is shown, however
    /// long the line is.
    pub(super) fn around(sources: &Sources, source: &Source, line: usize, focus: Span, width: usize) -> View {
        let range = source.line_range(line);
        let text = source.text().get(range.clone()).unwrap_or("");
        let room = width.saturating_sub(10).max(NARROW);
        let focus =
            (focus.start as usize).saturating_sub(range.start)..(focus.end as usize).saturating_sub(range.start);
        let fits = |text: &str| text.len() <= room * 4 && text.chars().map(columns).sum::<usize>() <= room;
        let from = match text.get(..focus.end) {
            Some(before) if !fits(before) => back(text, focus.start, room / 3),
            _ => 0,
        };
        let mut view = View { text: String::new(), map: Vec::new(), cut: (from > 0, false) };
        let mut used = 0;
        let shown = in_view(sources, source, range.start + from, range.end, room);
        for ((at, written), c) in text.get(from..).unwrap_or("").char_indices().zip(shown.chars()) {
            used += columns(c);
            if used > room {
                view.cut.1 = true;
                break;
            }
            view.push(range.start + from + at, c);
            view.end_at(range.start + from + at + written.len_utf8());
        }
        if view.map.is_empty() {
            view.end_at(range.start);
        }
        view
    }

    /// Whether byte `offset` of the source is in view.
    pub(super) fn shows(&self, offset: u32) -> bool {
        let first = self.map.first().is_some_and(|(at, _)| *at <= offset);
        first && self.map.last().is_some_and(|(at, _)| offset < *at || (offset == *at && !self.cut.1))
    }

    /// The line with its number and, below it, its labels, the vertical bar in column `margin`.
    pub(super) fn render(
        &self,
        number: usize,
        marks: &[Mark],
        ink: Ink,
        options: &Options<'_>,
        margin: usize,
    ) -> Vec<String> {
        let shift = if self.cut.0 { cut_sign(options).len() + 1 } else { 0 };
        let mut text = String::new();
        if self.cut.0 {
            text.push_str(cut_sign(options));
            text.push(' ');
        }
        text.push_str(&self.text);
        if self.cut.1 {
            text.push(' ');
            text.push_str(cut_sign(options));
        }
        let labels = self.labels(marks, shift, options);
        let inks: Vec<Option<Ink>> = marks.iter().map(|mark| mark.primary.then_some(ink)).collect();
        // The blank gives a label at the end of the line something to stand under.
        let drawn = draw(&Drawing { text: format!("{text} \n"), number, labels }, &inks, options);
        let own = number.to_string().len() + 2;
        drawn.iter().map(|line| format!("{:1$}{line}", "", margin.saturating_sub(own))).collect()
    }

    fn labels(&self, marks: &[Mark], shift: usize, options: &Options<'_>) -> Vec<LabeledSpan> {
        let mut labels = Vec::with_capacity(marks.len());
        for (at, mark) in marks.iter().enumerate() {
            let start = self.to_view(mark.span.start);
            let mut end = self.to_view(mark.span.end).max(start);
            if let Some(next) = marks.get(at + 1).map(|next| self.to_view(next.span.start))
                && next < end
            {
                let text = &self.text[start..next];
                end = start + text.find(|c: char| c.is_whitespace()).filter(|length| *length > 0).unwrap_or(text.len());
            }
            let column = self.text[..start].chars().map(columns).sum::<usize>() + shift;
            let room = options.width.saturating_sub(column + 12).max(NARROW);
            let message = wrap(&mark.message, room).join("\n");
            let message = Some(message).filter(|message| !message.is_empty());
            labels.push(LabeledSpan::new(message, start + shift, end - start));
        }
        labels
    }

    /// Where byte `offset` of the source stands in the text.
    fn to_view(&self, offset: u32) -> usize {
        let at = self.map.partition_point(|(byte, _)| *byte < offset);
        self.map.get(at).or(self.map.last()).map_or(0, |(_, at)| *at as usize)
    }

    fn push(&mut self, byte: usize, c: char) {
        self.end_at(byte);
        match c {
            '\t' => self.text.extend(std::iter::repeat_n(' ', TAB)),
            c => self.text.push(shown(c)),
        }
    }

    fn end_at(&mut self, byte: usize) {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let entry = (number(byte), number(self.text.len()));
        if self.map.last() != Some(&entry) {
            self.map.push(entry);
        }
    }
}

/// What of the bytes from `start` can be in view, blanked where it must not be shown. What stands before is looked at
/// as well: a secret may begin there.
fn in_view(sources: &Sources, source: &Source, start: usize, end: usize, room: usize) -> String {
    const LONGEST: usize = 4096;
    let line = source.line_range(source.line_of(u32::try_from(start).unwrap_or(u32::MAX)));
    let text = source.text();
    let boundary = |mut at: usize| {
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let (before, after) =
        (boundary(start.saturating_sub(LONGEST).max(line.start)), boundary(end.min(start + room * 4 + LONGEST)));
    let shown = sources.shown(Span::new(source.id(), before, after));
    // A blank is one character wide, and so not as many bytes as what it stands for.
    let skipped = text.get(before..start).unwrap_or("").chars().count();
    shown.chars().skip(skipped).collect()
}

/// Where a view begins that shows `room` columns before `byte`.
fn back(text: &str, byte: usize, room: usize) -> usize {
    let mut used = 0;
    let mut from = byte;
    for (at, c) in text.get(..byte).unwrap_or("").char_indices().rev() {
        used += columns(c);
        if used > room {
            break;
        }
        from = at;
    }
    from
}

/// Columns that a character takes at most. Only the room for a view is measured so, not the place of an underline.
fn columns(c: char) -> usize {
    match c {
        '\t' => TAB,
        c if c < '\u{1100}' => 1,
        _ => 2,
    }
}

fn cut_sign(options: &Options<'_>) -> &'static str {
    if options.unicode { "…" } else { "..." }
}

/// What the library is asked to draw: one line, ended by a newline.
#[derive(Debug)]
struct Drawing {
    text: String,
    number: usize,
    labels: Vec<LabeledSpan>,
}

impl std::fmt::Display for Drawing {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Drawing {}

impl Diagnostic for Drawing {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

impl SourceCode for Drawing {
    fn read_span<'a>(
        &'a self,
        _: &SourceSpan,
        _: usize,
        _: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let whole = SourceSpan::new(0.into(), self.text.len());
        let line = self.number.saturating_sub(1);
        Ok(Box::new(MietteSpanContents::new(self.text.as_bytes(), whole, line, 0, 1)))
    }
}

/// The drawn line and its labels (the primary one has a colour), without the library's own headline and frame.
fn draw(drawing: &Drawing, inks: &[Option<Ink>], options: &Options<'_>) -> Vec<String> {
    if drawing.labels.is_empty() {
        let bar = if options.unicode { '│' } else { '|' };
        let (dim, off) = if options.color { ("\u{1b}[2m", "\u{1b}[0m") } else { ("", "") };
        return vec![format!(" {dim}{}{off} {bar} {}", drawing.number, drawing.text).trim_end().to_owned()];
    }
    let characters = if options.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() };
    let base = if options.color { ThemeStyles::ansi() } else { ThemeStyles::none() };
    let mut styles = base.clone();
    if options.color {
        let style = |ink: &Option<Ink>| match ink {
            Some(Ink::Red) => base.error.bold(),
            Some(Ink::Yellow) => base.warning.bold(),
            Some(Ink::Cyan | Ink::Green) => base.advice.bold(),
            None => base.help,
        };
        styles.highlights = inks.iter().map(style).collect();
    }
    let theme = GraphicalTheme { characters, styles };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .without_syntax_highlighting()
        .with_context_lines(0)
        .with_wrap_lines(false)
        .with_width(usize::from(u16::MAX));
    let mut text = String::new();
    // Writing to a string can't fail, and the only source is the drawing's own.
    let _ = handler.render_report(&mut text, drawing);
    let lines: Vec<&str> = text.lines().collect();
    // First the (empty) message and the frame's head, last the frame's foot.
    let body = lines.get(2..lines.len().saturating_sub(1)).unwrap_or(&[]);
    body.iter().map(|line| line.trim_end().to_owned()).collect()
}
