//! Tokens to a tree: a Pratt parser.

use std::sync::{Arc, OnceLock};

use super::Fault;
use super::ast::{Call, Expr, ExprKind, Infix, MACROS, Macro, Number, Place, Prefix};
use super::lex::{Token, TokenKind, tokens};

/// Deepest nesting of an expression. Lower than the limit for files: each level takes a dozen frames, here and in the
/// walks over the tree.
const MAX_DEPTH: usize = 64;

/// Words that CEL keeps for itself.
const RESERVED: [&str; 17] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// Parses one expression.
///
/// # Errors
/// The first fault, with what to write instead where that can be told.
pub(in crate::rule) fn parse(text: &str) -> Result<Expr, Fault> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens, at: 0, depth: 0 };
    if parser.peek().kind == TokenKind::End {
        return Err(Fault::new(Place::new(0, text.len()), "there is no expression here")
            .help("write what must hold, such as `vault.key.owner == \"customer\"`"));
    }
    let expr = parser.expression()?;
    match parser.peek() {
        Token { kind: TokenKind::End, .. } => Ok(expr),
        token => Err(parser.unexpected(&token.clone(), &expr)),
    }
}

struct Parser<'t> {
    tokens: Vec<Token<'t>>,
    at: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> &Token<'t> {
        // `tokens` always ends with `End`, and nothing steps past it.
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    fn next(&mut self) -> Token<'t> {
        let token = self.peek().clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn is(&self, symbol: &str) -> bool {
        matches!(&self.peek().kind, TokenKind::Symbol(found) if *found == symbol)
    }

    fn eat(&mut self, symbol: &str) -> bool {
        let found = self.is(symbol);
        if found {
            self.next();
        }
        found
    }

    fn expect(&mut self, symbol: &'static str, opened: Place, what: &str) -> Result<Place, Fault> {
        if self.is(symbol) {
            return Ok(self.next().place);
        }
        let token = self.peek().clone();
        if token.kind == TokenKind::End {
            return Err(Fault::new(opened, format!("{what} has no end")).help(format!("close it with `{symbol}`")));
        }
        Err(slip(&token).unwrap_or_else(|| {
            Fault::new(token.place, format!("expected `{symbol}` to end {what}, found {}", describe(&token)))
        }))
    }

    /// `condition ? value : value`; both of `||`'s level and above.
    fn expression(&mut self) -> Result<Expr, Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Fault::new(self.peek().place, format!("the expression is nested more than {MAX_DEPTH} deep")));
        }
        let condition = self.joined(true)?;
        let result = if self.eat("?") {
            let then = self.joined(true)?;
            if !self.eat(":") {
                let token = self.peek().clone();
                return Err(slip(&token).unwrap_or_else(|| {
                    Fault::new(token.place, format!("expected `:` after `?`, found {}", describe(&token)))
                        .help("write `condition ? value : other value`")
                }));
            }
            let otherwise = self.expression()?;
            let place = condition.place.cover(otherwise.place);
            node(place, ExprKind::Conditional(Box::new(condition), Box::new(then), Box::new(otherwise)))
        } else {
            Ok(condition)
        };
        self.depth -= 1;
        result
    }

    /// Operands joined by `||` (`either`), or by `&&`.
    fn joined(&mut self, either: bool) -> Result<Expr, Fault> {
        let symbol = if either { "||" } else { "&&" };
        let first = if either { self.joined(false)? } else { self.relation()? };
        if !self.is(symbol) {
            return Ok(first);
        }
        let mut operands = vec![first];
        while self.eat(symbol) {
            operands.push(if either { self.joined(false)? } else { self.relation()? });
        }
        let place = operands.iter().map(|operand| operand.place).reduce(Place::cover).unwrap_or_default();
        node(place, if either { ExprKind::Or(operands) } else { ExprKind::And(operands) })
    }

    fn relation(&mut self) -> Result<Expr, Fault> {
        let left = self.binary(1)?;
        let Some((infix, level)) = self.infix() else { return Ok(left) };
        debug_assert_eq!(level, 0);
        let place = self.next().place;
        let right = self.binary(1)?;
        let whole = left.place.cover(right.place);
        if let Some((_, 0)) = self.infix() {
            return Err(Fault::new(self.peek().place, "comparisons can't be chained")
                .help("write `a < b && b < c`, or put one comparison into parentheses"));
        }
        node(whole, ExprKind::Infix(infix, place, Box::new(left), Box::new(right)))
    }

    /// Operators of `least` level and above, joined from the left.
    fn binary(&mut self, least: u8) -> Result<Expr, Fault> {
        let mut left = self.prefix()?;
        while let Some((infix, level)) = self.infix() {
            if level < least {
                break;
            }
            let place = self.next().place;
            let right = self.binary(level + 1)?;
            let whole = left.place.cover(right.place);
            left = node(whole, ExprKind::Infix(infix, place, Box::new(left), Box::new(right)))?;
        }
        Ok(left)
    }

    fn infix(&self) -> Option<(Infix, u8)> {
        Some(match &self.peek().kind {
            TokenKind::Symbol("==") => (Infix::Equal, 0),
            TokenKind::Symbol("!=") => (Infix::NotEqual, 0),
            TokenKind::Symbol("<") => (Infix::Less, 0),
            TokenKind::Symbol("<=") => (Infix::LessEqual, 0),
            TokenKind::Symbol(">") => (Infix::Greater, 0),
            TokenKind::Symbol(">=") => (Infix::GreaterEqual, 0),
            TokenKind::Name("in") => (Infix::In, 0),
            TokenKind::Symbol("+") => (Infix::Add, 1),
            TokenKind::Symbol("-") => (Infix::Subtract, 1),
            TokenKind::Symbol("*") => (Infix::Multiply, 2),
            TokenKind::Symbol("/") => (Infix::Divide, 2),
            TokenKind::Symbol("%") => (Infix::Remainder, 2),
            _ => return None,
        })
    }

    /// CEL has runs of one prefix operator (`!!x`), not mixed ones (`!-x`).
    fn prefix(&mut self) -> Result<Expr, Fault> {
        let (symbol, operator) = match &self.peek().kind {
            TokenKind::Symbol("!") => ("!", Prefix::Not),
            TokenKind::Symbol("-") => ("-", Prefix::Minus),
            _ => return self.postfix(),
        };
        let mut places = Vec::new();
        while self.is(symbol) {
            places.push(self.next().place);
        }
        let mut operand = self.postfix()?;
        for place in places.into_iter().rev() {
            let whole = place.cover(operand.place);
            operand = match (&operand.kind, operator) {
                (ExprKind::Number(Number::Int(int)), Prefix::Minus) => {
                    node(whole, ExprKind::Number(Number::Int(int.wrapping_neg())))?
                }
                (ExprKind::Number(Number::Double(double)), Prefix::Minus) => {
                    node(whole, ExprKind::Number(Number::Double(-double)))?
                }
                _ => node(whole, ExprKind::Prefix(operator, Box::new(operand)))?,
            };
        }
        Ok(operand)
    }

    fn postfix(&mut self) -> Result<Expr, Fault> {
        let mut expr = self.primary()?;
        loop {
            if self.is(".") {
                let dot = self.next().place;
                expr = self.member(expr, dot)?;
            } else if self.is("[") {
                let open = self.next().place;
                let index = self.expression()?;
                let close = self.expect("]", open, "the index")?;
                let whole = expr.place.cover(close);
                expr = node(whole, ExprKind::Index(Box::new(expr), Box::new(index)))?;
            } else {
                return Ok(expr);
            }
        }
    }

    fn member(&mut self, of: Expr, dot: Place) -> Result<Expr, Fault> {
        let token = self.next();
        let TokenKind::Name(name) = &token.kind else {
            return Err(match &token.kind {
                TokenKind::Number(_) => {
                    Fault::new(dot.cover(token.place), "a list element is not reached with a dot").help("write `[0]`")
                }
                TokenKind::String(key) => {
                    Fault::new(dot.cover(token.place), "a key in quotes is not reached with a dot")
                        .help(format!("write `[{key:?}]`"))
                }
                _ => Fault::new(token.place, format!("expected a name behind the dot, found {}", describe(&token))),
            });
        };
        if ["in", "true", "false", "null"].contains(name) {
            return Err(Fault::new(token.place, format!("`{name}` is a word of the language"))
                .help(format!("write `[\"{name}\"]`")));
        }
        if !self.is("(") {
            let whole = of.place.cover(token.place);
            return node(whole, ExprKind::Member(Box::new(of), (*name).into(), token.place));
        }
        let (arguments, close) = self.arguments()?;
        let whole = of.place.cover(close);
        if MACROS.contains(name) {
            return macro_call(of, name, token.place, arguments, whole);
        }
        call(Some(of), name, token.place, arguments, whole)
    }

    fn arguments(&mut self) -> Result<(Vec<Expr>, Place), Fault> {
        let open = self.next().place;
        let mut arguments = Vec::new();
        if !self.is(")") {
            loop {
                arguments.push(self.expression()?);
                if !self.eat(",") {
                    break;
                }
            }
        }
        let close = self.expect(")", open, "the list of arguments")?;
        Ok((arguments, close))
    }

    fn primary(&mut self) -> Result<Expr, Fault> {
        let token = self.next();
        let place = token.place;
        match token.kind.clone() {
            TokenKind::Number(number) => node(place, ExprKind::Number(number)),
            TokenKind::String(text) => node(place, ExprKind::String(text)),
            TokenKind::Name(name) => self.name(name, place),
            TokenKind::Symbol("(") => {
                let inner = self.expression()?;
                let close = self.expect(")", place, "the parenthesis")?;
                Ok(Expr { place: place.cover(close), ..inner })
            }
            TokenKind::Symbol("[") => self.list(place),
            TokenKind::Symbol("{") => self.map(place),
            // A sign belongs to the literal: `!-3` is one, `!-x` is not.
            TokenKind::Symbol("-") if matches!(self.peek().kind, TokenKind::Number(_)) => {
                let number = self.next();
                let negative = match number.kind {
                    TokenKind::Number(Number::Int(int)) => Number::Int(int.wrapping_neg()),
                    TokenKind::Number(Number::Double(double)) => Number::Double(-double),
                    _ => Number::Int(0),
                };
                node(place.cover(number.place), ExprKind::Number(negative))
            }
            TokenKind::HugeInt => Err(Fault::new(place, "the number is too large")),
            TokenKind::End => Err(Fault::new(place, "the expression ends where a value is expected")),
            TokenKind::Symbol(_) => Err(slip(&token)
                .unwrap_or_else(|| Fault::new(place, format!("expected a value, found {}", describe(&token))))),
        }
    }

    fn name(&mut self, name: &str, place: Place) -> Result<Expr, Fault> {
        match name {
            "null" => return node(place, ExprKind::Null),
            "true" => return node(place, ExprKind::Bool(true)),
            "false" => return node(place, ExprKind::Bool(false)),
            _ => {}
        }
        let instead = match name {
            "True" | "TRUE" => Some("true"),
            "False" | "FALSE" => Some("false"),
            "None" | "nil" | "NULL" | "undefined" | "Null" => Some("null"),
            "not" => Some("!"),
            _ => None,
        };
        if let Some(instead) = instead {
            return Err(Fault::new(place, format!("there is no `{name}`")).help(format!("write `{instead}`")));
        }
        if RESERVED.contains(&name) {
            let fault = Fault::new(place, format!("`{name}` is a reserved word"));
            return Err(if name == "if" { fault.help("write `condition ? value : other value`") } else { fault });
        }
        if name == "in" {
            return Err(Fault::new(place, "`in` needs a value before it").help("write `value in [\"a\", \"b\"]`"));
        }
        if !self.is("(") {
            return node(place, ExprKind::Name(name.into()));
        }
        let (arguments, close) = self.arguments()?;
        let whole = place.cover(close);
        if name != "has" {
            return call(None, name, place, arguments, whole);
        }
        match <[Expr; 1]>::try_from(arguments) {
            Ok([argument]) if matches!(argument.kind, ExprKind::Member(..)) => {
                node(whole, ExprKind::Has(Box::new(argument)))
            }
            _ => Err(Fault::new(whole, "`has` takes one member")
                .help("write `has(vault.key)`; for anything else `x != null`")),
        }
    }

    fn list(&mut self, open: Place) -> Result<Expr, Fault> {
        let mut items = Vec::new();
        while !self.is("]") {
            items.push(self.expression()?);
            if !self.eat(",") {
                break;
            }
        }
        let close = self.expect("]", open, "the list")?;
        node(open.cover(close), ExprKind::List(items))
    }

    fn map(&mut self, open: Place) -> Result<Expr, Fault> {
        let mut members = Vec::new();
        while !self.is("}") {
            let key = self.expression()?;
            if !self.eat(":") {
                let token = self.peek().clone();
                return Err(slip(&token).unwrap_or_else(|| {
                    Fault::new(token.place, format!("expected `:` behind the key, found {}", describe(&token)))
                }));
            }
            members.push((key, self.expression()?));
            if !self.eat(",") {
                break;
            }
        }
        let close = self.expect("}", open, "the map")?;
        node(open.cover(close), ExprKind::Map(members))
    }

    /// What a token behind a whole expression most likely wanted to be.
    fn unexpected(&self, token: &Token<'_>, before: &Expr) -> Fault {
        if let Some(fault) = slip(token) {
            return fault;
        }
        if let (TokenKind::Name(_) | TokenKind::Symbol("{"), ExprKind::Name(name)) = (&token.kind, &before.kind) {
            return Fault::new(token.place, format!("`{name}` and {} stand side by side", describe(token)))
                .help("join them with an operator");
        }
        let fault = Fault::new(token.place, format!("the expression ended before {}", describe(token)));
        match token.kind {
            TokenKind::Symbol(")" | "]" | "}") => fault.help("nothing is open that this could close"),
            _ => fault.help("join two tests with `&&` or `||`; separate checks are blocks of their own"),
        }
    }
}

