//! `alltrue anytrue chunklist compact concat distinct flatten range reverse setintersection setproduct setsubtract
//! setunion slice sort sum`.

use super::call::{Accepts, Answer, Call, Function, Returns, Stop};
use super::call::{any, fault, fixed, number, of, variadic, why, why_inside};
use super::collection::is_not_empty;
use super::json;
use crate::resolve::terraform::convert::{self as coerce, friendly};
use crate::resolve::terraform::number::Num;
use crate::resolve::terraform::types::Ty;
use crate::resolve::terraform::val::{Data, Val};
use crate::source::limits::MAX_DEPTH;
use crate::value::{Truth, Unknown, UnknownKind};

pub(super) const FUNCTIONS: &[Function] = &[
    fixed("alltrue", &[of("list", Accepts::Bools)], Returns::Bool, |call| all(call, false)),
    fixed("anytrue", &[of("list", Accepts::Bools)], Returns::Bool, |call| all(call, true)),
    fixed("chunklist", &[of("list", Accepts::List), number("size")], Returns::Present, chunklist),
    fixed("compact", &[of("list", Accepts::Strings)], Returns::Strings, compact),
    variadic("concat", &[], any("seqs"), Returns::Present, concat),
    fixed("distinct", &[of("list", Accepts::List)], Returns::Present, distinct),
    fixed("flatten", &[any("list")], Returns::Present, flatten),
    variadic("range", &[], number("params"), Returns::Numbers, range),
    fixed("reverse", &[any("list")], Returns::Present, reverse),
    variadic(
        "setintersection",
        &[of("first_set", Accepts::Set)],
        of("other_sets", Accepts::Set),
        Returns::Present,
        |call| set_operation(call, |found| found),
    ),
    variadic("setproduct", &[], any("sets"), Returns::Present, setproduct),
    fixed("setsubtract", &[of("a", Accepts::Set), of("b", Accepts::Set)], Returns::Present, |call| {
        set_operation(call, Truth::not)
    }),
    variadic("setunion", &[of("first_set", Accepts::Set)], of("other_sets", Accepts::Set), Returns::Present, setunion),
    fixed("slice", &[any("list"), number("start_index"), number("end_index")], Returns::Present, slice),
    fixed("sort", &[of("list", Accepts::Strings)], Returns::Strings, sort),
    fixed("sum", &[any("list")], Returns::Number, sum),
];

/// Most elements that `setproduct` gives.
const MAX_PRODUCT: usize = 100_000;

/// `alltrue` and `anytrue`: whether no element is false, or one is true.
fn all(call: &Call<'_>, wanted: bool) -> Answer {
    let mut open = None;
    for element in call.elements(0)? {
        match &element.data {
            Data::Bool(flag) if *flag == wanted => return Ok(call.bool(wanted)),
            // Null is not true.
            Data::Null if !wanted => return Ok(call.bool(false)),
            Data::Bool(_) | Data::Null => {}
            _ => open = open.or_else(|| why(element)),
        }
    }
    open.map_or_else(|| Ok(call.bool(!wanted)), |why| Err(why.into()))
}

fn chunklist(call: &Call<'_>) -> Answer {
    let (elements, size) = (call.elements(0)?, call.int(1)?);
    let ty = call.arg(0)?.ty.clone();
    let size = usize::try_from(size).map_err(|_| Stop::from("the size argument must be positive"))?;
    let chunk = |elements: &[Val]| call.make(Data::Sequence(elements.into()), ty.clone());
    let chunks = match (elements, size) {
        ([], _) => Vec::new(),
        (elements, 0) => vec![chunk(elements)],
        (elements, size) => elements.chunks(size).map(chunk).collect(),
    };
    Ok(call.list(chunks, ty.clone()))
}

fn compact(call: &Call<'_>) -> Answer {
    let mut kept = Vec::new();
    for element in call.elements(0)? {
        match &element.data {
            Data::Null => {}
            Data::String(text) if text.is_empty() => {}
            Data::String(_) => kept.push(element.clone()),
            _ if is_not_empty(element) => kept.push(element.clone()),
            _ => return Err(why(element).map_or_else(|| "unknown element".into(), Stop::Unknown)),
        }
    }
    Ok(call.list(kept, Ty::String))
}

