//! Where a piece of an earlier text stands in a later one.

use std::collections::BTreeMap;

use super::{Analysis, Buffers};
use crate::source::{Sources, Span};

/// The part of two texts that differs: what lies before it and behind it is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Difference {
    /// Bytes that both texts start with.
    before: usize,
    /// Bytes that both texts end with.
    behind: usize,
    old: usize,
    new: usize,
}

impl Difference {
    fn of(old: &str, new: &str) -> Self {
        let (a, b) = (old.as_bytes(), new.as_bytes());
        let mut before = a.iter().zip(b).take_while(|(a, b)| a == b).count();
        while !old.is_char_boundary(before) || !new.is_char_boundary(before) {
            before -= 1;
        }
        let (rest, other) = (&a[before..], &b[before..]);
        let mut behind = rest.iter().rev().zip(other.iter().rev()).take_while(|(a, b)| a == b).count();
        while !old.is_char_boundary(a.len() - behind) || !new.is_char_boundary(b.len() - behind) {
            behind -= 1;
        }
        Difference { before, behind, old: a.len(), new: b.len() }
    }

    /// Where a range of the old text stands in the new one; `None` where it was touched.
    fn carry(self, start: usize, end: usize) -> Option<(usize, usize)> {
        if end <= self.before {
            return Some((start, end));
        }
        let moved = |at: usize| at + self.new - self.old;
        (start >= self.old - self.behind).then(|| (moved(start), moved(end)))
    }
}

/// Carries spans of an earlier analysis over to the texts of a later one.
pub(super) struct Carrier<'a> {
    old: &'a Sources,
    /// The later text of each source, with what differs.
    texts: BTreeMap<u32, (Span, Difference)>,
}

impl<'a> Carrier<'a> {
    /// From `old` to the buffers as `new` has read them.
    pub(super) fn new(old: &'a Analysis, new: &Analysis, buffers: &Buffers) -> Self {
        let old = old.files.sources();
        let later = new.files.sources().all();
        let mut texts = BTreeMap::new();
        for source in old.all() {
            if !buffers.contains_key(&**source.path()) {
                continue;
            }
            if let Some(later) = later.iter().find(|later| later.path() == source.path()) {
                texts.insert(source.id().0, (later.whole(), Difference::of(source.text(), later.text())));
            }
        }
        Carrier { old, texts }
    }

    /// The place of `span` in the later texts, and the sources that it is in; `None` where it was touched.
    pub(super) fn carry<'s>(&'s self, span: Span, new: &'s Sources) -> Option<(Span, &'s Sources)> {
        let Some((whole, difference)) = self.texts.get(&span.source.0) else { return Some((span, self.old)) };
        let (start, end) = difference.carry(span.start as usize, span.end as usize)?;
        Some((Span::new(whole.source, start, end), new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_touched_keeps_its_place() {
        let carry = |old: &str, new: &str, piece: &str| {
            let start = old.find(piece)?;
            let (start, end) = Difference::of(old, new).carry(start, start + piece.len())?;
            new.get(start..end).map(|text| (text.to_owned(), start))
        };
        for (old, new, piece, at) in [
            ("aa bb cc", "aa bXb cc", "aa", Some(0)),
            ("aa bb cc", "aa bXb cc", "bb", None),
            ("aa bb cc", "aa bXb cc", "cc", Some(7)),
            ("aa bb cc", "aa cc", "cc", Some(3)),
            ("aaé bb", "aaè bb", "bb", Some(5)),
            ("aaaa", "aaa", "aaaa", None),
            ("a", "", "a", None),
        ] {
            let found = carry(old, new, piece);
            assert_eq!(found.as_ref().map(|(_, at)| *at), at, "{old} {new} {piece}");
            assert!(found.is_none_or(|(text, _)| text == piece));
        }
    }
}
