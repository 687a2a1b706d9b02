//! The functions of the check language: one table for the type checker, the evaluator and the documentation.

use super::syntax::Number;

/// What a function takes or gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    Number,
    Bool,
    /// A list of anything.
    List,
    /// A list of texts.
    Texts,
    /// A text, a list or a map.
    Sized,
    /// A regular expression: a literal, or a parameter of the rule.
    Regex,
    /// A text, a number or a boolean.
    Scalar,
    /// Anything that a property holds; it may be absent.
    Value,
    /// A policy document: a property that holds one, or a policy of the model.
    Document,
    /// An object of class `key`.
    Key,
    /// An object of class `policy`.
    Policy,
    /// A list of objects of class `resource`.
    Resources,
}

impl Shape {
    pub(super) fn name(self) -> &'static str {
        match self {
            Shape::Text => "a string",
            Shape::Number => "a number",
            Shape::Bool => "true or false",
            Shape::List => "a list",
            Shape::Texts => "a list of strings",
            Shape::Sized => "a string, a list or a map",
            Shape::Regex => "a regular expression",
            Shape::Scalar => "a string, a number or a boolean",
            Shape::Value => "a value",
            Shape::Document => "a policy document",
            Shape::Key => "a key",
            Shape::Policy => "a policy",
            Shape::Resources => "a list of resources",
        }
    }
}

/// A function.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: &'static str,
    /// What stands before the dot, or nothing.
    pub(super) receiver: Option<Shape>,
    pub(super) arguments: &'static [Shape],
    /// How many of the last arguments may be left out.
    pub(super) optional: usize,
    pub(super) result: Shape,
    /// One sentence.
    pub(super) doc: &'static str,
    /// An expression that holds; a test evaluates it.
    pub(super) example: &'static str,
}

const fn method(
    name: &'static str,
    receiver: Shape,
    arguments: &'static [Shape],
    result: Shape,
    doc: &'static str,
    example: &'static str,
) -> Function {
    Function { name, receiver: Some(receiver), arguments, optional: 0, result, doc, example }
}

const fn global(
    name: &'static str,
    argument: &'static [Shape],
    result: Shape,
    doc: &'static str,
    example: &'static str,
) -> Function {
    Function { name, receiver: None, arguments: argument, optional: 0, result, doc, example }
}

use Shape::{Bool, List, Number as Num, Regex, Scalar, Sized, Text, Texts};

/// All functions; `has` and the macros over lists are syntax.
pub(super) static FUNCTIONS: [Function; 18] = [
    global(
        "size",
        &[Sized],
        Num,
        "Characters of a string, elements of a list, members of a map; what is absent has none.",
        "size([1, 2]) == 2",
    ),
    method("size", Sized, &[], Num, "The same.", "'abc'.size() == 3"),
    method("startsWith", Text, &[Text], Bool, "Whether the string begins so.", "'aws:kms'.startsWith('aws')"),
    method("endsWith", Text, &[Text], Bool, "Whether the string ends so.", "'aws:kms'.endsWith('kms')"),
    method("contains", Text, &[Text], Bool, "Whether the string has this part.", "'aws:kms'.contains(':')"),
    method(
        "matches",
        Text,
        &[Regex],
        Bool,
        "Whether a regular expression (RE2's syntax) matches somewhere in the string; anchor it with `^` and `$`.",
        "'vault-1'.matches('^[a-z]+-[0-9]$')",
    ),
    method("lowerAscii", Text, &[], Text, "ASCII letters in lower case.", "'AbC'.lowerAscii() == 'abc'"),
    method("upperAscii", Text, &[], Text, "ASCII letters in upper case.", "'AbC'.upperAscii() == 'ABC'"),
    method("trim", Text, &[], Text, "Without blanks around.", "' a '.trim() == 'a'"),
    method("replace", Text, &[Text, Text], Text, "Every occurrence replaced.", "'a-b-c'.replace('-', '.') == 'a.b.c'"),
    method("split", Text, &[Text], Texts, "The parts between separators.", "'a,b'.split(',') == ['a', 'b']"),
    Function {
        name: "substring",
        receiver: Some(Text),
        arguments: &[Num, Num],
        optional: 1,
        result: Text,
        doc: "The characters from one position (from 0) up to another, or to the end.",
        example: "'abcd'.substring(1, 3) == 'bc'",
    },
    method(
        "indexOf",
        Text,
        &[Text],
        Num,
        "Position (from 0) of the first occurrence, or -1.",
        "'abc'.indexOf('c') == 2",
    ),
    Function {
        name: "join",
        receiver: Some(List),
        arguments: &[Text],
        optional: 1,
        result: Text,
        doc: "The strings of a list, with a separator between.",
        example: "['a', 'b'].join('-') == 'a-b'",
    },
    global("int", &[Scalar], Num, "The number without its fraction; a string is read as a number.", "int('30') == 30"),
    global("double", &[Scalar], Num, "The number with a fraction.", "double('1.5') == 1.5"),
    global("string", &[Scalar], Text, "The text of a number or a boolean.", "string(30) == '30'"),
    global("bool", &[Scalar], Bool, "The boolean that \"true\" or \"false\" spells.", "bool('true')"),
];

