//! `formatdate plantimestamp timeadd timecmp timestamp`.
//!
//! Timestamps are RFC 3339 as Go reads it: capital `T` and `Z`, no leap seconds, any fraction of a second.

use super::call::{Answer, Call, Function, Returns, Stop, fault, fixed, string};
use super::excerpt;
use super::hash::impure;
use crate::resolve::terraform::number::Num;

pub(super) const FUNCTIONS: &[Function] = &[
    fixed("formatdate", &[string("format"), string("time")], Returns::String, |call| {
        let time = timestamp(call, 1)?;
        Ok(call.string(format(call.str(0)?, &time)?))
    }),
    fixed("plantimestamp", &[], Returns::String, |_| Err(impure("plantimestamp"))),
    fixed("timeadd", &[string("timestamp"), string("duration")], Returns::String, timeadd),
    fixed("timecmp", &[string("timestamp_a"), string("timestamp_b")], Returns::Number, |call| {
        let order = timestamp(call, 0)?.nanoseconds.cmp(&timestamp(call, 1)?.nanoseconds);
        Ok(call.number(Num::from_i64(i64::from(order as i8))))
    }),
    fixed("timestamp", &[], Returns::String, |_| Err(impure("timestamp"))),
];

const SECOND: i128 = 1_000_000_000;

/// An instant, and the offset from UTC in which it is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Time {
    /// Since 1970, in UTC.
    nanoseconds: i128,
    /// Seconds east of UTC.
    offset: i64,
}

/// A time of day on a date, as it is shown.
struct Shown {
    year: i64,
    month: i64,
    day: i64,
    /// From Sunday.
    weekday: i64,
    hour: i64,
    minute: i64,
    second: i64,
}

impl Time {
    fn shown(&self) -> Shown {
        let seconds = i64::try_from(self.nanoseconds.div_euclid(SECOND)).unwrap_or(0) + self.offset;
        let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = civil(days);
        let weekday = (days + 4).rem_euclid(7);
        Shown { year, month, day, weekday, hour: rest / 3600, minute: rest / 60 % 60, second: rest % 60 }
    }

    fn zone(&self, colon: &str) -> String {
        let (sign, offset) = if self.offset < 0 { ('-', -self.offset) } else { ('+', self.offset) };
        format!("{sign}{:02}{colon}{:02}", offset / 3600, offset / 60 % 60)
    }

    /// RFC 3339 without a fraction.
    pub(super) fn rfc3339(&self) -> String {
        let Shown { year, month, day, hour, minute, second, .. } = self.shown();
        let zone = if self.offset == 0 { "Z".to_owned() } else { self.zone(":") };
        let (sign, year) = (if year < 0 { "-" } else { "" }, year.unsigned_abs());
        format!("{sign}{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{zone}")
    }

    /// A date and time of day in UTC, if there is such a day and time.
    pub(super) fn new(date: [i64; 3], clock: [i64; 3], fraction: i128, offset: i64) -> Option<Time> {
        let [year, month, day] = date;
        let [hour, minute, second] = clock;
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let last = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        let legal = (1..=last).contains(&day)
            && (0..24).contains(&hour)
            && (0..60).contains(&minute)
            && (0..60).contains(&second);
        let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset;
        legal.then_some(Time { nanoseconds: i128::from(seconds) * SECOND + fraction, offset })
    }
}

/// Days since 1970 of a date in the proleptic Gregorian calendar, counting years from March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The date of a day since 1970.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn timestamp(call: &Call<'_>, index: usize) -> Result<Time, Stop> {
    let text = call.str(index)?;
    parse(text).ok_or_else(|| fault(index, format!("not a valid RFC3339 timestamp: {:?}", excerpt(text))))
}

fn number(text: Option<&str>) -> Option<i64> {
    let text = text?;
    if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}

fn parse(text: &str) -> Option<Time> {
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if marks.iter().any(|&(at, mark)| text.as_bytes().get(at) != Some(&mark)) {
        return None;
    }
    let date = [number(text.get(0..4))?, number(text.get(5..7))?, number(text.get(8..10))?];
    let clock = [number(text.get(11..13))?, number(text.get(14..16))?, number(text.get(17..19))?];
    let (fraction, zone) = fraction(text.get(19..)?)?;
    Time::new(date, clock, fraction, offset(zone)?)
}

/// The nanoseconds behind a point, and what follows.
pub(super) fn fraction(text: &str) -> Option<(i128, &str)> {
    let Some(digits) = text.strip_prefix('.') else { return Some((0, text)) };
    let length = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    if length == 0 {
        return None;
    }
    let nine: String = digits[..length].chars().chain(std::iter::repeat('0')).take(9).collect();
    Some((nine.parse().ok()?, &digits[length..]))
}

