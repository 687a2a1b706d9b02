//! Choosing among fixes and applying their edits: no two of them touch the same bytes.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Edit, Finding, Fix, Safety};
use crate::source::files::parent;
use crate::source::{SourceId, Sources};

/// Two edits touch the same bytes, or one does not fit the text; nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// The edit that was met first, in the order of the text.
    pub first: Edit,
    /// The one that does not go with it; the same edit where it does not fit the text.
    pub second: Edit,
}

impl std::fmt::Display for Overlap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (a, b) = (self.first.span, self.second.span);
        if self.first == self.second {
            return write!(f, "the edit of bytes {}..{} does not fit the text", a.start, a.end);
        }
        write!(f, "the edits of bytes {}..{} and {}..{} overlap", a.start, a.end, b.start, b.end)
    }
}

/// The text with all edits made. They may come in any order; their sources are not looked at.
///
/// # Errors
/// Two edits touch the same bytes or insert at the same place, or one lies outside of the text or inside of a character.
pub fn apply(text: &str, edits: &[Edit]) -> Result<String, Overlap> {
    let mut ordered: Vec<&Edit> = edits.iter().collect();
    ordered.sort_by_key(|edit| (edit.span.start, edit.span.end));
    if let Some(pair) = ordered.windows(2).find(|pair| clash(pair[0], pair[1])) {
        return Err(Overlap { first: pair[0].clone(), second: pair[1].clone() });
    }
    let mut out = String::with_capacity(text.len() + 256);
    let mut at = 0;
    for edit in ordered {
        let (start, end) = (edit.span.start as usize, edit.span.end as usize);
        let misfit = || Overlap { first: edit.clone(), second: edit.clone() };
        out.push_str(text.get(at..start).ok_or_else(misfit)?);
        text.get(start..end).ok_or_else(misfit)?;
        out.push_str(&edit.text);
        at = end;
    }
    out.push_str(text.get(at..).unwrap_or(""));
    Ok(out)
}

/// Whether two edits can't both be made: they share bytes, or insert at the same place, so that their order would count.
fn clash(a: &Edit, b: &Edit) -> bool {
    if a.span.source != b.span.source {
        return false;
    }
    let inserts_there = |insert: &Edit, other: &Edit| {
        insert.span.start == insert.span.end
            && other.span.start <= insert.span.start
            && insert.span.start <= other.span.end
    };
    inserts_there(a, b) || inserts_there(b, a) || (a.span.start < b.span.end && b.span.start < a.span.end)
}

/// What `--fix` makes of the findings.
#[derive(Clone, Debug, Default)]
pub struct Chosen {
    /// The edits to make, by source, in the order of the text.
    pub edits: BTreeMap<SourceId, Vec<Edit>>,
    /// The findings, by index, whose fix is among them, with that fix's title.
    pub taken: Vec<(usize, String)>,
    /// The findings, by index, whose fix does not go with an earlier one: apply, judge and choose again.
    pub refused: Vec<usize>,
    /// The directories in which something new is declared.
    declaring: BTreeSet<String>,
}

/// What the text of an edit that declares something holds.
const DECLARATIONS: [&str; 3] = ["resource \"", "data \"", "AWS::KMS::Key"];

/// Takes of each finding the first fix that is trusted far enough (`allowed` = `Unsafe` takes both kinds); where its edits
/// touch those of an earlier finding, the earlier one wins. Suppressed findings are left alone. An edit that an earlier
/// fix makes already, byte for byte, is made once. Of the fixes that declare something new, one is taken in a directory:
/// two of them could declare the same.
pub fn choose(findings: &[Finding], allowed: Safety, sources: &Sources) -> Chosen {
    let mut chosen = Chosen::default();
    for (index, finding) in findings.iter().enumerate() {
        if finding.suppressed.is_some() {
            continue;
        }
        let Some(fix) = finding.fixes.iter().find(|fix| fix.safety <= allowed) else { continue };
        if chosen.add(fix, sources) {
            chosen.taken.push((index, fix.title.clone()));
        } else {
            chosen.refused.push(index);
        }
    }
    for edits in chosen.edits.values_mut() {
        edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    }
    chosen
}

impl Chosen {
    fn add(&mut self, fix: &Fix, sources: &Sources) -> bool {
        let of = |edit: &Edit| self.edits.get(&edit.span.source).map_or(&[][..], Vec::as_slice);
        let fresh: Vec<&Edit> = fix.edits.iter().filter(|edit| !of(edit).contains(edit)).collect();
        if fresh.iter().any(|edit| of(edit).iter().any(|made| clash(made, edit))) {
            return false;
        }
        let declares = |edit: &&&Edit| DECLARATIONS.iter().any(|text| edit.text.contains(text));
        let directory = |edit: &&Edit| parent(sources.get(edit.span.source).path()).to_owned();
        let declaring: BTreeSet<String> = fresh.iter().filter(declares).map(directory).collect();
        if !self.declaring.is_disjoint(&declaring) {
            return false;
        }
        for edit in fresh {
            self.edits.entry(edit.span.source).or_default().push(edit.clone());
        }
        self.declaring.extend(declaring);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    fn edit(start: usize, end: usize, text: &str) -> Edit {
        Edit { span: Span::new(SourceId(0), start, end), text: text.to_owned() }
    }

    #[test]
    fn edits_are_made_in_any_order_and_keep_every_other_byte() {
        let edits = [edit(4, 5, "X"), edit(0, 1, ""), edit(6, 6, "é")];
        assert_eq!(apply("abcdefg", &edits), Ok("bcdXfég".to_owned()));
        assert_eq!(apply("", &[]), Ok(String::new()));
    }

    #[test]
    fn what_overlaps_or_does_not_fit_is_refused() {
        for (a, b) in [
            (edit(0, 3, "x"), edit(2, 4, "y")),
            (edit(1, 1, "x"), edit(1, 1, "y")),
            (edit(1, 1, "x"), edit(1, 3, "y")),
            (edit(0, 5, "x"), edit(2, 2, "y")),
        ] {
            assert!(apply("abcdefg", &[a.clone(), b.clone()]).is_err(), "{a:?} {b:?}");
            assert!(apply("abcdefg", &[b, a]).is_err());
        }
        assert!(apply("abc", &[edit(2, 9, "x")]).is_err());
        assert!(apply("é", &[edit(1, 2, "x")]).is_err());
        assert_eq!(apply("abc", &[edit(0, 1, "x"), edit(1, 2, "y")]), Ok("xyc".to_owned()), "neighbours may touch");
    }
}
