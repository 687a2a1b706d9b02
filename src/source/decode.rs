//! Bytes to text: UTF-8 with or without BOM, UTF-16 in both byte orders.

use super::limits::MAX_PLAN_BYTES;

/// How a file's bytes were encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8 without a byte order mark.
    Utf8,
    /// UTF-8 behind the bytes EF BB BF.
    Utf8Bom,
    /// UTF-16, little endian (with or without BOM).
    Utf16Le,
    /// UTF-16, big endian (with or without BOM).
    Utf16Be,
    /// Bytes that are not UTF-8 stand among the others; each became a replacement character, and can't be written back.
    Lossy,
}

/// Decodes the file at `path`. The BOM is stripped.
///
/// Terraform reads a byte that is not UTF-8 as a replacement character, which is accepted in comments and strings alone:
/// so it is read in HCL. In YAML and JSON there is no such text.
///
/// # Errors
/// A sentence with the byte offset where the bytes stop being text.
pub fn decode(path: &str, bytes: Vec<u8>) -> Result<(String, Encoding), String> {
    if bytes.len() > MAX_PLAN_BYTES {
        return Err(format!("the file has {} bytes, more than the {MAX_PLAN_BYTES} that are read", bytes.len()));
    }
    match bytes.as_slice() {
        [0xEF, 0xBB, 0xBF, ..] => {
            let mut bytes = bytes;
            bytes.drain(..3);
            utf8(path, bytes, 3).map(|text| with(text, Encoding::Utf8Bom))
        }
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes).map(|text| (text, Encoding::Utf16Le)),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes).map(|text| (text, Encoding::Utf16Be)),
        // Without a BOM, text in UTF-16 that starts with ASCII characters has a zero in each of the first pairs. One zero
        // alone makes other text unreadable, and what UTF-16 would make of that says nothing to anybody.
        start if zeros(start, 1) => utf16(&bytes, u16::from_le_bytes).map(|text| (text, Encoding::Utf16Le)),
        start if zeros(start, 0) => utf16(&bytes, u16::from_be_bytes).map(|text| (text, Encoding::Utf16Be)),
        _ => utf8(path, bytes, 0).map(|text| with(text, Encoding::Utf8)),
    }
}

/// Whether the byte at this place is zero, and the other one is not, in each of the first two pairs.
fn zeros(bytes: &[u8], place: usize) -> bool {
    let mut pairs = bytes.chunks_exact(2).take(2).peekable();
    pairs.peek().is_some() && pairs.all(|pair| pair[place] == 0 && pair[1 - place] != 0)
}

/// A text, and whether every byte of it is kept.
type Read = (String, bool);

fn with((text, exact): Read, encoding: Encoding) -> (String, Encoding) {
    (text, if exact { encoding } else { Encoding::Lossy })
}

fn utf8(path: &str, bytes: Vec<u8>, skipped: usize) -> Result<Read, String> {
    if let Some(at) = memchr::memchr(0, &bytes) {
        return Err(format!("it is not text: NUL byte at offset {}", at + skipped));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok((text, true)),
        Err(error) if is_hcl(path) => Ok((String::from_utf8_lossy(error.as_bytes()).into_owned(), false)),
        Err(error) => {
            Err(format!("it is not UTF-8: invalid byte at offset {}", error.utf8_error().valid_up_to() + skipped))
        }
    }
}

fn is_hcl(path: &str) -> bool {
    [".tf", ".tofu", ".tfvars", ".hcl"].iter().any(|end| path.ends_with(end))
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, String> {
    let units = bytes.chunks(2).map(|pair| match pair {
        [a, b] => unit([*a, *b]),
        _ => 0xFFFD,
    });
    let text: Result<String, _> = char::decode_utf16(units).collect();
    match text {
        Ok(text) if !text.contains('\0') => Ok(text),
        Ok(_) => Err("it is not text: NUL character in UTF-16".to_owned()),
        Err(_) => Err("it is not UTF-16: unpaired surrogate".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_gives_the_same_text() {
        let le: Vec<u8> = "aé".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = "aé".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let table = [
            ("aé".as_bytes().to_vec(), Encoding::Utf8),
            ([&[0xEF, 0xBB, 0xBF], "aé".as_bytes()].concat(), Encoding::Utf8Bom),
            ([&[0xFF, 0xFE], le.as_slice()].concat(), Encoding::Utf16Le),
            ([&[0xFE, 0xFF], be.as_slice()].concat(), Encoding::Utf16Be),
            (le, Encoding::Utf16Le),
            (be, Encoding::Utf16Be),
        ];
        for (bytes, encoding) in table {
            assert_eq!(decode("a.yaml", bytes), Ok(("aé".to_owned(), encoding)));
        }
    }

    #[test]
    fn what_is_no_text_is_told_with_its_offset() {
        assert_eq!(
            decode("a.tf.json", b"ab\xFFc".to_vec()),
            Err("it is not UTF-8: invalid byte at offset 2".to_owned())
        );
        assert_eq!(decode("a.tf", b"abc\0d".to_vec()), Err("it is not text: NUL byte at offset 3".to_owned()));
        assert_eq!(decode("a", b"T\0ransform: x".to_vec()), Err("it is not text: NUL byte at offset 1".to_owned()));
        assert_eq!(decode("a", b"\0Transform".to_vec()), Err("it is not text: NUL byte at offset 0".to_owned()));
        let lossy = decode("a.tf", b"# M\xFCll\n".to_vec());
        assert_eq!(lossy, Ok(("# M\u{fffd}ll\n".to_owned(), Encoding::Lossy)), "as Terraform reads it");
        assert_eq!(decode("a", Vec::new()), Ok((String::new(), Encoding::Utf8)));
    }
}
