#![allow(clippy::unwrap_used, reason = "a test may fail")]
use super::*;

fn n(text: &str) -> Num {
    Num::parse(text).unwrap()
}

#[test]
fn numbers_print_as_terraform_prints_them() {
    let third = format!("0.{}5", "3".repeat(154));
    let two_thirds = format!("0.{}7", "6".repeat(153));
    let table = [
        (n("1").div(&n("3")).unwrap(), third.as_str()),
        (n("2").div(&n("3")).unwrap(), two_thirds.as_str()),
        (Num::from_i64(1).div(&Num::from_usize(3)).unwrap(), "0.33333333333333333334"),
        (n("0.1").add(&n("0.2")).unwrap(), "0.3"),
        (n("1e50"), "100000000000000000000000000000000000000000000000000"),
        (n("1e-7"), "0.0000001"),
        (n("1.50"), "1.5"),
        (n("-0"), "-0"),
        (n("1p3"), "8"),
        (Num::from_f64(2f64.powi(200)).unwrap(), "1606938044258990300000000000000000000000000000000000000000000"),
        (Num::from_f64(2f64.sqrt()).unwrap(), "1.4142135623730951"),
        (
            n("12345678901234567890123").mul(&n("98765432109876543210987")).unwrap(),
            "1219326311370217952261797134336296860222381401",
        ),
        (Num::from_i64(1).mul(&n("0.1")).unwrap(), "0.1"),
        (n("1").div(&n("0")).unwrap(), "+Inf"),
        (n("-1").div(&n("0")).unwrap(), "-Inf"),
        (n("-5").rem(&n("3")).unwrap(), "-2"),
        (n("5").rem(&n("0")).unwrap(), "5"),
        (n("5.5").rem(&n("2")).unwrap(), "1.5"),
        (n("1.2").ceil(), "2"),
        (n("-1.2").ceil(), "-1"),
        (n("-0.5").ceil(), "0"),
        (n("1.8").floor(), "1"),
        (n("-1.2").floor(), "-2"),
        (n("9223372036854775808"), "9223372036854775808"),
        (n("0.1").with_precision(53), "0.1"),
    ];
    for (number, text) in table {
        assert_eq!(number.to_string(), text);
    }
    for text in ["", "-", ".", "1e", "0x10", " 1", "1_000", "e5", "1e5.5", "--1", "1e999999999"] {
        assert!(Num::parse(text).is_none(), "{text:?}");
    }
}

#[test]
fn what_is_no_number_is_an_error() {
    let infinite = n("1").div(&n("0")).unwrap();
    assert!(n("0").div(&n("0")).is_err());
    assert!(n("0").mul(&infinite).is_err());
    assert!(infinite.sub(&infinite).is_err());
    assert!(infinite.rem(&n("2")).is_err());
    assert_eq!(infinite.add(&n("1")).unwrap().to_string(), "+Inf");
}

#[test]
fn equality_is_by_what_is_printed_and_order_by_value() {
    assert_eq!(Num::from_f64(0.1).unwrap(), n("0.1"));
    assert_eq!(n("1.0"), n("1"));
    assert_eq!(n("-0"), n("0"));
    assert_ne!(
        Num::from_f64(2f64.powi(200)).unwrap(),
        n("2").mul(&n("803469022129495137770981046170581301261101496891396417650688")).unwrap()
    );
    let sorted = ["-1e9", "-2", "-0.5", "0", "0.25", "1", "1.5", "1e30"];
    for (i, a) in sorted.iter().enumerate() {
        for (j, b) in sorted.iter().enumerate() {
            assert_eq!(n(a).compare(&n(b)), i.cmp(&j), "{a} {b}");
        }
    }
}

#[test]
fn integers_and_floats_come_out_exactly() {
    assert_eq!(n("9223372036854775807").to_i64(), Some(i64::MAX));
    assert_eq!(n("-9223372036854775808").to_i64(), Some(i64::MIN));
    assert_eq!(n("9223372036854775808").to_i64(), None);
    assert_eq!(n("1.5").to_i64(), None);
    assert_eq!(n("-1").to_usize(), None);
    for value in [0.0, 1.5, -2.25e300, 5e-324, 1e-310, f64::MAX] {
        assert_eq!(Num::from_f64(value).unwrap().to_f64(), value);
    }
}