fn concat(call: &Call<'_>) -> Answer {
    if call.args.is_empty() {
        return Err("at least one argument is required".into());
    }
    for (index, value) in call.args.iter().enumerate() {
        if !matches!(value.ty, Ty::List(_) | Ty::Tuple(_)) && (value.ty != Ty::Dynamic || why(value).is_none()) {
            return Err(fault(index, format!("all arguments must be lists or tuples; got {}", friendly(&value.ty))));
        }
    }
    if call.args.iter().all(|value| matches!(value.ty, Ty::List(_))) {
        let types: Vec<Ty> = call.args.iter().map(|value| value.ty.clone()).collect();
        if let Some(Ty::List(element)) = coerce::unify(&types) {
            let mut joined = Vec::new();
            for index in 0..call.args.len() {
                for value in call.elements(index)? {
                    joined.push(coerce::convert(value, &element).map_err(|why| fault(index, why))?);
                }
            }
            return Ok(call.list(joined, (*element).clone()));
        }
    }
    let mut joined = Vec::new();
    for index in 0..call.args.len() {
        joined.extend_from_slice(call.elements(index)?);
    }
    Ok(call.tuple(joined))
}

fn distinct(call: &Call<'_>) -> Answer {
    let mut kept: Vec<Val> = Vec::new();
    for element in call.elements(0)? {
        match kept.iter().fold(Truth::False, |found, other| found.or(coerce::equal(other, element))) {
            Truth::True => {}
            Truth::False => kept.push(element.clone()),
            Truth::Unknown(why) => return Err(why.into()),
        }
    }
    Ok(call.make(Data::Sequence(kept.into()), call.arg(0)?.ty.clone()))
}

fn flatten(call: &Call<'_>) -> Answer {
    let value = call.arg(0)?;
    if !is_sequence(&value.ty) && why(value).is_none() {
        return Err("can only flatten lists, sets and tuples".into());
    }
    let mut flat = Vec::new();
    flatten_into(call.elements(0)?, &mut flat, 0)?;
    Ok(call.tuple(flat))
}

fn is_sequence(ty: &Ty) -> bool {
    matches!(ty, Ty::List(_) | Ty::Set(_) | Ty::Tuple(_))
}

fn flatten_into(elements: &[Val], flat: &mut Vec<Val>, depth: usize) -> Result<(), Stop> {
    if depth > MAX_DEPTH {
        return Err(Unknown::new(UnknownKind::Limit, "the list is nested too deeply").into());
    }
    for element in elements {
        let open = match (&element.data, &element.ty) {
            (Data::Sequence(inner), _) => {
                flatten_into(inner, flat, depth + 1)?;
                continue;
            }
            (Data::Symbol(symbol), Ty::Dynamic) => !json::names_a_string(symbol),
            (Data::Unknown { .. } | Data::Input(..) | Data::Derived(_), Ty::Dynamic) => true,
            (Data::Symbol(_) | Data::Unknown { .. } | Data::Input(..) | Data::Derived(_), ty) => is_sequence(ty),
            _ => false,
        };
        match why(element).filter(|_| open) {
            Some(why) => return Err(why.into()),
            None => flat.push(element.clone()),
        }
    }
    Ok(())
}

fn range(call: &Call<'_>) -> Answer {
    let zero = Num::from_i64(0);
    let one = |down: bool| Num::from_i64(if down { -1 } else { 1 });
    let below = |a: &Num, b: &Num| a.compare(b).is_lt();
    let (start, end, step) = match call.args.len() {
        1 => (zero.clone(), call.num(0)?.clone(), one(below(call.num(0)?, &zero))),
        2 => (call.num(0)?.clone(), call.num(1)?.clone(), one(below(call.num(1)?, call.num(0)?))),
        3 => (call.num(0)?.clone(), call.num(1)?.clone(), call.num(2)?.clone()),
        _ => return Err("must have one, two, or three arguments".into()),
    };
    let down = below(&step, &zero);
    if down && below(&start, &end) {
        return Err(fault(1, "end must be less than start when step is negative"));
    }
    if !down && below(&end, &start) {
        return Err(fault(1, "end must be greater than start when step is positive"));
    }
    let mut numbers = Vec::new();
    let mut next = start;
    while if down { below(&end, &next) } else { below(&next, &end) } {
        if numbers.len() >= 1024 {
            return Err("more than 1024 values were generated; either decrease the difference between start and end or use a smaller step".into());
        }
        numbers.push(call.number(next.clone()));
        next = next.add(&step).map_err(|error| Stop::from(error.0))?;
    }
    Ok(call.list(numbers, Ty::Number))
}

