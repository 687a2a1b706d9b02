//! In which worlds something holds, as data that formats can print.

use serde_json::{Value as Json, json};

use super::excerpt;
use super::input::{Input, Inputs};
use super::world::{Fact, Test};

/// A condition on the inputs.
#[derive(Clone, Debug, PartialEq)]
pub enum Guard {
    /// Every world.
    Always,
    /// An input has this value.
    Equals(String, Json),
    /// An input is null.
    Null(String),
    /// An expression holds.
    Test(String),
    /// A sensitive input has a value that is not told: its default, or the nth of those that the code tells apart.
    Hidden(String, usize),
    /// The opposite.
    Not(Box<Guard>),
    /// All hold.
    All(Vec<Guard>),
    /// At least one holds.
    Any(Vec<Guard>),
}

impl Guard {
    /// The worlds in which one fact holds.
    pub fn fact(fact: &Fact, inputs: &Inputs) -> Guard {
        let name = |id| inputs.get(id).map_or_else(|| "?".to_owned(), |input| input.name.to_string());
        let guard = match &fact.test {
            Test::Equals(id, literal) => match inputs.get(*id) {
                Some(input) => Guard::of(input, literal),
                None => Guard::Equals(name(*id), literal.clone()),
            },
            Test::Null(id) => Guard::Null(name(*id)),
            Test::Opaque(text) | Test::Unknown(text, _) => Guard::Test(text.to_string()),
        };
        if fact.holds { guard } else { Guard::Not(Box::new(guard)) }
    }

    /// The worlds in which an input has this value.
    fn of(input: &Input, literal: &Json) -> Guard {
        if !input.sensitive {
            return Guard::Equals(input.name.to_string(), literal.clone());
        }
        // An empty value is none.
        if matches!(literal, Json::String(text) if text.is_empty()) {
            return Guard::Equals(input.name.to_string(), literal.clone());
        }
        let known = input.default.iter().chain(input.allowed.iter().flatten()).chain(&input.probes).chain(&input.finer);
        let mut told: Vec<&Json> = Vec::new();
        for other in known {
            if !told.contains(&other) {
                told.push(other);
            }
        }
        let at = told.iter().position(|other| *other == literal).unwrap_or(told.len());
        Guard::Hidden(input.name.to_string(), if input.default.is_some() { at } else { at + 1 })
    }

    /// The worlds in which all `facts` hold.
    pub fn path(facts: &[Fact], inputs: &Inputs) -> Guard {
        let mut all: Vec<Guard> = facts
            .iter()
            .map(|fact| Guard::only_left(fact, facts, inputs).unwrap_or_else(|| Guard::fact(fact, inputs)))
            .collect();
        let mut known: Vec<Guard> = Vec::new();
        all.retain(|guard| {
            let new = !known.contains(guard);
            if new {
                known.push(guard.clone());
            }
            new
        });
        // `A == x` makes every `A != y` on the same path superfluous.
        let equal: Vec<String> = all
            .iter()
            .filter_map(|guard| match guard {
                Guard::Equals(name, _) | Guard::Null(name) | Guard::Hidden(name, _) => Some(name.clone()),
                _ => None,
            })
            .collect();
        all.retain(|guard| match guard {
            Guard::Not(inner) => match &**inner {
                Guard::Equals(name, _) | Guard::Null(name) | Guard::Hidden(name, _) => !equal.contains(name),
                _ => true,
            },
            _ => true,
        });
        match all.len() {
            0 => Guard::Always,
            1 => all.remove(0),
            _ => Guard::All(all),
        }
    }

    /// `A == y`, where `A != x` leaves one value of a finite domain: it says more to people.
    fn only_left(fact: &Fact, facts: &[Fact], inputs: &Inputs) -> Option<Guard> {
        let Fact { test: Test::Equals(id, _), holds: false } = fact else { return None };
        let input = inputs.get(*id).filter(|input| !input.nullable)?;
        let allowed = input.allowed.as_ref()?;
        let of_it = |fact: &&Fact| matches!(fact, Fact { test: Test::Equals(of, _), holds: false } if of == id);
        if input.accepts.is_none() && allowed.len() > facts.iter().filter(of_it).count() + 1 {
            return None;
        }
        let excluded = |literal: &Json| {
            facts.iter().any(|fact| matches!(fact, Fact { test: Test::Equals(of, other), holds: false } if of == id && other == literal))
        };
        let mut left = allowed.iter().filter(|literal| input.may_be(literal) && !excluded(literal));
        match (left.next(), left.next()) {
            (Some(only), None) => Some(Guard::of(input, only)),
            _ => None,
        }
    }

