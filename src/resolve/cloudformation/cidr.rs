//! `Fn::Cidr`: consecutive blocks of equal size inside of a block.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The first `count` blocks inside of `block` that leave `bits` bits to each.
///
/// # Errors
/// What is wrong with the arguments.
pub(super) fn blocks(block: &str, count: &str, bits: &str) -> Result<Vec<String>, String> {
    let number = |text: &str| text.trim().parse::<u32>().map_err(|_| format!("'{text}' is no number for Fn::Cidr"));
    let (count, bits) = (number(count)?, number(bits)?);
    let malformed = || format!("'{block}' is no block of addresses");
    let (address, prefix) = block.split_once('/').ok_or_else(malformed)?;
    let address: IpAddr = address.trim().parse().map_err(|_| malformed())?;
    let prefix: u32 = prefix.trim().parse().map_err(|_| malformed())?;
    let width = if address.is_ipv4() { 32 } else { 128 };
    if prefix > width || bits == 0 || bits > width || width - bits < prefix {
        return Err(format!("a block of {bits} bits does not fit into {block}"));
    }
    let room = width - bits - prefix;
    if !(1..=256).contains(&count) || (room < 9 && u64::from(count) > 1 << room) {
        return Err(format!("Fn::Cidr can't make {count} blocks of {bits} bits in {block}"));
    }
    let start = match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    };
    let host_bits = width - prefix;
    let start = if host_bits >= 128 { 0 } else { start >> host_bits << host_bits };
    let step = 1_u128.checked_shl(bits).unwrap_or(0);
    let made = (0..count).map(|at| {
        let address = start.wrapping_add(u128::from(at).wrapping_mul(step));
        let address = match u32::try_from(address) {
            Ok(small) if width == 32 => IpAddr::V4(Ipv4Addr::from(small)),
            _ => IpAddr::V6(Ipv6Addr::from(address)),
        };
        format!("{address}/{}", width - bits)
    });
    Ok(made.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consecutive_blocks() {
        let table: [(&str, &str, &str, &[&str]); 5] = [
            ("10.0.0.0/16", "3", "8", &["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"]),
            ("192.168.0.0/24", "3", "5", &["192.168.0.0/27", "192.168.0.32/27", "192.168.0.64/27"]),
            ("10.1.2.3/16", "1", "8", &["10.1.0.0/24"]),
            ("2001:db8::/56", "2", "64", &["2001:db8::/64", "2001:db8:0:1::/64"]),
            ("::/0", "2", "127", &["::/1", "8000::/1"]),
        ];
        for (block, count, bits, expected) in table {
            let made = blocks(block, count, bits).unwrap_or_default();
            assert_eq!(made, expected, "{block}");
        }
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        for (block, count, bits) in [
            ("10.0.0.0/24", "2", "8"),
            ("10.0.0.0/24", "1", "9"),
            ("x/24", "1", "8"),
            ("10.0.0.0", "1", "8"),
            ("::/0", "0", "8"),
        ] {
            assert!(blocks(block, count, bits).is_err(), "{block} {count} {bits}");
        }
    }
}