/// What the model answers: other resources, and named predicates, which are what is hard to tell of a raw value.
pub(super) static PREDICATES: [Function; 8] = [
    global(
        "resources",
        &[Text],
        Shape::Resources,
        "The resources of the unit that have this type, in this world: for what belongs to a resource and is declared as a resource of its own, as most of S3's settings are in Terraform.",
        "size(resources('AWS::S3::Bucket')) == 0",
    ),
    global(
        "isCustomerKey",
        &[Shape::Value],
        Bool,
        "Whether it names a KMS key of the customer, by ARN, id, alias or reference. No value and `alias/aws/...` are none: false. Unknown where what it names is not told by the code.",
        "!isCustomerKey('alias/aws/sqs')",
    ),
    global(
        "keyOf",
        &[Shape::Value],
        Shape::Key,
        "The KMS key of the unit that it names, also through an alias or a look-up, as a `key` of the model. `null` where it names no key of the customer, unknown where that key is declared elsewhere.",
        "keyOf(null) == null",
    ),
    global(
        "canRotate",
        &[Shape::Value],
        Bool,
        "Whether KMS can rotate the key that it names by itself: a symmetric key with material of KMS, or a replica of one. False where it names no key of the customer, unknown where that key is declared elsewhere.",
        "!canRotate('alias/aws/sqs')",
    ),
    global(
        "isRotated",
        &[Shape::Value],
        Bool,
        "Whether automatic rotation of the key that it names is on; a replica is rotated with its primary. False and unknown as for `canRotate`.",
        "!isRotated(null)",
    ),
    global(
        "policyOf",
        &[Shape::Value],
        Shape::Policy,
        "The policy document that it is: JSON text, a map, or a data source's, as a `policy` of the model, with its statements and what they say of principals and conditions. `null` where it is absent.",
        "policyOf(null) == null",
    ),
    global(
        "isPublic",
        &[Shape::Document],
        Bool,
        "Whether a statement allows everybody: principal `*`, and no condition that narrows it to an account, an organisation, a source or a principal, and no Deny that takes all of it away from everybody else. Unknown where an effect, a principal or a Deny that decides is.",
        "isPublic({'Statement': [{'Effect': 'Allow', 'Principal': '*', 'Action': 'sqs:*', 'Resource': '*'}]})",
    ),
    global(
        "allows",
        &[Shape::Document, Text, Text],
        Bool,
        "Whether it lets a principal (`'*'`, an account id, the ARN of a role or user, `'sns.amazonaws.com'`) do an action on some resource. A Deny of all that is given makes it false. Unknown where it hangs on a condition, or on the policies of the principal's account.",
        "!allows({'Statement': []}, 's3:GetObject', '*')",
    ),
];

/// Whether a function of this name is a named predicate.
pub(super) fn is_predicate(name: &str) -> bool {
    PREDICATES.iter().any(|predicate| predicate.name == name)
}

/// All functions and predicates.
pub(super) fn functions() -> impl Iterator<Item = &'static Function> {
    FUNCTIONS.iter().chain(&PREDICATES)
}

/// The function that is called so, with or without a receiver.
pub(super) fn function(name: &str, method: bool) -> Option<&'static Function> {
    functions().find(|function| function.name == name && function.receiver.is_some() == method)
}

