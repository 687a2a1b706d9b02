//! `cidrcontains cidrhost cidrnetmask cidrsubnet cidrsubnets`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use num_bigint::BigUint;

use super::call::{Answer, Call, Function, Returns, Stop, fault, fixed, number, string, variadic};
use crate::resolve::terraform::types::Ty;

pub(super) const FUNCTIONS: &[Function] = &[
    fixed(
        "cidrcontains",
        &[string("containing_prefix"), string("contained_ip_or_prefix")],
        Returns::Bool,
        cidrcontains,
    ),
    fixed("cidrhost", &[string("prefix"), number("hostnum")], Returns::String, cidrhost),
    fixed("cidrnetmask", &[string("prefix")], Returns::String, cidrnetmask),
    fixed("cidrsubnet", &[string("prefix"), number("newbits"), number("netnum")], Returns::String, cidrsubnet),
    variadic("cidrsubnets", &[string("prefix")], number("newbits"), Returns::Strings, cidrsubnets),
];

/// An address prefix: the first address, and how many bits of it are fixed.
#[derive(Clone, Copy, Debug)]
struct Network {
    address: u128,
    length: u32,
    /// 32 or 128.
    bits: u32,
}

impl Network {
    fn parse(text: &str) -> Result<Network, String> {
        let wrong = || format!("invalid CIDR address: {text}");
        let (address, length) = text.split_once('/').ok_or_else(wrong)?;
        let (address, bits) = parse_address(address).ok_or_else(wrong)?;
        let plain = !length.is_empty() && length.len() <= 8 && length.bytes().all(|b| b.is_ascii_digit());
        let length: u32 = length.parse().ok().filter(|length| plain && *length <= bits).ok_or_else(wrong)?;
        // An IPv4 address inside IPv6 is IPv4 to Go where the prefix reaches it.
        let network = Network { address, length, bits };
        Ok(Network { address: address & network.mask(), ..network })
    }

    /// Ones where the prefix is.
    fn mask(self) -> u128 {
        !self.host_mask() & self.all()
    }

    fn host_mask(self) -> u128 {
        low_bits(self.bits - self.length)
    }

    fn all(self) -> u128 {
        low_bits(self.bits)
    }

    fn last(self) -> u128 {
        self.address | self.host_mask()
    }

    fn contains(self, address: u128) -> bool {
        address & self.mask() == self.address
    }

    fn text(self) -> String {
        format!("{}/{}", address_text(self.address, self.bits), self.length)
    }
}

fn low_bits(count: u32) -> u128 {
    1u128.checked_shl(count).map_or(u128::MAX, |bit| bit - 1)
}

fn address_text(address: u128, bits: u32) -> String {
    match u32::try_from(address) {
        Ok(address) if bits == 32 => Ipv4Addr::from(address).to_string(),
        _ => {
            let address = Ipv6Addr::from(address);
            // Go prints IPv4 addresses in IPv6 as IPv4.
            address.to_ipv4_mapped().map_or_else(|| address.to_string(), |address| address.to_string())
        }
    }
}

/// Terraform still reads leading zeros in IPv4 addresses, as decimal digits.
fn parse_address(text: &str) -> Option<(u128, u32)> {
    if !text.contains(':') {
        let parts: Vec<&str> = text.split('.').collect();
        let trimmed: Option<Vec<String>> = parts
            .iter()
            .map(|part| {
                let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
                let value: u32 = part.parse().ok().filter(|value| digits && *value <= 255)?;
                Some(value.to_string())
            })
            .collect();
        let address: Ipv4Addr = trimmed?.join(".").parse().ok()?;
        return Some((u128::from(u32::from(address)), 32));
    }
    match text.parse::<IpAddr>().ok()? {
        IpAddr::V4(address) => Some((u128::from(u32::from(address)), 32)),
        IpAddr::V6(address) => Some((u128::from(address), 128)),
    }
}

fn network(call: &Call<'_>) -> Result<Network, Stop> {
    Network::parse(call.str(0)?).map_err(|why| Stop::from(format!("invalid CIDR expression: {why}")))
}

/// A whole number argument: its sign and magnitude.
fn whole(call: &Call<'_>, index: usize) -> Result<(bool, BigUint), Stop> {
    call.num(index)?.to_integer().ok_or_else(|| fault(index, "value must be a whole number"))
}

