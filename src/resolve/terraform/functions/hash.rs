//! `base64sha256 base64sha512 bcrypt md5 rsadecrypt sha1 sha256 sha512 uuid uuidv5` and their `file...` forms.

use base64::Engine as _;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::call::{Answer, Call, Function, Returns, Stop, fixed, number, string, variadic};
use super::encoding::STANDARD;
use super::filesystem::file_bytes;
use crate::value::{Unknown, UnknownKind};

pub(super) const FUNCTIONS: &[Function] = &[
    fixed("base64sha256", &[string("str")], Returns::String, |call| text::<Sha256>(call, base64)),
    fixed("base64sha512", &[string("str")], Returns::String, |call| text::<Sha512>(call, base64)),
    variadic("bcrypt", &[string("str")], number("cost"), Returns::String, |call| {
        if call.args.len() > 2 {
            return Err("bcrypt() takes no more than two arguments".into());
        }
        Err(impure("bcrypt"))
    }),
    fixed("filebase64sha256", &[string("path")], Returns::String, |call| file::<Sha256>(call, base64)),
    fixed("filebase64sha512", &[string("path")], Returns::String, |call| file::<Sha512>(call, base64)),
    fixed("filemd5", &[string("path")], Returns::String, |call| file::<Md5>(call, hex)),
    fixed("filesha1", &[string("path")], Returns::String, |call| file::<Sha1>(call, hex)),
    fixed("filesha256", &[string("path")], Returns::String, |call| file::<Sha256>(call, hex)),
    fixed("filesha512", &[string("path")], Returns::String, |call| file::<Sha512>(call, hex)),
    fixed("md5", &[string("str")], Returns::String, |call| text::<Md5>(call, hex)),
    fixed("rsadecrypt", &[string("ciphertext"), string("privatekey")], Returns::String, |call| {
        call.str(0)?;
        call.str(1)?;
        Err(Stop::Unknown(Unknown::new(UnknownKind::Unsupported, "rsadecrypt is not evaluated")))
    }),
    fixed("sha1", &[string("str")], Returns::String, |call| text::<Sha1>(call, hex)),
    fixed("sha256", &[string("str")], Returns::String, |call| text::<Sha256>(call, hex)),
    fixed("sha512", &[string("str")], Returns::String, |call| text::<Sha512>(call, hex)),
    fixed("uuid", &[], Returns::String, |_| Err(impure("uuid"))),
    fixed("uuidv5", &[string("namespace"), string("name")], Returns::String, uuidv5),
];

/// The result differs from run to run.
pub(super) fn impure(name: &str) -> Stop {
    Stop::Unknown(Unknown::new(UnknownKind::Impure, format!("{name}() gives another result in each run")))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

fn text<D: Digest>(call: &Call<'_>, encode: fn(&[u8]) -> String) -> Answer {
    Ok(call.string(encode(&D::digest(call.str(0)?.as_bytes()))))
}

fn file<D: Digest>(call: &Call<'_>, encode: fn(&[u8]) -> String) -> Answer {
    Ok(call.string(encode(&D::digest(file_bytes(call, 0)?))))
}

/// RFC 4122, version 5: SHA-1 of the namespace and the name.
fn uuidv5(call: &Call<'_>) -> Answer {
    let (space, name) = (call.str(0)?, call.str(1)?);
    let known = |last: &str| format!("6ba7b81{last}-9dad-11d1-80b4-00c04fd430c8");
    let id = match space {
        "dns" => known("0"),
        "url" => known("1"),
        "oid" => known("2"),
        "x500" => known("4"),
        other => other.to_owned(),
    };
    let namespace = parse_uuid(&id).ok_or_else(|| format!("uuidv5() doesn't support namespace {space}"))?;
    let digest = Sha1::new().chain_update(namespace).chain_update(name.as_bytes()).finalize();
    let mut bytes: [u8; 16] = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = (bytes[6] & 0x0F) | 0x50;
    bytes[8] = (bytes[8] & 0x3F) | 0x80;
    let text = hex(&bytes);
    Ok(call.string([&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")))
}

/// The forms that Go's `google/uuid` reads: plain, `urn:uuid:`, in braces, and 32 digits.
fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let plain = match text.len() {
        45 if text.get(..9)?.eq_ignore_ascii_case("urn:uuid:") => text.get(9..)?,
        38 => text.get(1..37)?,
        36 | 32 => text,
        _ => return None,
    };
    let digits: String = if plain.len() == 36 {
        let bytes = plain.as_bytes();
        if [8, 13, 18, 23].iter().any(|&at| bytes[at] != b'-') {
            return None;
        }
        plain.replace('-', "")
    } else {
        plain.to_owned()
    };
    if digits.len() != 32 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(&digits, 16).ok().map(u128::to_be_bytes)
}