fn reverse(call: &Call<'_>) -> Answer {
    let value = call.arg(0)?;
    if !is_sequence(&value.ty) && why(value).is_none() {
        return Err(fault(0, format!("can only reverse list or tuple values, not {}", friendly(&value.ty))));
    }
    let elements: Vec<Val> = call.elements(0)?.iter().rev().cloned().collect();
    match &value.ty {
        Ty::List(element) | Ty::Set(element) => Ok(call.list(elements, (**element).clone())),
        _ => Ok(call.tuple(elements)),
    }
}

/// The common element type of all arguments; empty sets of no type do not count.
fn set_element(call: &Call<'_>) -> Result<Ty, Stop> {
    let mut types = Vec::new();
    for value in &call.args {
        let empty = matches!(&value.data, Data::Sequence(elements) if elements.is_empty());
        match &value.ty {
            Ty::Set(element) if !(empty && **element == Ty::Dynamic) => types.push((**element).clone()),
            _ => {}
        }
    }
    coerce::unify(&types).ok_or_else(|| "given sets must all have compatible element types".into())
}

fn converted_elements(call: &Call<'_>, index: usize, ty: &Ty) -> Result<Vec<Val>, Stop> {
    let elements = call.elements(index)?.iter();
    elements.map(|element| coerce::convert(element, ty).map_err(|why| fault(index, why))).collect()
}

fn setunion(call: &Call<'_>) -> Answer {
    let ty = set_element(call)?;
    let mut joined = Vec::new();
    for index in 0..call.args.len() {
        joined.extend(converted_elements(call, index, &ty)?);
    }
    Ok(coerce::set(joined, ty, call.origin()))
}

/// Keeps the elements of the first set for which `keep` says so of "the other set has it", set by set.
fn set_operation(call: &Call<'_>, keep: fn(Truth) -> Truth) -> Answer {
    let ty = set_element(call)?;
    let mut kept = converted_elements(call, 0, &ty)?;
    for index in 1..call.args.len() {
        let other = converted_elements(call, index, &ty)?;
        let mut left = Vec::new();
        for element in kept {
            let found = other.iter().fold(Truth::False, |found, other| found.or(coerce::equal(&element, other)));
            match keep(found) {
                Truth::True => left.push(element),
                Truth::False => {}
                Truth::Unknown(why) => return Err(why.into()),
            }
        }
        kept = left;
    }
    Ok(coerce::set(kept, ty, call.origin()))
}

fn setproduct(call: &Call<'_>) -> Answer {
    if call.args.len() < 2 {
        return Err("at least two arguments are required".into());
    }
    let mut types = Vec::new();
    let mut ordered = true;
    for (index, value) in call.args.iter().enumerate() {
        types.push(match &value.ty {
            Ty::Set(element) => {
                ordered = false;
                (**element).clone()
            }
            Ty::List(element) => (**element).clone(),
            Ty::Tuple(of) => coerce::unify(of).ok_or_else(|| fault(index, "all elements must be of the same type"))?,
            _ if why(value).is_some() => return Err(call.stop(index)),
            _ => return Err(fault(index, "a set or a list is required")),
        });
    }
    let ty = Ty::Tuple(types.clone().into());
    let mut rows: Vec<Vec<Val>> = vec![Vec::new()];
    for (index, of) in types.iter().enumerate() {
        let column = converted_elements(call, index, of)?;
        if rows.len().saturating_mul(column.len()) > MAX_PRODUCT {
            let why = format!("setproduct would give more than {MAX_PRODUCT} elements");
            return Err(Unknown::new(UnknownKind::Limit, why).into());
        }
        rows = rows
            .iter()
            .flat_map(|row| column.iter().map(move |next| [&row[..], std::slice::from_ref(next)].concat()))
            .collect();
    }
    let elements = rows.into_iter().map(|row| call.make(Data::Sequence(row.into()), ty.clone())).collect();
    if ordered { Ok(call.list(elements, ty)) } else { Ok(coerce::set(elements, ty, call.origin())) }
}