fn cidrhost(call: &Call<'_>) -> Answer {
    let (negative, number) = whole(call, 1)?;
    let network = network(call)?;
    let most = network.host_mask();
    let refuse = || {
        let sign = if negative { "-" } else { "" };
        Stop::from(format!("prefix of {} does not accommodate a host numbered {sign}{number}", network.length))
    };
    // Negative numbers count from the end: -1 is the last address.
    let number = u128::try_from(&number).map_err(|_| refuse())?;
    let host = if negative { number.checked_sub(1).map(|number| (number, true)) } else { Some((number, false)) };
    match host {
        Some((number, _)) if number > most => Err(refuse()),
        Some((number, true)) => Ok(call.string(address_text(network.address | (most - number), network.bits))),
        Some((number, false)) => Ok(call.string(address_text(network.address | number, network.bits))),
        None => Ok(call.string(address_text(network.address, network.bits))),
    }
}

fn cidrnetmask(call: &Call<'_>) -> Answer {
    let network = network(call)?;
    if network.bits != 32 {
        return Err(format!("IPv6 addresses cannot have a netmask: {}", call.str(0)?).into());
    }
    Ok(call.string(address_text(network.mask(), 32)))
}

fn cidrsubnet(call: &Call<'_>) -> Answer {
    let bits = call.int(1)?;
    let (negative, number) = whole(call, 2)?;
    let network = network(call)?;
    let longer = i64::from(network.length).saturating_add(bits);
    if longer > i64::from(network.bits) {
        let length = network.length;
        return Err(format!("insufficient address space to extend prefix of {length} by {bits}").into());
    }
    // A negative number of bits shortens the prefix, and then no subnet number is too large.
    let length = u32::try_from(longer).map_err(|_| fault(1, "the prefix would be shorter than nothing"))?;
    let most = u32::try_from(bits).map_or(u128::MAX, low_bits);
    let number = u128::try_from(&number).ok().filter(|number| *number <= most).ok_or_else(|| {
        let sign = if negative { "-" } else { "" };
        Stop::from(format!("prefix extension of {bits} does not accommodate a subnet numbered {sign}{number}"))
    })?;
    // A prefix of 128 bits leaves nothing to shift; there the number is the whole of what is added.
    let shifted = number.checked_shl(network.bits - length).unwrap_or(0);
    let address = if negative && network.bits == 32 {
        below_zero(shifted, network)
    } else {
        (network.address | shifted) & network.all()
    };
    Ok(call.string(Network { address, length, ..network }.text()))
}

/// What Go's big integers make of a negative subnet number: the magnitude of `-shifted | address`.
fn below_zero(shifted: u128, network: Network) -> u128 {
    let signed = |value: u128| i128::try_from(value).unwrap_or(i128::MAX);
    (-signed(shifted) | signed(network.address)).unsigned_abs() & network.all()
}

/// Consecutive subnets, each aligned to its own length behind the one before.
fn cidrsubnets(call: &Call<'_>) -> Answer {
    let network = network(call)?;
    // go-cidr starts from the subnet before, and takes the step to address zero for an overflow.
    let mut next: Option<u128> = Some(network.address).filter(|&address| address > 0);
    let mut before = network.text();
    let mut subnets = Vec::new();
    for index in 1..call.args.len() {
        let bits = call.int(index)?;
        if bits < 1 {
            return Err(fault(index, "must extend prefix by at least one bit"));
        }
        if bits > 32 {
            return Err(fault(index, "may not extend prefix by more than 32 bits"));
        }
        let length = network.length.saturating_add(u32::try_from(bits).unwrap_or(u32::MAX));
        if length > network.bits {
            let protocol = if network.bits == 32 { "IPv4" } else { "IPv6" };
            let message = format!("would extend prefix to {length} bits, which is too long for an {protocol} address");
            return Err(fault(index, message));
        }
        let subnet = Network { length, ..network };
        let size = subnet.host_mask();
        let start = next.and_then(|next| next.checked_add(size)).map(|end| end & !size);
        let subnet = start.filter(|&start| start <= network.last() && network.contains(start));
        let Some(address) = subnet else {
            let message = "not enough remaining address space for a subnet with a prefix of";
            return Err(fault(index, format!("{message} {length} bits after {before}")));
        };
        let subnet = Network { address, length, bits: network.bits };
        before = subnet.text();
        subnets.push(call.string(&before));
        next = subnet.last().checked_add(1);
    }
    Ok(call.list(subnets, Ty::String))
}

/// OpenTofu's.
fn cidrcontains(call: &Call<'_>) -> Answer {
    let outer = Network::parse(call.str(0)?)?;
    let text = call.str(1)?;
    let (first, last, bits) = match parse_address(text) {
        Some((address, bits)) => (address, address, bits),
        None => {
            let inner = Network::parse(text).map_err(|_| format!("invalid IP address or prefix: {text}"))?;
            (inner.address, inner.last(), inner.bits)
        }
    };
    if bits != outer.bits {
        return Err(format!("address family mismatch: {} vs. {text}", call.str(0)?).into());
    }
    Ok(call.bool(outer.contains(first) && outer.contains(last)))
}
