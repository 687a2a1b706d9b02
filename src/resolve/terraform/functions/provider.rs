//! Functions of providers that are pure: `provider::terraform::...` and the ARN functions of the AWS provider.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::call::{Answer, Call, Function, Returns, Stop, fault, fixed, nullable, string, too_long, why_inside};
use super::excerpt;
use crate::resolve::terraform::val::{Data, Val};
use crate::source::limits::{MAX_DEPTH, MAX_STRING_BYTES};
use crate::value::{Unknown, UnknownKind};

pub(super) const FUNCTIONS: &[Function] = &[
    fixed(
        "provider::aws::arn_build",
        &[string("partition"), string("service"), string("region"), string("account_id"), string("resource")],
        Returns::String,
        arn_build,
    ),
    fixed("provider::aws::arn_parse", &[string("arn")], Returns::Present, arn_parse),
    fixed("provider::aws::trim_iam_role_path", &[string("arn")], Returns::String, trim_iam_role_path),
    fixed("provider::terraform::decode_tfvars", &[string("src")], Returns::Present, |call| {
        call.str(0)?;
        Err(Stop::Unknown(Unknown::new(UnknownKind::Unsupported, "decode_tfvars is not evaluated")))
    }),
    fixed("provider::terraform::encode_expr", &[nullable("value")], Returns::String, |call| {
        let mut text = String::new();
        expression(call.arg(0)?, 0, &mut text)?;
        Ok(call.string(text))
    }),
    fixed("provider::terraform::encode_tfvars", &[nullable("value")], Returns::String, encode_tfvars),
];

fn encode_tfvars(call: &Call<'_>) -> Answer {
    let value = call.arg(0)?;
    let members = match &value.data {
        Data::Mapping(members) => members,
        Data::Null => return Err(fault(0, "cannot encode a null value in tfvars syntax")),
        _ if why_inside(value).is_some() => return Err(call.stop(0)),
        _ => return Err(fault(0, "invalid value to encode: must be an object")),
    };
    let mut text = String::new();
    for (name, member) in members.iter() {
        if !is_identifier(name) {
            return Err(fault(0, format!("invalid variable name {name:?}: must be a valid identifier")));
        }
        text.push_str(name);
        text.push_str(" = ");
        expression(member, 0, &mut text)?;
        text.push('\n');
    }
    Ok(call.string(text))
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// A value in HCL's syntax, laid out as `hclwrite` does.
fn expression(value: &Val, depth: usize, out: &mut String) -> Result<(), Stop> {
    if depth > MAX_DEPTH || out.len() > MAX_STRING_BYTES {
        return Err(too_long().into());
    }
    match &value.data {
        Data::Null => out.push_str("null"),
        Data::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Data::Number(number) => out.push_str(&number.to_string()),
        Data::String(text) => quoted(text, out),
        Data::Sequence(elements) => {
            out.push('[');
            for (at, element) in elements.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                // The layout indents by lines, and a list opens none.
                expression(element, depth, out)?;
            }
            out.push(']');
        }
        Data::Mapping(members) => {
            out.push('{');
            let key = |name: &str| {
                let mut text = String::new();
                if is_identifier(name) {
                    text.push_str(name)
                } else {
                    quoted(name, &mut text)
                }
                text
            };
            let width = members.keys().map(|name| key(name).chars().count()).max().unwrap_or(0);
            for (name, member) in members.iter() {
                let key = key(name);
                let pad = " ".repeat(width - key.chars().count());
                out.push_str(&format!("\n{}{key}{pad} = ", "  ".repeat(depth + 1)));
                expression(member, depth + 1, out)?;
            }
            if !members.is_empty() {
                out.push_str(&format!("\n{}", "  ".repeat(depth)));
            }
            out.push('}');
        }
        _ => return Err(why_inside(value).map_or_else(|| "unknown value".into(), Stop::Unknown)),
    }
    Ok(())
}

fn quoted(text: &str, out: &mut String) {
    out.push('"');
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '$' | '%' if chars.peek() == Some(&'{') => {
                out.push(c);
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// The sections of an ARN: partition, service, region, account, resource.
fn sections(arn: &str) -> Result<[&str; 5], Stop> {
    if !arn.starts_with("arn:") {
        return Err(fault(0, format!("ARN {:?}: invalid prefix", excerpt(arn))));
    }
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        [_, partition, service, region, account, resource] => Ok([partition, service, region, account, resource]),
        _ => Err(fault(0, format!("ARN {:?}: not enough sections", excerpt(arn)))),
    }
}

fn arn_parse(call: &Call<'_>) -> Answer {
    let found = sections(call.str(0)?)?;
    let names = ["partition", "service", "region", "account_id", "resource"];
    let members: BTreeMap<Arc<str>, Val> =
        names.into_iter().zip(found).map(|(name, text)| (name.into(), call.string(text))).collect();
    Ok(call.object(members))
}

fn arn_build(call: &Call<'_>) -> Answer {
    let mut joined = vec![crate::value::Part::Literal("arn".into())];
    for value in &call.args {
        joined.push(crate::value::Part::Literal(":".into()));
        joined.extend(super::string::parts(value));
    }
    Ok(call.text(joined))
}

fn trim_iam_role_path(call: &Call<'_>) -> Answer {
    let arn = call.str(0)?;
    let [partition, service, region, account, resource] = sections(arn)?;
    if service != "iam" || !region.is_empty() {
        return Err(fault(0, format!("{:?} is no ARN of an IAM role", excerpt(arn))));
    }
    let name = resource.strip_prefix("role/").and_then(|path| path.rsplit('/').next());
    let name = name.ok_or_else(|| fault(0, format!("{:?} is no ARN of an IAM role", excerpt(arn))))?;
    Ok(call.string(format!("arn:{partition}:{service}:{region}:{account}:role/{name}")))
}
