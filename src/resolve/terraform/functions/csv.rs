//! `csvdecode`, as strict as Go's `encoding/csv`: quotes stand around whole fields only, and every row has as many
//! fields as the header.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::call::{Answer, Call, Function, Returns, fixed, string};
use crate::resolve::terraform::types::Ty;
use crate::resolve::terraform::val::Data;

pub(super) const FUNCTIONS: &[Function] = &[fixed("csvdecode", &[string("str")], Returns::Present, csvdecode)];

fn csvdecode(call: &Call<'_>) -> Answer {
    let mut rows = records(call.str(0)?)?.into_iter();
    let (_, header) = rows.next().ok_or("missing header line")?;
    let mut types: BTreeMap<Arc<str>, Ty> = BTreeMap::new();
    for name in &header {
        if types.insert(name.as_str().into(), Ty::String).is_some() {
            return Err(format!("duplicate column name {name:?}").into());
        }
    }
    let ty = Ty::Object(Arc::new(types));
    let mut objects = Vec::new();
    for (line, row) in rows {
        if row.len() != header.len() {
            return Err(format!("CSV parse error on line {line}: wrong number of fields").into());
        }
        let members = header.iter().zip(row).map(|(name, field)| (Arc::from(name.as_str()), call.string(field)));
        objects.push(call.make(Data::Mapping(Arc::new(members.collect())), ty.clone()));
    }
    Ok(call.list(objects, ty))
}

/// Rows with the line that each starts on; empty lines are no rows.
fn records(text: &str) -> Result<Vec<(usize, Vec<String>)>, String> {
    let text = text.replace("\r\n", "\n");
    let mut rest = text.strip_suffix('\r').unwrap_or(&text);
    let mut records = Vec::new();
    let mut line = 1;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('\n') {
            rest = after;
            line += 1;
            continue;
        }
        let first = line;
        let mut fields = Vec::new();
        loop {
            let (field, after) = match rest.strip_prefix('"') {
                Some(quoted) => quoted_field(quoted, &mut line)?,
                None => bare_field(rest, line)?,
            };
            fields.push(field);
            match after.strip_prefix(',') {
                Some(more) => rest = more,
                None => {
                    rest = after.strip_prefix('\n').unwrap_or(after);
                    line += 1;
                    break;
                }
            }
        }
        records.push((first, fields));
    }
    Ok(records)
}

fn bare_field(text: &str, line: usize) -> Result<(String, &str), String> {
    let end = text.find([',', '\n']).unwrap_or(text.len());
    let (field, rest) = text.split_at(end);
    if field.contains('"') {
        return Err(format!("CSV parse error on line {line}: bare \" in non-quoted-field"));
    }
    Ok((field.to_owned(), rest))
}

fn quoted_field<'t>(text: &'t str, line: &mut usize) -> Result<(String, &'t str), String> {
    let wrong = |line: &usize| format!("CSV parse error on line {line}: extraneous or missing \" in quoted-field");
    let mut field = String::new();
    let mut rest = text;
    loop {
        let end = rest.find('"').ok_or_else(|| wrong(line))?;
        field.push_str(&rest[..end]);
        *line += rest[..end].matches('\n').count();
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(after) => {
                field.push('"');
                rest = after;
            }
            None if rest.is_empty() || rest.starts_with([',', '\n']) => return Ok((field, rest)),
            None => return Err(wrong(line)),
        }
    }
}