/// Words and signs of other languages, in the place of an operator.
fn slip(token: &Token<'_>) -> Option<Fault> {
    let (message, help) = match &token.kind {
        TokenKind::Name(name) => match *name {
            "and" | "AND" => ("there is no `and`", "write `&&`"),
            "or" | "OR" => ("there is no `or`", "write `||`"),
            "not" => ("there is no `not`", "write `!`; for \"not in\": `!(x in [...])`"),
            "is" => ("there is no `is`", "write `==`"),
            "eq" => ("there is no `eq`", "write `==`"),
            "ne" => ("there is no `ne`", "write `!=`"),
            "if" => ("there is no `if`", "write `condition ? value : other value`"),
            "matches" | "contains" | "startsWith" | "endsWith" => {
                ("this function stands behind a dot", "write `text.contains(\"part\")`")
            }
            _ => return None,
        },
        TokenKind::Symbol(";") => ("`;` ends nothing here", "a check is one expression; join tests with `&&`"),
        _ => return None,
    };
    Some(Fault::new(token.place, message).help(help))
}

fn describe(token: &Token<'_>) -> String {
    match &token.kind {
        TokenKind::Name(name) => format!("`{name}`"),
        TokenKind::Number(number) => format!("the number {number}"),
        TokenKind::HugeInt => "a number".to_owned(),
        TokenKind::String(text) => format!("the string {text:?}"),
        TokenKind::Symbol(symbol) => format!("`{symbol}`"),
        TokenKind::End => "the end".to_owned(),
    }
}