    /// The worlds of either; the same guard twice is told once.
    pub fn any(guards: Vec<Guard>) -> Guard {
        let mut list: Vec<Guard> = Vec::new();
        for guard in guards {
            if guard == Guard::Always {
                return Guard::Always;
            }
            if !list.contains(&guard) {
                list.push(guard);
            }
        }
        match list.len() {
            1 => list.remove(0),
            _ => Guard::Any(list),
        }
    }

    /// The JSON of DESIGN's section 5: `true`, `{"eq":[input,literal]}`, `{"null":input}`, `{"test":text}`, ...
    pub fn to_json(&self) -> Json {
        match self {
            Guard::Always => json!(true),
            Guard::Equals(name, literal) => json!({ "eq": [name, literal] }),
            Guard::Null(name) => json!({ "null": name }),
            Guard::Test(text) => json!({ "test": text }),
            Guard::Hidden(..) => json!({ "test": self.to_string() }),
            Guard::Not(inner) => json!({ "not": inner.to_json() }),
            Guard::All(list) => json!({ "and": list.iter().map(Guard::to_json).collect::<Vec<_>>() }),
            Guard::Any(list) => json!({ "or": list.iter().map(Guard::to_json).collect::<Vec<_>>() }),
        }
    }
}

/// For people: "UseCmk is 'false' and var.key is null".
impl std::fmt::Display for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A sentence names what fits into a reader's head, and counts the rest.
        let join = |f: &mut std::fmt::Formatter<'_>, list: &[Guard], word: &str, more: &str| {
            let mut named = 0;
            for (at, guard) in list.iter().enumerate() {
                if at > 0 && named + guard.conditions() > MAX_NAMED {
                    let left = list.len() - at;
                    return write!(f, " {word} {left} more {more}{}", if left == 1 { "" } else { "s" });
                }
                named += guard.conditions();
                if at > 0 {
                    write!(f, " {} ", word.split(' ').next().unwrap_or(word))?;
                }
                match guard {
                    Guard::Any(_) => write!(f, "({guard})")?,
                    _ => write!(f, "{guard}")?,
                }
            }
            Ok(())
        };
        match self {
            Guard::Always => f.write_str("always"),
            Guard::Equals(name, literal) => write!(f, "{name} is {}", quoted(literal)),
            Guard::Null(name) => write!(f, "{name} is null"),
            Guard::Test(text) => write!(f, "{text}"),
            Guard::Hidden(name, 0) => write!(f, "{name} has its default"),
            Guard::Hidden(name, 1) => write!(f, "{name} is another value"),
            Guard::Hidden(name, nth) => write!(f, "{name} is another value (no. {nth})"),
            Guard::Not(inner) => match &**inner {
                Guard::Equals(name, literal) => write!(f, "{name} is not {}", quoted(literal)),
                Guard::Null(name) => write!(f, "{name} is set"),
                Guard::Hidden(name, 0) => write!(f, "{name} is another value"),
                Guard::Hidden(name, 1) => write!(f, "{name} is not that value"),
                Guard::Hidden(name, nth) => write!(f, "{name} is not that value (no. {nth})"),
                other => write!(f, "not ({other})"),
            },
            Guard::All(list) => join(f, list, "and", "condition"),
            Guard::Any(list) => join(f, list, "or in", "world"),
        }
    }
}

/// Most conditions that a sentence names.
const MAX_NAMED: usize = 3;

impl Guard {
    /// How many conditions it names.
    fn conditions(&self) -> usize {
        match self {
            Guard::All(list) | Guard::Any(list) => list.iter().map(Guard::conditions).sum(),
            Guard::Not(inner) => inner.conditions(),
            _ => 1,
        }
    }
}

