//! Terraform's numbers: binary floating point with a precision of its own for each number, as Go's `big.Float` has it.
//!
//! A literal or a converted string has 512 bits, an integer that a function makes 64, a float that a function makes 53.
//! A sum, difference or quotient has the larger precision of its operands, and a number prints as the shortest decimal
//! that reads back to it at its precision. That is why `1/3` prints more than 150 digits, `pow(2, 200)` ends in zeros, and
//! `length(a) / length(b)` prints 20 digits (go-cty `value_ops.go`, `primitive_type.go`).

mod decimal;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use num_bigint::BigUint;

use self::decimal::{Decimal, shortest};

/// The precision of literals and of strings that are converted, in bits.
const LITERAL: u32 = 512;
/// Larger exponents overflow to infinity (or underflow to zero): it bounds the text that a number prints to.
const MAX_EXPONENT: i64 = 100_000;
/// Largest decimal exponent that is read.
const MAX_DECIMAL_EXPONENT: i64 = 20_000;

/// A number.
#[derive(Clone, Debug)]
pub struct Num {
    negative: bool,
    /// Bits of the significand that operations keep.
    precision: u32,
    magnitude: Magnitude,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Magnitude {
    Zero,
    /// `mantissa * 2^exponent`; the mantissa is odd.
    Finite(BigUint, i64),
    Infinite,
}

/// An operation has no number as its result (`0 / 0`): what Terraform says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotANumber(pub &'static str);

impl Num {
    /// Reads a number literal, or a string that is converted to a number: decimal, with an optional sign, fraction and
    /// exponent. `None`: Terraform says "a number is required".
    pub fn parse(text: &str) -> Option<Num> {
        let (negative, rest) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        if rest == "Inf" || rest == "inf" {
            return Some(Num { negative, precision: LITERAL, magnitude: Magnitude::Infinite });
        }
        let (digits, base, exponent) = match rest.find(['e', 'E', 'p', 'P']) {
            Some(at) => (&rest[..at], rest.as_bytes()[at], signed_digits(&rest[at + 1..])?),
            None => (rest, b'e', 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if (whole.is_empty() && fraction.is_empty())
            || !(whole.bytes().chain(fraction.bytes())).all(|b| b.is_ascii_digit())
        {
            return None;
        }
        let mantissa = BigUint::parse_bytes(format!("{whole}{fraction}").as_bytes(), 10)?;
        let places = i64::try_from(fraction.len()).ok()?;
        // `p` scales by a power of two, as Go reads it.
        let (five, two) = if base.eq_ignore_ascii_case(&b'e') {
            (exponent.checked_sub(places)?, exponent.checked_sub(places)?)
        } else {
            (-places, exponent.checked_sub(places)?)
        };
        if five.abs() > MAX_DECIMAL_EXPONENT || two.abs() > MAX_EXPONENT {
            return None;
        }
        let number = Num::rounded(negative, mantissa, two, LITERAL);
        let power = Num::power_of_five(five.unsigned_abs(), LITERAL + 64);
        Some(match five.cmp(&0) {
            Ordering::Equal => number,
            Ordering::Greater => number.times(&power, LITERAL),
            Ordering::Less => number.over(&power, LITERAL),
        })
    }

    /// An integer, as functions that count give it.
    pub fn from_i64(value: i64) -> Num {
        Num::rounded(value < 0, BigUint::from(value.unsigned_abs()), 0, 64)
    }

    /// A length or an index.
    pub fn from_usize(value: usize) -> Num {
        Num::rounded(false, BigUint::from(value), 0, 64)
    }

    /// An integer of any size, exactly.
    pub fn from_integer(negative: bool, magnitude: BigUint) -> Num {
        let precision = u32::try_from(magnitude.bits()).unwrap_or(u32::MAX).max(64);
        Num::rounded(negative, magnitude, 0, precision)
    }

    /// A float, as `log` and `pow` give it; `None` for what is not a number.
    pub fn from_f64(value: f64) -> Option<Num> {
        if value.is_nan() {
            return None;
        }
        if value.is_infinite() {
            return Some(Num { negative: value < 0.0, precision: 53, magnitude: Magnitude::Infinite });
        }
        let bits = value.to_bits();
        let exponent = i64::try_from((bits >> 52) & 0x7FF).ok()?;
        let fraction = bits & ((1 << 52) - 1);
        let (mantissa, exponent) =
            if exponent == 0 { (fraction, -1074) } else { (fraction | 1 << 52, exponent - 1075) };
        Some(Num::rounded(value.is_sign_negative(), BigUint::from(mantissa), exponent, 53))
    }

    /// `mantissa * 2^exponent`, rounded to `precision` bits, half to even.
    fn rounded(negative: bool, mantissa: BigUint, exponent: i64, precision: u32) -> Num {
        let zero = Num { negative, precision, magnitude: Magnitude::Zero };
        let bits = mantissa.bits();
        if bits == 0 {
            return zero;
        }
        let (mut mantissa, mut exponent) = (mantissa, exponent);
        if let Some(excess) = bits.checked_sub(u64::from(precision)).filter(|&excess| excess > 0) {
            let half = mantissa.bit(excess - 1);
            let sticky = mantissa.trailing_zeros().is_some_and(|zeros| zeros < excess - 1);
            mantissa >>= excess;
            if half && (sticky || mantissa.bit(0)) {
                mantissa += 1u32;
            }
            exponent = exponent.saturating_add_unsigned(excess);
        }
        let zeros = mantissa.trailing_zeros().unwrap_or(0);
        mantissa >>= zeros;
        exponent = exponent.saturating_add_unsigned(zeros);
        let top = exponent.saturating_add_unsigned(mantissa.bits());
        if top > MAX_EXPONENT {
            return Num { negative, precision, magnitude: Magnitude::Infinite };
        }
        if top < -MAX_EXPONENT {
            return zero;
        }
        Num { negative, precision, magnitude: Magnitude::Finite(mantissa, exponent) }
    }

    /// `5^n` the way Go's `big.Float` computes it: exact as long as it fits, then rounded in each step.
    fn power_of_five(n: u64, precision: u32) -> Num {
        const EXACT: u64 = 27;
        let five = |n: u64, precision| Num::rounded(false, BigUint::from(5u32).pow(n.min(EXACT) as u32), 0, precision);
        let mut power = five(n, precision);
        let mut rest = n.saturating_sub(EXACT);
        let mut factor = five(1, precision + 64);
        while rest > 0 {
            if rest & 1 == 1 {
                power = power.times(&factor, precision);
            }
            factor = factor.times(&factor, precision + 64);
            rest >>= 1;
        }
        power
    }

    /// The product of two finite numbers (or the first, where one is infinite) at a precision.
    fn times(&self, other: &Num, precision: u32) -> Num {
        let negative = self.negative != other.negative;
        let magnitude = match (&self.magnitude, &other.magnitude) {
            (Magnitude::Infinite, _) | (_, Magnitude::Infinite) => Magnitude::Infinite,
            (Magnitude::Zero, _) | (_, Magnitude::Zero) => Magnitude::Zero,
            (Magnitude::Finite(a, x), Magnitude::Finite(b, y)) => {
                return Num::rounded(negative, a * b, x.saturating_add(*y), precision);
            }
        };
        Num { negative, precision, magnitude }
    }

    /// The quotient at a precision; the caller has excluded `0/0` and infinity over infinity.
    fn over(&self, other: &Num, precision: u32) -> Num {
        let negative = self.negative != other.negative;
        let magnitude = match (&self.magnitude, &other.magnitude) {
            (Magnitude::Zero, _) | (_, Magnitude::Infinite) => Magnitude::Zero,
            (Magnitude::Infinite, _) | (_, Magnitude::Zero) => Magnitude::Infinite,
            (Magnitude::Finite(a, x), Magnitude::Finite(b, y)) => {
                // Two bits more than the precision, and one that tells whether anything is left, round correctly.
                let shift = (u64::from(precision) + 2 + b.bits()).saturating_sub(a.bits());
                let numerator = a << shift;
                let mut quotient = &numerator / b;
                let exact = &quotient * b == numerator;
                quotient <<= 1u32;
                if !exact {
                    quotient += 1u32;
                }
                let exponent = x.saturating_sub(*y).saturating_sub_unsigned(shift).saturating_sub(1);
                return Num::rounded(negative, quotient, exponent, precision);
            }
        };
        Num { negative, precision, magnitude }
    }

    fn with_precision(&self, precision: u32) -> Num {
        match &self.magnitude {
            Magnitude::Finite(mantissa, exponent) => {
                Num::rounded(self.negative, mantissa.clone(), *exponent, precision)
            }
            _ => Num { precision, ..self.clone() },
        }
    }

    /// `self + other`.
    ///
    /// # Errors
    /// Opposing infinities.
    pub fn add(&self, other: &Num) -> Result<Num, NotANumber> {
        let precision = self.precision.max(other.precision);
        Ok(match (&self.magnitude, &other.magnitude) {
            (Magnitude::Infinite, Magnitude::Infinite) if self.negative != other.negative => {
                return Err(NotANumber("can't compute sum of opposing infinities"));
            }
            (Magnitude::Zero, Magnitude::Zero) => {
                Num { negative: self.negative && other.negative, precision, magnitude: Magnitude::Zero }
            }
            (Magnitude::Infinite, _) | (_, Magnitude::Zero) => self.with_precision(precision),
            (_, Magnitude::Infinite) | (Magnitude::Zero, _) => other.with_precision(precision),
            (Magnitude::Finite(a, x), Magnitude::Finite(b, y)) => {
                let exponent = *x.min(y);
                let (a, b) = (a << x.abs_diff(exponent), b << y.abs_diff(exponent));
                if self.negative == other.negative {
                    Num::rounded(self.negative, a + b, exponent, precision)
                } else {
                    match a.cmp(&b) {
                        Ordering::Equal => Num { negative: false, precision, magnitude: Magnitude::Zero },
                        Ordering::Greater => Num::rounded(self.negative, a - b, exponent, precision),
                        Ordering::Less => Num::rounded(other.negative, b - a, exponent, precision),
                    }
                }
            }
        })
    }

    /// `self - other`.
    ///
    /// # Errors
    /// An infinity from itself.
    pub fn sub(&self, other: &Num) -> Result<Num, NotANumber> {
        self.add(&other.neg()).map_err(|_| NotANumber("can't subtract infinity from itself"))
    }

    /// `self * other`.
    ///
    /// # Errors
    /// Zero by infinity.
    pub fn mul(&self, other: &Num) -> Result<Num, NotANumber> {
        if let (Magnitude::Zero, Magnitude::Infinite) | (Magnitude::Infinite, Magnitude::Zero) =
            (&self.magnitude, &other.magnitude)
        {
            return Err(NotANumber("can't multiply zero by infinity"));
        }
        let product = self.times(other, LITERAL);
        let needed = match &product.magnitude {
            Magnitude::Finite(mantissa, _) => u32::try_from(mantissa.bits()).unwrap_or(LITERAL),
            _ => 0,
        };
        Ok(product.with_precision(self.precision.max(other.precision).max(needed)))
    }

    /// `self / other`; by zero it is infinite.
    ///
    /// # Errors
    /// Zero by zero, infinity by infinity.
    pub fn div(&self, other: &Num) -> Result<Num, NotANumber> {
        if let (Magnitude::Zero, Magnitude::Zero) | (Magnitude::Infinite, Magnitude::Infinite) =
            (&self.magnitude, &other.magnitude)
        {
            return Err(NotANumber("can't divide zero by zero or infinity by infinity"));
        }
        Ok(self.over(other, self.precision.max(other.precision)))
    }

    /// `self % other`: what is left of the division truncated towards zero; by zero it is `self`.
    ///
    /// # Errors
    /// Infinities.
    pub fn rem(&self, other: &Num) -> Result<Num, NotANumber> {
        if self.is_infinite() || other.is_infinite() {
            return Err(NotANumber("can't use modulo with zero and infinity"));
        }
        if other.is_zero() {
            return Ok(self.clone());
        }
        let quotient = self.div(other)?.truncated();
        let whole = Num::rounded(quotient.0, quotient.1, 0, self.precision);
        self.sub(&other.times(&whole, self.precision))
    }

    /// `-self`.
    #[must_use]
    pub fn neg(&self) -> Num {
        Num { negative: !self.negative, ..self.clone() }
    }

    /// `abs(self)`.
    #[must_use]
    pub fn abs(&self) -> Num {
        Num { negative: false, ..self.clone() }
    }

    /// The integer part: sign and magnitude; zero where it is infinite.
    fn truncated(&self) -> (bool, BigUint) {
        let whole = match &self.magnitude {
            Magnitude::Finite(mantissa, exponent) if *exponent >= 0 => mantissa << exponent.unsigned_abs(),
            Magnitude::Finite(mantissa, exponent) => mantissa >> exponent.unsigned_abs(),
            _ => BigUint::ZERO,
        };
        (self.negative, whole)
    }

    /// The nearest whole number not below (`up`) or not above.
    fn whole(&self, up: bool) -> Num {
        if self.is_infinite() || self.is_integer() {
            return self.clone();
        }
        let (negative, mut whole) = self.truncated();
        if negative != up {
            whole += 1u32;
        }
        // Go makes the result from an integer, which has no negative zero.
        let negative = negative && whole.bits() > 0;
        Num::rounded(negative, whole, 0, self.precision)
    }

    /// `ceil(self)`.
    #[must_use]
    pub fn ceil(&self) -> Num {
        self.whole(true)
    }

    /// `floor(self)`.
    #[must_use]
    pub fn floor(&self) -> Num {
        self.whole(false)
    }

    /// Whether it is whole.
    pub fn is_integer(&self) -> bool {
        match &self.magnitude {
            Magnitude::Zero => true,
            Magnitude::Finite(_, exponent) => *exponent >= 0,
            Magnitude::Infinite => false,
        }
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        self.magnitude == Magnitude::Zero
    }

    /// Whether it is below zero.
    pub fn is_negative(&self) -> bool {
        self.negative && !self.is_zero()
    }

    /// Whether it is infinite.
    pub fn is_infinite(&self) -> bool {
        self.magnitude == Magnitude::Infinite
    }

    /// The integer that it is: its sign and magnitude.
    pub fn to_integer(&self) -> Option<(bool, BigUint)> {
        self.is_integer().then(|| self.truncated())
    }

    /// The integer that it is, where it is one and fits.
    pub fn to_i64(&self) -> Option<i64> {
        let (negative, magnitude) = self.to_integer()?;
        let magnitude = i128::from(u64::try_from(magnitude).ok()?);
        i64::try_from(if negative { -magnitude } else { magnitude }).ok()
    }

    /// The integer that it is, where it is one, not negative, and fits.
    pub fn to_usize(&self) -> Option<usize> {
        usize::try_from(self.to_i64()?).ok()
    }

    /// The nearest float.
    pub fn to_f64(&self) -> f64 {
        let magnitude = match &self.with_precision(53).magnitude {
            Magnitude::Zero => 0.0,
            Magnitude::Infinite => f64::INFINITY,
            Magnitude::Finite(mantissa, exponent) => {
                let mantissa = u64::try_from(mantissa).unwrap_or(u64::MAX) as f64;
                let exponent = i32::try_from(*exponent).unwrap_or(0);
                // In two steps: the power alone may be too small for a float where the product is not.
                mantissa * 2f64.powi(exponent / 2) * 2f64.powi(exponent - exponent / 2)
            }
        };
        if self.negative { -magnitude } else { magnitude }
    }

    /// With `places` digits behind the point, as `%.3f`; halves round to even.
    pub fn fixed(&self, places: usize) -> String {
        self.formatted(|mut decimal| {
            decimal.round(decimal.point.saturating_add(i64::try_from(places).unwrap_or(i64::MAX)));
            decimal.plain(places)
        })
    }

    /// With an exponent and `places` digits behind the point, as `%.3e`.
    pub fn scientific(&self, places: usize) -> String {
        self.formatted(|mut decimal| {
            decimal.round(i64::try_from(places).unwrap_or(i64::MAX).saturating_add(1));
            decimal.scientific(places)
        })
    }

    /// With an exponent only where it is large or small, as `%g`; `digits` are significant, by default as many as it
    /// takes.
    pub fn general(&self, digits: Option<usize>) -> String {
        let precision = self.precision;
        if let (None, Magnitude::Finite(mantissa, exponent)) = (digits, &self.magnitude) {
            let decimal = shortest(mantissa, *exponent, precision);
            let sign = if self.negative { "-" } else { "" };
            let digits = decimal.digits.len();
            return format!("{sign}{}", decimal.general(digits, 6));
        }
        self.formatted(|mut decimal| {
            let digits = digits.unwrap_or(1).max(1);
            decimal.round(i64::try_from(digits).unwrap_or(i64::MAX));
            let length = decimal.digits.len();
            let whole = decimal.point <= i64::try_from(length).unwrap_or(i64::MAX);
            let threshold = if digits > length && whole { length } else { digits };
            decimal.general(digits, threshold)
        })
    }

    fn formatted(&self, format: impl FnOnce(Decimal) -> String) -> String {
        let sign = if self.negative { "-" } else { "" };
        match &self.magnitude {
            Magnitude::Infinite => self.to_string(),
            Magnitude::Zero => format!("{sign}{}", format(Decimal::default())),
            Magnitude::Finite(mantissa, exponent) => {
                format!("{sign}{}", format(Decimal::exact(mantissa, *exponent)))
            }
        }
    }

    /// Order by value.
    pub fn compare(&self, other: &Num) -> Ordering {
        let sign = |n: &Num| if n.is_zero() { 0 } else { 1 - 2 * i8::from(n.negative) };
        let by_sign = sign(self).cmp(&sign(other));
        if by_sign != Ordering::Equal || self.is_zero() {
            return by_sign;
        }
        let larger = match (&self.magnitude, &other.magnitude) {
            (Magnitude::Finite(a, x), Magnitude::Finite(b, y)) => {
                let top = |m: &BigUint, e: i64| e.saturating_add_unsigned(m.bits());
                top(a, *x).cmp(&top(b, *y)).then_with(|| {
                    let exponent = *x.min(y);
                    (a << x.abs_diff(exponent)).cmp(&(b << y.abs_diff(exponent)))
                })
            }
            (Magnitude::Infinite, Magnitude::Infinite) => Ordering::Equal,
            (Magnitude::Infinite, _) => Ordering::Greater,
            _ => Ordering::Less,
        };
        if self.negative { larger.reverse() } else { larger }
    }
}

/// Terraform's `==` on numbers: they print alike (go-cty `rawNumberEqual`); the zeros are one.
impl PartialEq for Num {
    fn eq(&self, other: &Num) -> bool {
        if self.is_zero() || other.is_zero() {
            return self.is_zero() && other.is_zero();
        }
        if self.precision == other.precision {
            return self.negative == other.negative && self.magnitude == other.magnitude;
        }
        self.to_string() == other.to_string()
    }
}

impl Eq for Num {}

/// As Terraform prints it: the shortest decimal that reads back to it at its precision, never with an exponent.
impl std::fmt::Display for Num {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.negative { "-" } else { "" };
        match &self.magnitude {
            Magnitude::Zero => write!(f, "{sign}0"),
            Magnitude::Infinite => write!(f, "{}Inf", if self.negative { "-" } else { "+" }),
            Magnitude::Finite(mantissa, exponent) => {
                let top = exponent.saturating_add_unsigned(mantissa.bits());
                if *exponent >= 0 && top <= i64::from(self.precision) {
                    return write!(f, "{sign}{}", mantissa << exponent.unsigned_abs());
                }
                let decimal = shortest(mantissa, *exponent, self.precision);
                let length = i64::try_from(decimal.digits.len()).unwrap_or(i64::MAX);
                let places = usize::try_from(length.saturating_sub(decimal.point)).unwrap_or(0);
                write!(f, "{sign}{}", decimal.plain(places))
            }
        }
    }
}

/// An exponent's digits with their sign, saturating.
fn signed_digits(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let magnitude: i64 = digits.parse().unwrap_or(i64::MAX);
    Some(if text.starts_with('-') { -magnitude } else { magnitude })
}