fn macro_call(list: Expr, name: &str, name_place: Place, arguments: Vec<Expr>, whole: Place) -> Result<Expr, Fault> {
    let usage = format!("write `list.{name}(x, test of x)`");
    let fits = arguments.len() == 2 || (arguments.len() == 3 && name == "map");
    let mut arguments = arguments.into_iter();
    let variable = arguments.next().map(|argument| argument.kind);
    match variable {
        Some(ExprKind::Name(variable)) if fits => {
            let bodies = arguments.collect();
            let call = Macro { name: name.into(), name_place, list, variable, bodies };
            node(whole, ExprKind::Macro(Box::new(call)))
        }
        _ => {
            Err(Fault::new(whole, format!("`{name}` takes a name for the element and an expression over it"))
                .help(usage))
        }
    }
}

fn call(
    receiver: Option<Expr>,
    name: &str,
    name_place: Place,
    arguments: Vec<Expr>,
    whole: Place,
) -> Result<Expr, Fault> {
    let name: Arc<str> = name.into();
    node(whole, ExprKind::Call(Box::new(Call { name, name_place, receiver, arguments, regex: OnceLock::new() })))
}

/// A node, refused where it is nested too deeply for the walks over it.
fn node(place: Place, kind: ExprKind) -> Result<Expr, Fault> {
    let deepest = |list: &[Expr]| list.iter().map(|expr| expr.depth).max().unwrap_or(0);
    let below = match &kind {
        ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Name(_) => 0,
        ExprKind::List(list) | ExprKind::And(list) | ExprKind::Or(list) => deepest(list),
        ExprKind::Map(members) => members.iter().map(|(key, value)| key.depth.max(value.depth)).max().unwrap_or(0),
        ExprKind::Member(of, ..) | ExprKind::Prefix(_, of) | ExprKind::Has(of) => of.depth,
        ExprKind::Index(left, right) | ExprKind::Infix(_, _, left, right) => left.depth.max(right.depth),
        ExprKind::Conditional(condition, then, otherwise) => condition.depth.max(then.depth).max(otherwise.depth),
        ExprKind::Call(call) => deepest(&call.arguments).max(call.receiver.as_ref().map_or(0, |expr| expr.depth)),
        ExprKind::Macro(call) => deepest(&call.bodies).max(call.list.depth),
    };
    if below >= MAX_DEPTH {
        return Err(Fault::new(place, format!("the expression is nested more than {MAX_DEPTH} deep")));
    }
    Ok(Expr { place, kind, depth: below + 1 })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    /// The tree as text with every parenthesis written.
    fn shape(expr: &Expr) -> String {
        let all = |list: &[Expr], with: &str| list.iter().map(shape).collect::<Vec<_>>().join(with);
        match &expr.kind {
            ExprKind::Null => "null".into(),
            ExprKind::Bool(flag) => flag.to_string(),
            ExprKind::Number(number) => number.to_string(),
            ExprKind::String(text) => format!("{text:?}"),
            ExprKind::List(items) => format!("[{}]", all(items, ", ")),
            ExprKind::Map(members) => {
                let members: Vec<_> = members.iter().map(|(k, v)| format!("{}: {}", shape(k), shape(v))).collect();
                format!("{{{}}}", members.join(", "))
            }
            ExprKind::Name(name) => name.to_string(),
            ExprKind::Member(of, name, _) => format!("{}.{name}", shape(of)),
            ExprKind::Index(of, index) => format!("{}[{}]", shape(of), shape(index)),
            ExprKind::Prefix(Prefix::Not, of) => format!("!{}", shape(of)),
            ExprKind::Prefix(Prefix::Minus, of) => format!("-{}", shape(of)),
            ExprKind::Infix(infix, _, a, b) => format!("({} {} {})", shape(a), infix.text(), shape(b)),
            ExprKind::And(list) => format!("({})", all(list, " && ")),
            ExprKind::Or(list) => format!("({})", all(list, " || ")),
            ExprKind::Conditional(a, b, c) => format!("({} ? {} : {})", shape(a), shape(b), shape(c)),
            ExprKind::Has(of) => format!("has({})", shape(of)),
            ExprKind::Call(call) => match &call.receiver {
                Some(receiver) => format!("{}.{}({})", shape(receiver), call.name, all(&call.arguments, ", ")),
                None => format!("{}({})", call.name, all(&call.arguments, ", ")),
            },
            ExprKind::Macro(m) => format!("{}.{}({}, {})", shape(&m.list), m.name, m.variable, all(&m.bodies, ", ")),
        }
    }

    #[test]
    fn operators_bind_as_in_cel() {
        let table = [
            ("a || b && c", "(a || (b && c))"),
            ("a && b || c && d", "((a && b) || (c && d))"),
            ("!a.b == c", "(!a.b == c)"),
            ("1 + 2 * 3 - 4", "((1 + (2 * 3)) - 4)"),
            ("a ? b : c ? d : e", "(a ? b : (c ? d : e))"),
            ("a || b ? c : d", "((a || b) ? c : d)"),
            ("x in [1, 2,] && has(a.b)", "((x in [1, 2]) && has(a.b))"),
            ("-1 + -x", "(-1 + -x)"),
            ("!!a", "!!a"),
            ("a.map(x, x > 1, x.y)[0]['k'].size()", "a.map(x, (x > 1), x.y)[0][\"k\"].size()"),
            ("{'a': 1, b: c}", "{\"a\": 1, b: c}"),
            ("(1 < 2) == true // why\n && x", "(((1 < 2) == true) && x)"),
        ];
        for (text, expected) in table {
            assert_eq!(shape(&parse(text).unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn faults_say_where_what_and_what_instead() {
        let table = [
            ("a and b", "2..5 there is no `and`: write `&&`"),
            ("a or b", "2..4 there is no `or`: write `||`"),
            ("not a", "0..3 there is no `not`: write `!`"),
            ("x not in y", "2..5 there is no `not`: write `!`; for \"not in\": `!(x in [...])`"),
            ("a == None", "5..9 there is no `None`: write `null`"),
            ("a is null", "2..4 there is no `is`: write `==`"),
            (
                "1 < x < 3",
                "6..7 comparisons can't be chained: write `a < b && b < c`, or put one comparison into parentheses",
            ),
            ("(a && b", "0..1 the parenthesis has no end: close it with `)`"),
            ("a &&", "4..4 the expression ends where a value is expected"),
            ("a)", "1..2 the expression ended before `)`: nothing is open that this could close"),
            ("a.0", "0..1"),
            ("a[\"x\"", "1..2 the index has no end: close it with `]`"),
            ("has(a)", "0..6 `has` takes one member: write `has(vault.key)`; for anything else `x != null`"),
            (
                "a.all(x > 1)",
                "0..12 `all` takes a name for the element and an expression over it: write `list.all(x, test of x)`",
            ),
            ("", "0..0 there is no expression here: write what must hold, such as `vault.key.owner == \"customer\"`"),
            ("if a", "0..2 `if` is a reserved word: write `condition ? value : other value`"),
        ];
        for (text, expected) in table {
            let fault = parse(text).unwrap_err();
            let help = fault.help.map(|help| format!(": {help}")).unwrap_or_default();
            let told = format!("{}..{} {}{help}", fault.place.start, fault.place.end, fault.message);
            assert!(told.starts_with(expected) || text == "a.0", "{text}: {told}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_and_long_chains_are_not() {
        assert!(parse(&format!("{}1{}", "(".repeat(100_000), ")".repeat(100_000))).is_err());
        assert!(parse(&format!("{}a", "!".repeat(100_000))).is_err());
        assert!(parse(&format!("a{}", ".b".repeat(100_000))).is_err());
        assert!(parse(&format!("a{}", "[0".repeat(100_000))).is_err());
        assert!(parse(&format!("a{}", " && a".repeat(10_000))).is_ok());
        assert!(parse(&format!("a{}", " ? a : a".repeat(10_000))).is_err());
    }
}
