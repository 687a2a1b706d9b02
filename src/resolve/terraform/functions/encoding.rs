//! `base64decode base64encode base64gunzip base64gzip textdecodebase64 textencodebase64 urldecode urlencode`.

use std::io::Read as _;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::{AsciiSet, utf8_percent_encode};

use super::call::{Answer, Call, Function, Returns, Stop, fault, fixed, string, too_long};
use super::excerpt;
use crate::source::limits::MAX_STRING_BYTES;
use crate::source::uri::ESCAPED;
use crate::value::{Unknown, UnknownKind};

pub(super) const FUNCTIONS: &[Function] = &[
    fixed("base64decode", &[string("str")], Returns::String, |call| {
        let decoded = decode(call.str(0)?)?;
        let text = String::from_utf8(decoded);
        Ok(call.string(text.map_err(|_| Stop::from("the result of decoding the provided string is not valid UTF-8"))?))
    }),
    fixed("base64encode", &[string("str")], Returns::String, |call| Ok(call.string(STANDARD.encode(call.str(0)?)))),
    fixed("base64gunzip", &[string("str")], Returns::String, gunzip),
    fixed("base64gzip", &[string("str")], Returns::String, |call| {
        call.str(0)?;
        // Compressors differ in their output; Terraform's own is Go's.
        Err(Stop::Unknown(Unknown::new(
            UnknownKind::Unsupported,
            "the compressed bytes of base64gzip are not computed",
        )))
    }),
    fixed("textdecodebase64", &[string("source"), string("encoding")], Returns::String, textdecode),
    fixed("textencodebase64", &[string("string"), string("encoding")], Returns::String, textencode),
    fixed("urldecode", &[string("str")], Returns::String, urldecode),
    fixed("urlencode", &[string("str")], Returns::String, |call| Ok(call.string(urlencode(call.str(0)?)))),
];

/// RFC 4648's standard alphabet, padded; like Go, decoding does not mind bits left over at the end.
pub(super) const STANDARD: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// Go skips line ends.
fn decode(text: &str) -> Result<Vec<u8>, Stop> {
    let plain: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    STANDARD.decode(plain).map_err(|_| Stop::from(format!("failed to decode base64 data {:?}", excerpt(text))))
}

fn gunzip(call: &Call<'_>) -> Answer {
    let compressed = decode(call.str(0)?)?;
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_STRING_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    flate2::read::MultiGzDecoder::new(compressed.as_slice())
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(|error| Stop::from(format!("failed to gunzip bytestream: {error}")))?;
    if bytes.len() > MAX_STRING_BYTES {
        return Err(too_long().into());
    }
    // Go keeps bytes that are no text; this tool's strings are text.
    let text = String::from_utf8(bytes);
    Ok(call.string(text.map_err(|_| {
        Stop::Unknown(Unknown::new(UnknownKind::Unsupported, "base64gunzip gives bytes that are not text"))
    })?))
}

#[derive(Clone, Copy)]
enum Charset {
    Utf8,
    /// Big endian, and whether there is a byte order mark.
    Utf16(bool, bool),
    /// The largest code point of a charset that is Unicode's beginning.
    Latin(u32),
}

fn charset(call: &Call<'_>, index: usize) -> Result<Charset, Stop> {
    let name = call.str(index)?;
    Ok(match name.to_ascii_lowercase().as_str() {
        "utf-8" | "csutf8" => Charset::Utf8,
        "utf-16" | "csutf16" => Charset::Utf16(true, true),
        "utf-16be" | "csutf16be" => Charset::Utf16(true, false),
        "utf-16le" | "csutf16le" => Charset::Utf16(false, false),
        "us-ascii" | "ascii" | "iso-ir-6" | "ansi_x3.4-1968" | "ansi_x3.4-1986" | "iso_646.irv:1991" | "iso646-us"
        | "us" | "ibm367" | "cp367" | "csascii" => Charset::Latin(0x7F),
        "iso-8859-1" | "iso_8859-1:1987" | "iso_8859-1" | "latin1" | "l1" | "ibm819" | "cp819" | "iso-ir-100"
        | "csisolatin1" => Charset::Latin(0xFF),
        lower if is_other_charset(lower) => {
            return Err(Stop::Unknown(Unknown::new(UnknownKind::Unsupported, format!("{name} is not converted"))));
        }
        _ => {
            let message = "is not a supported IANA encoding name or alias in this Terraform version";
            return Err(fault(index, format!("{name:?} {message}")));
        }
    })
}

