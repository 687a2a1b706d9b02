//! Addresses of resources.

/// An instance's address without its keys: `module.m["a.b"].aws_kms_key.k[0]` is `module.m.aws_kms_key.k`.
pub fn without_keys(address: &str) -> String {
    let mut bare = String::with_capacity(address.len());
    let mut rest = address;
    while let Some(open) = rest.find('[') {
        bare.push_str(&rest[..open]);
        rest = &rest[open + 1..];
        let quoted = rest.strip_prefix('"').and_then(|text| text.find("\"]").map(|end| end + 3));
        match quoted.or_else(|| rest.find(']').map(|end| end + 1)) {
            Some(end) => rest = &rest[end..],
            None => return bare,
        }
    }
    bare.push_str(rest);
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_taken_off_an_address() {
        for (address, bare) in [
            ("aws_kms_key.k", "aws_kms_key.k"),
            ("aws_kms_key.k[0]", "aws_kms_key.k"),
            (r#"module.m["a.b[c]"].aws_kms_key.k[0]"#, "module.m.aws_kms_key.k"),
        ] {
            assert_eq!(without_keys(address), bare);
        }
    }
}
