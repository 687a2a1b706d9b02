//! The hash of a line by which GitHub's code scanning knows an alert again.
//!
//! GitHub's upload action computes it for every result and warns, a line a result, where a file says something else
//! under the same name. So this is their function: a polynomial hash (base 37, modulo 2^64) of the 100 characters, in
//! UTF-16 code units, that follow the line's start, blanks and tabs left out and every line end taken for `\n`. The
//! text's end counts as 65535 and then zeros. Equal hashes are numbered in the order of the lines.

use std::collections::BTreeMap;

use crate::source::{Encoding, Source};

const BLOCK: usize = 100;
const BASE: u64 = 37;

/// The hashes of these lines (from 0, ascending) of a source, as `<hash>:<number>`.
pub(super) fn line_hashes(source: &Source, lines: &[usize]) -> BTreeMap<usize, String> {
    let (units, starts) = units(source);
    let mut numbers: BTreeMap<u64, u32> = BTreeMap::new();
    let mut hashes = BTreeMap::new();
    let mut rolling = Rolling::new(&units);
    for (line, &start) in starts.iter().enumerate() {
        let hash = rolling.at(start);
        let number = numbers.entry(hash).or_default();
        *number += 1;
        if lines.binary_search(&line).is_ok() {
            hashes.insert(line, format!("{hash:x}:{number}"));
        }
    }
    hashes
}

/// The units that count, the text's end among them, and the unit at which each line starts.
fn units(source: &Source) -> (Vec<u16>, Vec<usize>) {
    let mut units = Vec::with_capacity(source.text().len() + 1);
    let mut starts = Vec::new();
    let mut at_start = true;
    let mut push = |unit: u16, units: &mut Vec<u16>| {
        if at_start {
            starts.push(units.len());
        }
        at_start = unit == u16::from(b'\n');
        units.push(unit);
    };
    // The action reads the file with its byte order mark.
    if source.encoding() == Encoding::Utf8Bom {
        push(0xFEFF, &mut units);
    }
    let mut after_return = false;
    for unit in source.text().encode_utf16() {
        match u8::try_from(unit) {
            Ok(b' ' | b'\t') => after_return = false,
            Ok(b'\n') if after_return => after_return = false,
            Ok(b'\r') => {
                after_return = true;
                push(u16::from(b'\n'), &mut units);
            }
            _ => {
                after_return = false;
                push(unit, &mut units);
            }
        }
    }
    push(u16::MAX, &mut units);
    (units, starts)
}

/// The hash of the block that starts at a unit, moved forward only.
struct Rolling<'a> {
    units: &'a [u16],
    start: usize,
    hash: u64,
    /// What the first unit of a block weighs once the block has moved on.
    leaves: u64,
}

impl<'a> Rolling<'a> {
    fn new(units: &'a [u16]) -> Self {
        let mut rolling = Rolling { units, start: 0, hash: 0, leaves: 1 };
        for at in 0..BLOCK {
            rolling.leaves = rolling.leaves.wrapping_mul(BASE);
            rolling.hash = rolling.hash.wrapping_mul(BASE).wrapping_add(rolling.unit(at));
        }
        rolling
    }

    fn at(&mut self, start: usize) -> u64 {
        while self.start < start {
            let (out, new) = (self.unit(self.start), self.unit(self.start + BLOCK));
            self.hash = self.hash.wrapping_mul(BASE).wrapping_add(new).wrapping_sub(self.leaves.wrapping_mul(out));
            self.start += 1;
        }
        self.hash
    }

    fn unit(&self, at: usize) -> u64 {
        self.units.get(at).copied().map_or(0, u64::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    #[test]
    fn hashes_are_those_that_the_definition_gives() {
        let direct = |units: &[u16]| {
            (0..BLOCK).fold(0_u64, |hash, at| {
                hash.wrapping_mul(BASE).wrapping_add(units.get(at).copied().map_or(0, u64::from))
            })
        };
        let source = Sources::new().add_text("t", "a b\r\nc\n\n".to_owned(), Encoding::Utf8);
        let hashes = line_hashes(&source, &[0, 1, 2, 3]);
        let [a, b, c, nl, end] = [97, 98, 99, 10, u16::MAX];
        let rows: [&[u16]; 4] = [&[a, b, nl, c, nl, nl, end], &[c, nl, nl, end], &[nl, end], &[end]];
        for (line, units) in rows.into_iter().enumerate() {
            assert_eq!(hashes[&line], format!("{:x}:1", direct(units)), "line {line}");
        }
    }

    #[test]
    fn equal_lines_are_numbered() {
        let block = "x".repeat(120);
        let source = Sources::new().add_text("t", format!("{block}\n{block}\n"), Encoding::Utf8);
        let hashes = line_hashes(&source, &[0, 1]);
        assert_eq!(hashes[&0].strip_suffix(":1"), hashes[&1].strip_suffix(":2"));
    }
}