/// Charsets that Terraform knows and this does not convert.
fn is_other_charset(name: &str) -> bool {
    const PREFIXES: &[&str] =
        &["windows-", "iso-8859-", "iso_8859-", "ibm", "cp", "koi8-", "gb", "big5", "euc-", "shift", "mac", "latin"];
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || matches!(name, "iso-2022-jp" | "hz-gb-2312" | "sjis" | "ms_kanji" | "ks_c_5601-1987" | "tis-620")
}

fn textencode(call: &Call<'_>) -> Answer {
    let (text, charset) = (call.str(0)?, charset(call, 1)?);
    let bytes: Vec<u8> = match charset {
        Charset::Utf8 => text.as_bytes().to_vec(),
        Charset::Utf16(big, mark) => {
            let units = mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
            units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
        }
        Charset::Latin(most) => text
            .chars()
            .map(|c| u8::try_from(u32::from(c)).ok().filter(|_| u32::from(c) <= most))
            .collect::<Option<_>>()
            .ok_or_else(|| {
                fault(0, "the given string contains characters that cannot be represented in this encoding")
            })?,
    };
    Ok(call.string(STANDARD.encode(bytes)))
}

fn textdecode(call: &Call<'_>) -> Answer {
    let (source, charset) = (call.str(0)?, charset(call, 1)?);
    let wrong = || fault(0, "the given string contains symbols that are not defined for this encoding");
    let bytes = decode(source).map_err(|_| fault(0, "the given value is not valid base64"))?;
    let text = match charset {
        Charset::Utf8 => String::from_utf8(bytes).map_err(|_| wrong())?,
        Charset::Utf16(big, mark) => {
            let (big, body) = match (mark, bytes.as_slice()) {
                (true, [0xFE, 0xFF, body @ ..]) => (true, body),
                (true, [0xFF, 0xFE, body @ ..]) => (false, body),
                (_, body) => (big, body),
            };
            let units = body.chunks(2).map(|pair| match pair {
                [a, b] => Ok(if big { u16::from_be_bytes([*a, *b]) } else { u16::from_le_bytes([*a, *b]) }),
                _ => Err(wrong()),
            });
            String::from_utf16(&units.collect::<Result<Vec<u16>, Stop>>()?).map_err(|_| wrong())?
        }
        Charset::Latin(most) => bytes
            .iter()
            .map(|&byte| Some(char::from(byte)).filter(|_| u32::from(byte) <= most))
            .collect::<Option<_>>()
            .ok_or_else(wrong)?,
    };
    if text.contains('\u{FFFD}') {
        return Err(wrong());
    }
    Ok(call.string(text))
}

/// Go's `url.QueryEscape`.
fn urlencode(text: &str) -> String {
    const QUERY: &AsciiSet = &ESCAPED.remove(b' ');
    utf8_percent_encode(text, QUERY).to_string().replace(' ', "+")
}

fn urldecode(call: &Call<'_>) -> Answer {
    let text = call.str(0)?;
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        bytes.push(match first {
            b'+' => b' ',
            b'%' => {
                let digit = |at: usize| rest.get(at).and_then(|&b| char::from(b).to_digit(16));
                let (Some(high), Some(low)) = (digit(0), digit(1)) else {
                    return Err(format!("failed to decode URL {:?}: invalid URL escape", excerpt(text)).into());
                };
                rest = &rest[2..];
                u8::try_from(high * 16 + low).unwrap_or(b'?')
            }
            byte => byte,
        });
    }
    Ok(call.string(String::from_utf8_lossy(&bytes)))
}
