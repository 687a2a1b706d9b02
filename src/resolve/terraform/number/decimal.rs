//! Decimals: how a number is printed.

use num_bigint::BigUint;

/// `0.digits * 10^point`, without trailing zeros.
#[derive(Clone, Debug, Default)]
pub(super) struct Decimal {
    pub(super) digits: Vec<u8>,
    pub(super) point: i64,
}

impl Decimal {
    /// `mantissa * 2^exponent`, exactly.
    pub(super) fn exact(mantissa: &BigUint, exponent: i64) -> Decimal {
        let (scaled, shift) = if exponent >= 0 {
            (mantissa << exponent.unsigned_abs(), 0)
        } else {
            let places = u32::try_from(exponent.unsigned_abs()).unwrap_or(u32::MAX);
            (mantissa * BigUint::from(5u32).pow(places), exponent)
        };
        let mut digits = scaled.to_string().into_bytes();
        let point = i64::try_from(digits.len()).unwrap_or(i64::MAX).saturating_add(shift);
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        Decimal { digits, point }
    }

    fn at(&self, i: usize) -> u8 {
        self.digits.get(i).copied().unwrap_or(b'0')
    }

    fn cut(&mut self, n: usize, up: bool) {
        self.digits.truncate(n);
        if up {
            while self.digits.last() == Some(&b'9') {
                self.digits.pop();
            }
            match self.digits.last_mut() {
                Some(last) => *last += 1,
                None => {
                    self.digits.push(b'1');
                    self.point += 1;
                }
            }
        }
        while self.digits.last() == Some(&b'0') {
            self.digits.pop();
        }
    }

    /// Rounds to `n` digits, half to even; more digits than there are change nothing.
    pub(super) fn round(&mut self, n: i64) {
        let Some(n) = usize::try_from(n).ok().filter(|&n| n < self.digits.len()) else { return };
        let half = self.digits[n] == b'5' && n + 1 == self.digits.len();
        let up = if half { n > 0 && (self.digits[n - 1] - b'0') % 2 == 1 } else { self.digits[n] >= b'5' };
        self.cut(n, up);
    }

    /// The digit at a place counted from the first digit; places before it are zero.
    fn digit(&self, place: i64) -> char {
        usize::try_from(place).map_or('0', |place| char::from(self.at(place)))
    }

    /// Without an exponent.
    pub(super) fn plain(&self, places: usize) -> String {
        let mut text = String::new();
        if self.point <= 0 {
            text.push('0');
        } else {
            text.extend((0..self.point).map(|place| self.digit(place)));
        }
        if places > 0 {
            text.push('.');
            let places = i64::try_from(places).unwrap_or(i64::MAX);
            text.extend((0..places).map(|place| self.digit(self.point.saturating_add(place))));
        }
        text
    }

    /// With an exponent of at least two digits.
    pub(super) fn scientific(&self, places: usize) -> String {
        let mut text = String::new();
        text.push(self.digit(0));
        if places > 0 {
            text.push('.');
            text.extend((0..places).map(|place| char::from(self.at(place + 1))));
        }
        let exponent = if self.digits.is_empty() { 0 } else { self.point.saturating_sub(1) };
        let sign = if exponent < 0 { '-' } else { '+' };
        text.push_str(&format!("e{sign}{:02}", exponent.unsigned_abs()));
        text
    }

    /// With an exponent where it is below -4 or not below `threshold`.
    pub(super) fn general(&self, digits: usize, threshold: usize) -> String {
        let exponent = self.point.saturating_sub(1);
        let length = self.digits.len();
        if exponent < -4 || exponent >= i64::try_from(threshold).unwrap_or(i64::MAX) {
            return self.scientific(digits.min(length).saturating_sub(1));
        }
        let digits = i64::try_from(digits).unwrap_or(i64::MAX);
        let digits = if digits > self.point { i64::try_from(length).unwrap_or(i64::MAX) } else { digits };
        self.plain(usize::try_from(digits.saturating_sub(self.point)).unwrap_or(0))
    }
}

/// The shortest decimal between the neighbours of `mantissa * 2^exponent` at a precision: digits are taken from the
/// exact decimal until cutting it there stays within half a unit in the last place (the bounds themselves count where
/// the mantissa is even, since halves round to even).
pub(super) fn shortest(mantissa: &BigUint, exponent: i64, precision: u32) -> Decimal {
    let mut decimal = Decimal::exact(mantissa, exponent);
    let shift = (u64::from(precision) + 1).saturating_sub(mantissa.bits());
    let (wide, exponent) = (mantissa << shift, exponent.saturating_sub_unsigned(shift));
    let lower = Decimal::exact(&(&wide - 1u32), exponent);
    let upper = Decimal::exact(&(&wide + 1u32), exponent);
    let inclusive = !wide.bit(1);
    for i in 0..decimal.digits.len() {
        let (l, m, u) = (lower.at(i), decimal.at(i), upper.at(i));
        let down = l != m || (inclusive && i + 1 == lower.digits.len());
        let up = m != u && (inclusive || m + 1 < u || i + 1 < upper.digits.len());
        match (down, up) {
            (true, true) => decimal.round(i64::try_from(i + 1).unwrap_or(i64::MAX)),
            (true, false) => decimal.cut(i + 1, false),
            (false, true) => decimal.cut(i + 1, true),
            (false, false) => continue,
        }
        break;
    }
    decimal
}
