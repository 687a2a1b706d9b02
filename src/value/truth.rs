//! Kleene's three-valued logic, with the reason for not knowing.

use super::Unknown;

/// True, false, or unknown for a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Truth {
    /// Holds.
    True,
    /// Does not hold.
    False,
    /// Can't be told.
    Unknown(Unknown),
}

impl Truth {
    /// Both hold. False wins over unknown.
    #[must_use]
    pub fn and(self, other: Truth) -> Truth {
        match (self, other) {
            (Truth::False, _) | (_, Truth::False) => Truth::False,
            (Truth::True, other) => other,
            (unknown, _) => unknown,
        }
    }

    /// At least one holds. True wins over unknown.
    #[must_use]
    pub fn or(self, other: Truth) -> Truth {
        match (self, other) {
            (Truth::True, _) | (_, Truth::True) => Truth::True,
            (Truth::False, other) => other,
            (unknown, _) => unknown,
        }
    }

    /// The opposite; unknown stays unknown.
    #[must_use]
    #[allow(clippy::should_implement_trait, reason = "`!truth` would hide that unknown stays unknown")]
    pub fn not(self) -> Truth {
        match self {
            Truth::True => Truth::False,
            Truth::False => Truth::True,
            unknown @ Truth::Unknown(_) => unknown,
        }
    }

    /// Whether it is known to hold.
    pub fn is_true(&self) -> bool {
        matches!(self, Truth::True)
    }

    /// Whether it is known not to hold.
    pub fn is_false(&self) -> bool {
        matches!(self, Truth::False)
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Truth::True } else { Truth::False }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::UnknownKind;

    #[test]
    fn kleene_tables() {
        let unknown = || Truth::Unknown(Unknown::new(UnknownKind::Input, "x"));
        let all = [Truth::True, Truth::False, unknown()];
        let and = [[0, 1, 2], [1, 1, 1], [2, 1, 2]];
        let or = [[0, 0, 0], [0, 1, 2], [0, 2, 2]];
        for (i, a) in all.iter().enumerate() {
            for (j, b) in all.iter().enumerate() {
                assert_eq!(a.clone().and(b.clone()), all[and[i][j]], "{a:?} and {b:?}");
                assert_eq!(a.clone().or(b.clone()), all[or[i][j]], "{a:?} or {b:?}");
            }
        }
        assert_eq!(unknown().not(), unknown());
    }
}