fn quoted(literal: &Json) -> String {
    match literal {
        Json::String(text) => format!("'{}'", excerpt(text)),
        other => excerpt(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Input, InputId, InputKind};

    #[test]
    fn a_path_reads_as_a_sentence() {
        let mut inputs = Inputs::new();
        inputs.add(Input::new("UseCmk", InputKind::Parameter));
        inputs.add(Input::new("var.key", InputKind::Variable));
        let fact = |test, holds| Fact { test, holds };
        let path = [
            fact(Test::Equals(InputId(0), json!("true")), false),
            fact(Test::Equals(InputId(0), json!("false")), true),
            fact(Test::Null(InputId(1)), false),
            fact(Test::Opaque("length(var.x) > 0".into()), false),
        ];
        let guard = Guard::path(&path, &inputs);
        assert_eq!(guard.to_string(), "UseCmk is 'false' and var.key is set and not (length(var.x) > 0)");
        assert_eq!(
            guard.to_json(),
            json!({"and": [{"eq": ["UseCmk", "false"]}, {"not": {"null": "var.key"}}, {"not": {"test": "length(var.x) > 0"}}]})
        );
    }

    #[test]
    fn what_a_sensitive_input_is_is_not_told() {
        let mut inputs = Inputs::new();
        let mut input = Input::new("Pw", InputKind::Parameter);
        input.default = Some(json!("hunter2"));
        input.probes = vec![json!("hunter3"), json!("hunter4")];
        input.sensitive = true;
        inputs.add(input);
        let fact = |literal, holds| Fact { test: Test::Equals(InputId(0), json!(literal)), holds };
        let table = [
            (vec![fact("hunter2", true)], "Pw has its default"),
            (vec![fact("hunter2", false)], "Pw is another value"),
            (vec![fact("hunter2", false), fact("hunter3", true)], "Pw is another value"),
            (vec![fact("hunter2", false), fact("hunter4", true)], "Pw is another value (no. 2)"),
            (vec![fact("", true)], "Pw is ''"),
        ];
        for (facts, text) in table {
            let guard = Guard::path(&facts, &inputs);
            assert_eq!(guard.to_string(), text);
            assert!(!guard.to_json().to_string().contains("hunter"), "{text}");
        }
    }

    #[test]
    fn a_long_value_is_told_by_its_beginning() {
        let guard = Guard::Equals("var.x".to_owned(), json!("a\nb".repeat(80)));
        let told = guard.to_string();
        assert!(told.chars().count() < 100 && told.ends_with("…'") && !told.contains('\n'), "{told}");
    }

    #[test]
    fn a_sentence_names_three_conditions_and_counts_the_rest() {
        let is = |name: &str| Guard::Equals(name.into(), json!("x"));
        let four = || Guard::All(["A", "B", "C", "D"].map(is).to_vec());
        let table = [
            (Guard::All(["A", "B", "C"].map(is).to_vec()), "A is 'x' and B is 'x' and C is 'x'"),
            (four(), "A is 'x' and B is 'x' and C is 'x' and 1 more condition"),
            (Guard::Any(vec![is("A"), is("B")]), "A is 'x' or B is 'x'"),
            (
                Guard::Any(["A", "B", "C", "D", "E"].map(is).to_vec()),
                "A is 'x' or B is 'x' or C is 'x' or in 2 more worlds",
            ),
            (
                Guard::Any(vec![four(), is("E")]),
                "A is 'x' and B is 'x' and C is 'x' and 1 more condition or in 1 more world",
            ),
        ];
        for (guard, text) in table {
            assert_eq!(guard.to_string(), text);
        }
    }

    #[test]
    fn the_only_value_that_is_left_is_named() {
        let mut inputs = Inputs::new();
        let mut input = Input::new("Env", InputKind::Parameter);
        input.allowed = Some(vec![json!("dev"), json!("prod"), json!("test")]);
        inputs.add(input);
        let not = |literal| Fact { test: Test::Equals(InputId(0), json!(literal)), holds: false };
        let table = [(vec![not("dev")], "Env is not 'dev'"), (vec![not("dev"), not("test")], "Env is 'prod'")];
        for (facts, text) in table {
            assert_eq!(Guard::path(&facts, &inputs).to_string(), text);
        }
    }
}