fn slice(call: &Call<'_>) -> Answer {
    let value = call.arg(0)?;
    match &value.ty {
        Ty::List(_) | Ty::Tuple(_) => {}
        Ty::Set(_) => {
            return Err(fault(
                0,
                "cannot slice a set, because its elements do not have indices; explicitly convert to a list if the ordering of the result is not important",
            ));
        }
        _ if why(value).is_some() => return Err(call.stop(0)),
        _ => return Err(fault(0, "must be a list or tuple value")),
    }
    let elements = call.elements(0)?;
    let bound = |index: usize, which: &str| -> Result<usize, Stop> {
        let at = call.int(index)?;
        let at = usize::try_from(at).map_err(|_| fault(index, format!("{which} index must not be less than zero")))?;
        if at > elements.len() {
            return Err(fault(index, format!("{which} index must not be greater than the length of the list")));
        }
        Ok(at)
    };
    let (start, end) = (bound(1, "start")?, bound(2, "end")?);
    let part = elements.get(start..end).ok_or_else(|| fault(1, "start index must not be greater than end index"))?;
    match &value.ty {
        Ty::List(_) => Ok(call.make(Data::Sequence(part.into()), value.ty.clone())),
        _ => Ok(call.tuple(part.to_vec())),
    }
}

fn sort(call: &Call<'_>) -> Answer {
    let elements = call.elements(0)?;
    let mut texts = Vec::with_capacity(elements.len());
    for (at, element) in elements.iter().enumerate() {
        match &element.data {
            Data::String(text) => texts.push((&**text, element)),
            Data::Null => return Err(format!("given list element {at} is null; a null string cannot be sorted").into()),
            // One element is in order, whatever it is.
            _ if elements.len() == 1 && !matches!(element.data, Data::Unknown { .. }) => {
                return Ok(call.list(elements.to_vec(), Ty::String));
            }
            _ => return Err(why(element).map_or_else(|| "unknown element".into(), Stop::Unknown)),
        }
    }
    texts.sort_by(|a, b| a.0.cmp(b.0));
    Ok(call.list(texts.into_iter().map(|(_, element)| element.clone()).collect(), Ty::String))
}

fn sum(call: &Call<'_>) -> Answer {
    let value = call.arg(0)?;
    let wrong = || fault(0, "argument must be list, set, or tuple of number values");
    match (&value.data, &value.ty) {
        (Data::Mapping(members), _) if members.is_empty() => return Err(fault(0, "cannot sum an empty list")),
        (Data::Mapping(_), ty) => {
            let ty = friendly(ty);
            return Err(fault(0, format!("argument must be list, set, or tuple. Received {ty}")));
        }
        (Data::Sequence(elements), _) if elements.is_empty() => return Err(fault(0, "cannot sum an empty list")),
        (Data::Sequence(_), _) => {}
        (Data::Bool(_) | Data::Number(_) | Data::String(_) | Data::Text(_), _) => {
            return Err(fault(0, "cannot sum noniterable"));
        }
        _ => return Err(call.stop(0)),
    }
    let mut total: Option<Num> = None;
    for element in call.elements(0)? {
        let number = coerce::convert(element, &Ty::Number).map_err(|_| wrong())?;
        total = Some(match (&number.data, total) {
            (Data::Number(number), None) => number.clone(),
            (Data::Number(number), Some(total)) => total.add(number).map_err(|error| Stop::from(error.0))?,
            (Data::Null, _) => return Err(wrong()),
            _ => return Err(why_inside(&number).map_or_else(wrong, Stop::Unknown)),
        });
    }
    total.map(|total| call.number(total)).ok_or_else(wrong)
}
