//! The syntax of filter patterns over JSON: `($.eventName = DisableKey) && ($.errorCode NOT EXISTS)`.

/// Nesting of parentheses that is followed.
const MAX_DEPTH: usize = 64;

/// Comparisons, joined. `&&` binds closer than `||`.
#[derive(Debug)]
pub(super) enum Expression {
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Comparison(Comparison),
}

/// A field and what is asked of it.
#[derive(Debug)]
pub(super) struct Comparison {
    pub(super) selector: Vec<Step>,
    pub(super) test: Test,
}

/// `.name`, `[0]`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    Member(String),
    Element(usize),
}

/// What is asked of a field.
#[derive(Debug)]
pub(super) enum Test {
    Exists,
    NotExists,
    IsNull,
    Is(bool),
    Compares(Operator, Operand),
}

/// How a field is compared.
#[derive(Clone, Copy, Debug)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Ordered(fn(&f64, &f64) -> bool),
}

/// What a field is compared with.
#[derive(Debug)]
pub(super) enum Operand {
    /// `*` stands for any characters; a number is one where the field is.
    Text(String),
    /// Between percent signs.
    Regex(String),
}

/// The expression between the braces; `None` where it is none.
pub(super) fn parse(text: &str) -> Option<Expression> {
    let mut parser = Parser { left: text, depth: 0 };
    let expression = parser.any()?;
    parser.left.trim().is_empty().then_some(expression)
}

struct Parser<'t> {
    left: &'t str,
    depth: usize,
}

impl Parser<'_> {
    fn any(&mut self) -> Option<Expression> {
        let mut parts = vec![self.all()?];
        while self.takes("||") {
            parts.push(self.all()?);
        }
        Some(Expression::Any(parts))
    }

    fn all(&mut self) -> Option<Expression> {
        let mut parts = vec![self.one()?];
        while self.takes("&&") {
            parts.push(self.one()?);
        }
        Some(Expression::All(parts))
    }

    fn one(&mut self) -> Option<Expression> {
        if !self.takes("(") {
            return self.comparison().map(Expression::Comparison);
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let inner = self.any()?;
        self.depth -= 1;
        self.takes(")").then_some(inner)
    }

    fn comparison(&mut self) -> Option<Comparison> {
        if !self.takes("$") {
            return None;
        }
        let selector = self.selector()?;
        let operators: [(&str, Operator); 6] = [
            ("!=", Operator::NotEqual),
            ("<=", Operator::Ordered(f64::le)),
            (">=", Operator::Ordered(f64::ge)),
            ("=", Operator::Equal),
            ("<", Operator::Ordered(f64::lt)),
            (">", Operator::Ordered(f64::gt)),
        ];
        for (sign, operator) in operators {
            if self.takes(sign) {
                let test = Test::Compares(operator, self.operand()?);
                return Some(Comparison { selector, test });
            }
        }
        let test = match self.word().to_ascii_uppercase().as_str() {
            "EXISTS" => Test::Exists,
            "NOT" if self.word().eq_ignore_ascii_case("EXISTS") => Test::NotExists,
            "IS" => match self.word().to_ascii_uppercase().as_str() {
                "NULL" => Test::IsNull,
                "TRUE" => Test::Is(true),
                "FALSE" => Test::Is(false),
                _ => return None,
            },
            _ => return None,
        };
        Some(Comparison { selector, test })
    }

    fn selector(&mut self) -> Option<Vec<Step>> {
        let mut steps = Vec::new();
        loop {
            if let Some(rest) = self.left.strip_prefix('.') {
                let end = rest.find(|letter: char| !(letter.is_alphanumeric() || "_-:$@/".contains(letter)));
                let (name, after) = rest.split_at(end.unwrap_or(rest.len()));
                if name.is_empty() {
                    return None;
                }
                steps.push(Step::Member(name.to_owned()));
                self.left = after;
            } else if let Some(rest) = self.left.strip_prefix('[') {
                let (inner, after) = rest.split_once(']')?;
                let inner = inner.trim();
                let quoted = ['"', '\''].into_iter().find_map(|q| inner.strip_prefix(q)?.strip_suffix(q));
                steps.push(match quoted {
                    Some(name) => Step::Member(name.to_owned()),
                    None => Step::Element(inner.parse().ok()?),
                });
                self.left = after;
            } else {
                return (!steps.is_empty()).then_some(steps);
            }
        }
    }

    fn operand(&mut self) -> Option<Operand> {
        self.left = self.left.trim_start();
        if let Some(rest) = self.left.strip_prefix('"') {
            let (text, after) = rest.split_once('"')?;
            self.left = after;
            return Some(Operand::Text(text.to_owned()));
        }
        if let Some(rest) = self.left.strip_prefix('%') {
            let (text, after) = rest.split_once('%')?;
            self.left = after;
            return Some(Operand::Regex(text.to_owned()));
        }
        let text = self.word().to_owned();
        (!text.is_empty() && !text.contains(['"', '\''])).then_some(Operand::Text(text))
    }

    /// What stands before the next blank, parenthesis or operator.
    fn word(&mut self) -> &str {
        self.left = self.left.trim_start();
        let end = self.left.find(|letter: char| letter.is_whitespace() || "()&|=!<>".contains(letter));
        let (word, after) = self.left.split_at(end.unwrap_or(self.left.len()));
        self.left = after;
        word
    }

    fn takes(&mut self, sign: &str) -> bool {
        let taken = self.left.trim_start().strip_prefix(sign);
        if let Some(after) = taken {
            self.left = after;
        }
        taken.is_some()
    }
}