/// Seconds east of UTC.
pub(super) fn offset(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let sign = match zone.as_bytes() {
        [b'+', _, _, b':', _, _] => 1,
        [b'-', _, _, b':', _, _] => -1,
        _ => return None,
    };
    let (hours, minutes) = (number(zone.get(1..3))?, number(zone.get(4..6))?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn timeadd(call: &Call<'_>) -> Answer {
    let time = timestamp(call, 0)?;
    let text = call.str(1)?;
    let added = duration(text).ok_or_else(|| Stop::from(format!("time: invalid duration {:?}", excerpt(text))))?;
    Ok(call.string(Time { nanoseconds: time.nanoseconds + added, ..time }.rfc3339()))
}

/// Go's durations: `1h30m`, `-1.5h`, `300ms`; in nanoseconds.
fn duration(text: &str) -> Option<i128> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned == "0" {
        return Some(0);
    }
    let mut rest = unsigned;
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        let (number, after) = rest.split_at(end);
        let end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let unit: i128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1000,
            "ms" => 1_000_000,
            "s" => SECOND,
            "m" => 60 * SECOND,
            "h" => 3600 * SECOND,
            _ => return None,
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') || whole.len() > 19 {
            return None;
        }
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        // Digits behind the eighteenth are below a nanosecond in every unit that matters.
        let fraction: String = fraction.chars().take(18).collect();
        let scale = 10i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
        let fraction: i128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
        total = total.checked_add(whole.checked_mul(unit)?)?.checked_add(fraction * unit / scale)?;
        if total > i128::from(i64::MAX) {
            return None;
        }
        rest = after;
    }
    if unsigned.is_empty() { None } else { Some(if text.starts_with('-') { -total } else { total }) }
}

/// Runs of one letter are verbs, text in single quotes is literal (two are one), all else stands for itself.
fn format(pattern: &str, time: &Time) -> Result<String, Stop> {
    let shown = time.shown();
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        if first == '\'' {
            rest = literal(rest, &mut out)?;
        } else if first.is_ascii_alphabetic() {
            let end = rest.find(|c| c != first).unwrap_or(rest.len());
            out.push_str(&verb(&rest[..end], time, &shown)?);
            rest = &rest[end..];
        } else {
            let end = rest.find(|c: char| c == '\'' || c.is_ascii_alphabetic()).unwrap_or(rest.len());
            out.push_str(&rest[..end]);
            rest = &rest[end..];
        }
    }
    Ok(out)
}

fn literal<'t>(text: &'t str, out: &mut String) -> Result<&'t str, Stop> {
    if let Some(rest) = text.strip_prefix("''") {
        out.push('\'');
        return Ok(rest);
    }
    let mut rest = &text[1..];
    loop {
        let end = rest.find('\'').ok_or_else(|| fault(0, "unterminated literal '"))?;
        out.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('\'') {
            Some(after) => {
                out.push('\'');
                rest = after;
            }
            None => return Ok(rest),
        }
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

fn verb(verb: &str, time: &Time, shown: &Shown) -> Result<String, Stop> {
    let name = |names: &[&str], at: i64| {
        usize::try_from(at).ok().and_then(|at| names.get(at)).map_or(String::new(), |name| (*name).to_owned())
    };
    let half = if shown.hour < 12 { "AM" } else { "PM" };
    let twelve = if shown.hour % 12 == 0 { 12 } else { shown.hour % 12 };
    Ok(match verb {
        "YY" => format!("{:02}", shown.year % 100),
        "YYYY" => format!("{:04}", shown.year),
        "M" => shown.month.to_string(),
        "MM" => format!("{:02}", shown.month),
        "MMM" => name(&MONTHS, shown.month - 1).chars().take(3).collect(),
        "MMMM" => name(&MONTHS, shown.month - 1),
        "D" => shown.day.to_string(),
        "DD" => format!("{:02}", shown.day),
        "EEE" => name(&WEEKDAYS, shown.weekday).chars().take(3).collect(),
        "EEEE" => name(&WEEKDAYS, shown.weekday),
        "h" => shown.hour.to_string(),
        "hh" => format!("{:02}", shown.hour),
        "H" => twelve.to_string(),
        "HH" => format!("{twelve:02}"),
        "AA" => half.to_owned(),
        "aa" => half.to_lowercase(),
        "m" => shown.minute.to_string(),
        "mm" => format!("{:02}", shown.minute),
        "s" => shown.second.to_string(),
        "ss" => format!("{:02}", shown.second),
        "Z" if time.offset == 0 => "Z".to_owned(),
        "ZZZ" if time.offset == 0 => "UTC".to_owned(),
        "Z" | "ZZZZZ" => time.zone(":"),
        "ZZZ" | "ZZZZ" => time.zone(""),
        other => {
            let shown: String = other.chars().take(12).collect();
            return Err(fault(0, format!("invalid date format verb {shown:?}")));
        }
    })
}
