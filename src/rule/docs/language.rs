//! The reference of rule files and of the check language.

use std::fmt::Write as _;

use crate::rule::file::KEYS;
use crate::rule::functions::{FUNCTIONS, Function, PREDICATES};

/// The reference in Markdown.
pub fn language() -> String {
    let mut text = HEAD.to_owned();
    for (name, what) in KEYS {
        let _ = writeln!(text, "| `{name}` | {what} |");
    }
    text.push_str(MIDDLE);
    for function in &FUNCTIONS {
        let _ = writeln!(text, "| `{}` | {} | `{}` |", signature(function), function.doc, function.example);
    }
    text.push_str(NAMED);
    for predicate in &PREDICATES {
        let _ = writeln!(text, "| `{}` | {} | `{}` |", signature(predicate), predicate.doc, predicate.example);
    }
    text.push_str(TAIL);
    text
}

fn signature(function: &Function) -> String {
    let all = function.arguments.iter().map(|shape| shape.name().trim_start_matches("a ")).enumerate();
    let required = function.arguments.len() - function.optional;
    let arguments: Vec<String> =
        all.map(|(at, name)| if at < required { name.to_owned() } else { format!("[{name}]") }).collect();
    let receiver =
        function.receiver.map(|shape| format!("{}.", shape.name().trim_start_matches("a "))).unwrap_or_default();
    format!("{receiver}{}({})", function.name, arguments.join(", "))
}

const HEAD: &str = r#"# Writing rules

A rule is one Markdown file: front matter, prose, a check, and examples, which are its tests. `strongroom rules new NAME`
writes one that passes its own test; `strongroom rules test DIR` runs the examples of all; `--rules DIR` uses them.

## Front matter

| key | meaning |
|---|---|
"#;

const MIDDLE: &str = r#"
`severity`, `subject` and `summary` are required. Texts (`message`, `label`, `help`, `note`) may hold expressions:
`{vault.name}`. Braces that do not look so, and `${...}`, are text; `{{vault.name}}` is the text `{vault.name}`.
`{address}` is where the subject is declared. What is not known shows as its path in parentheses.

## Check

A fenced block ` ```check ` holds one expression, which is true where all is well. Or several blocks, each with a name
(` ```check omitted `): they are asked in order, the first that does not hold speaks, with the texts and the severity that
`checks:` gives under its name.

An expression speaks of the subject by its class (`vault.key.owner`), of the whole unit (`unit.keys`), of parameters
(`params.max_days`), of the names that `select` binds, and of `address`. `strongroom rules model` lists the classes.
`resource.attributes` reaches into any resource as its language spells it; a nested block is a list of one, and
`attributes.bucket.resource` follows a reference to the resource of the unit that it names.

The syntax is CEL's, a subset of it:

| written | meaning |
|---|---|
| `null` `true` `false` `12` `1.5` `"text"` `'text'` `r"raw\d"` `[1, 2]` `{"a": 1}` | literals |
| `a.b` `a["b"]` `a[0]` | members and elements |
| `!a` `-a` `a * b` `a / b` `a % b` `a + b` `a - b` | |
| `a == b` `a != b` `a < b` `a <= b` `a > b` `a >= b` `a in list` | comparisons; they can't be chained |
| `a && b` `a \|\| b` `test ? a : b` | |
| `has(a.b)` | whether it is there |
| `list.all(x, test)` `list.exists(x, test)` `list.exists_one(x, test)` | tests over elements; over a map, its keys |
| `list.filter(x, test)` `list.map(x, value)` `list.map(x, test, value)` | lists made of lists |
| `// comment` | to the end of the line |

| function | what it gives | holds |
|---|---|---|
"#;

const NAMED: &str = r#"
### Other resources, and named predicates

What is hard to tell of a raw value has a name. Each predicate takes a property of any resource, as its language gives it
(a text, a map, a reference), and has three answers: true, false, and unknown with the reason. What decides is underlined:
the statement, the key, the property.

| function | what it gives | holds |
|---|---|---|
"#;

const TAIL: &str = r#"
### What is absent

What is not written, Terraform's `null` and CloudFormation's `AWS::NoValue` are one: absent, which is `null`.

- It equals `null` and nothing else: `a == "x"` does not hold, `a != "x"` does.
- Members of what is absent are absent. In a test it is not true. As a list it is empty.
- `<`, arithmetic and string functions have no answer for it, so that a check must say what holds then: `has(a) && a >= 3`
  (absent does not pass), `!has(a) || a >= 3` (absent passes). Forgetting it is a mistake that is told when the rule is read.

### What is unknown

Logic has three values. `false && unknown` is false, `true || unknown` is true; else unknown stays unknown, with its
reason, and so does what CEL calls an error (a division by zero, a wrong type). A rule says nothing where its check is
unknown: the subject is counted as undecided.

Where an answer hangs on a condition, a parameter or a variable, every world is looked at: the finding says in which ones
the check does not hold. A string of which only a part is known still answers `startsWith`, `endsWith`, `contains` and
`==` where that part decides.

### What compares with what

Numbers are whole (64 bits, `7 / 2` is 3) or have a point; they compare with each other. In values from the sources a
string that spells a number equals that number, and `"true"` equals `true`, because both languages convert them.

### What is underlined

The text that decided the attribute that was read last among those that decided; where that is the default of a parameter
or variable, the place where it is used; where nothing is written, the nearest block or key around it; at last the
subject's header. The other attributes that decided, and the chain from the attribute to its text (conditions, defaults,
module calls), are labels beside it. `a && b` is decided by its first part that is false, or by all that are true.

## Examples

A fence `yaml`, `json` or `hcl` with a verdict is an example; without one it is prose.

| fence | meaning |
|---|---|
| ` ```yaml fail ` | the rule speaks, always or by default |
| ` ```hcl pass ` | the rule says nothing |
| ` ```yaml conditional ` | the rule speaks of another world than the default one |
| ` ```hcl unknown ` | the rule can't tell |
| ` ```hcl fail file=main.tf `, then ` ```hcl file=variables.tf ` | an example of several files |
| ` ```yaml fail params={"max_days":180} ` | parameters that the example sets, as JSON without blanks |
| ` ```json fail error=/Resources/Vault ` | JSON has no comments: the expected place as a pointer |

A line that must be underlined ends with `# error`, `# warning`, `# advice`, or `# note` for a conditional finding; with a
colon, `# error: part of the message`. Without marks only the verdict is held. Every example is also run with CRLF line
ends, with a byte order mark, with letters beyond ASCII before it, with an unrelated resource, beside a passing example in
both orders, and as JSON where it is YAML: the findings must not change.
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_names_every_key_and_function() {
        let text = language();
        for (name, _) in KEYS {
            assert!(text.contains(&format!("| `{name}` |")), "{name}");
        }
        assert!(text.contains("| `string.substring(number, [number])` |"));
        assert!(text.contains("| `size(string, a list or a map)` |"));
    }
}