/// A plain value that a function computes on.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Plain {
    Bool(bool),
    Number(Number),
    Text(String),
    Texts(Vec<String>),
}

/// Computes a function of strings and numbers on known values, the receiver first.
///
/// # Errors
/// A phrase that says why there is no result.
pub(super) fn compute(name: &str, arguments: &[Plain]) -> Result<Plain, String> {
    use Plain::{Bool, Number as N, Text, Texts};
    Ok(match (name, arguments) {
        ("startsWith", [Text(text), Text(part)]) => Bool(text.starts_with(part.as_str())),
        ("endsWith", [Text(text), Text(part)]) => Bool(text.ends_with(part.as_str())),
        ("contains", [Text(text), Text(part)]) => Bool(text.contains(part.as_str())),
        ("lowerAscii", [Text(text)]) => Text(text.to_ascii_lowercase()),
        ("upperAscii", [Text(text)]) => Text(text.to_ascii_uppercase()),
        ("trim", [Text(text)]) => Text(text.trim().to_owned()),
        ("replace", [Text(text), Text(from), Text(to)]) => Text(text.replace(from.as_str(), to)),
        ("split", [Text(text), Text(separator)]) => Texts(split(text, separator)),
        ("indexOf", [Text(text), Text(part)]) => {
            let at = text.find(part.as_str()).and_then(|at| i64::try_from(text[..at].chars().count()).ok());
            N(Number::Int(at.unwrap_or(-1)))
        }
        ("substring", [Text(text), N(from)]) => Text(substring(text, *from, None)?),
        ("substring", [Text(text), N(from), N(to)]) => Text(substring(text, *from, Some(*to))?),
        ("join", [Texts(items)]) => Text(items.concat()),
        ("join", [Texts(items), Text(separator)]) => Text(items.join(separator)),
        ("string", [value]) => Text(value.to_string()),
        ("int", [value]) => N(Number::Int(to_int(value)?)),
        ("double", [value]) => {
            let number = number_of(value).ok_or_else(|| format!("{value:?} is no number"))?;
            N(Number::Double(number.as_f64()))
        }
        ("bool", [Bool(flag)]) => Bool(*flag),
        ("bool", [Text(text)]) if text.eq_ignore_ascii_case("true") => Bool(true),
        ("bool", [Text(text)]) if text.eq_ignore_ascii_case("false") => Bool(false),
        _ => return Err(format!("`{name}` can't take such a value")),
    })
}

fn split(text: &str, separator: &str) -> Vec<String> {
    if separator.is_empty() {
        return text.chars().map(String::from).collect();
    }
    text.split(separator).map(str::to_owned).collect()
}

fn substring(text: &str, from: Number, to: Option<Number>) -> Result<String, String> {
    let length = text.chars().count();
    let position = |number: Number| match number {
        Number::Int(int) => usize::try_from(int).ok().filter(|at| *at <= length),
        Number::Double(_) => None,
    };
    let from = position(from).ok_or("the position lies outside of the string")?;
    let to =
        to.map_or(Some(length), position).filter(|to| *to >= from).ok_or("the position lies outside of the string")?;
    Ok(text.chars().skip(from).take(to - from).collect())
}

fn number_of(value: &Plain) -> Option<Number> {
    match value {
        Plain::Number(number) => Some(*number),
        Plain::Text(text) => Number::from_text(text),
        _ => None,
    }
}

fn to_int(value: &Plain) -> Result<i64, String> {
    match number_of(value) {
        Some(Number::Int(int)) => Ok(int),
        #[allow(clippy::cast_possible_truncation, reason = "the range is checked; the fraction is to be dropped")]
        Some(Number::Double(double)) if double.abs() < 9.0e18 => Ok(double.trunc() as i64),
        _ => Err(format!("{value:?} is no whole number")),
    }
}

impl std::fmt::Display for Plain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Plain::Bool(flag) => write!(f, "{flag}"),
            Plain::Number(number) => write!(f, "{number}"),
            Plain::Text(text) => f.write_str(text),
            Plain::Texts(texts) => f.write_str(&texts.join(", ")),
        }
    }
}
