//! What is so in every world: objects and their attributes, as far as nothing has to be decided to read them.
//!
//! Most of what a unit declares hangs on no input. There one reading serves all rules, and no world need be explored.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::evaluator::BlockId;
use super::schema::{Answer, Class, Object, class};
use super::stack::{Stack, memo_key};
use super::unit;
use crate::value::{Mode, Value};

/// One object, with those of its attributes that were read.
#[derive(Debug)]
pub struct Steady {
    object: Object,
    class: Option<&'static Class>,
    /// In the class's order. `None` inside: reading it decides something.
    attributes: Box<[OnceCell<Option<Read>>]>,
    /// What the class `resource` reads by the names that the languages give.
    written: Written,
}

/// An attribute that was read.
#[derive(Debug)]
struct Read {
    answer: Arc<Answer>,
    /// The objects of the answer.
    objects: Box<[Rc<Steady>]>,
}

/// Properties that were read: a chain, so that none moves when another is read.
#[derive(Debug, Default)]
struct Written(OnceCell<Box<Property>>);

#[derive(Debug)]
struct Property {
    name: Arc<str>,
    /// `None`: reading it decides something.
    value: Option<Value>,
    next: Written,
}

/// An attribute that is the same in every world.
#[derive(Clone, Copy, Debug)]
pub enum Reading<'a> {
    /// A plain value.
    Value(&'a Value),
    /// A thing.
    Object(&'a Steady),
    /// A list of things.
    Objects(&'a [Rc<Steady>]),
    /// Nothing is there.
    Absent,
}

/// The subjects of one block.
#[derive(Debug)]
pub struct Subjects {
    /// The block; the unit itself stands in none.
    pub block: Option<BlockId>,
    /// `None`: which they are must be decided.
    pub steady: Option<Box<[Rc<Steady>]>>,
}

/// What was read of one unit.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    subjects: HashMap<u64, Rc<[Subjects]>>,
    objects: HashMap<u64, Rc<Steady>>,
}

impl Stack<'_> {
    /// The subjects of a class (see [`Stack::blocks_of`]), block by block.
    pub fn steady_subjects(&self, of: &str, kinds: &[String]) -> Rc<[Subjects]> {
        let key = memo_key("subjects", &(of, kinds));
        if let Some(known) = self.shelf.borrow().subjects.get(&key) {
            return Rc::clone(known);
        }
        let subjects: Rc<[Subjects]> = if of == unit::UNIT.name {
            Rc::new([Subjects { block: None, steady: Some(Box::new([self.steady(&self.unit())])) }])
        } else {
            let of_block = |block| {
                let mut world = self.world(Mode::Free);
                let objects = self.objects_of(block, of, &mut world);
                let undecided = world.decisions() == 0;
                let steady = undecided.then(|| objects.iter().map(|object| self.steady(object)).collect());
                Subjects { block: Some(block), steady }
            };
            self.blocks_of(of, kinds).into_iter().map(of_block).collect()
        };
        self.shelf.borrow_mut().subjects.insert(key, Rc::clone(&subjects));
        subjects
    }

    fn steady(&self, object: &Object) -> Rc<Steady> {
        let key = memo_key("steady", &object.identity());
        let mut shelf = self.shelf.borrow_mut();
        let make = || {
            let class = class(object.class);
            let attributes = class.map_or(0, |class| class.attributes.len());
            let attributes = std::iter::repeat_with(OnceCell::new).take(attributes).collect();
            Rc::new(Steady { object: object.clone(), class, attributes, written: Written::default() })
        };
        Rc::clone(shelf.objects.entry(key).or_insert_with(make))
    }
}

impl Steady {
    /// The object.
    pub fn object(&self) -> &Object {
        &self.object
    }

    /// One of its attributes. `None`: it is not the same in every world, it can't be told, or there is none of this name.
    pub fn get(&self, name: &str, stack: &Stack<'_>) -> Option<Reading<'_>> {
        let at = self.class?.attributes.iter().position(|attribute| attribute.name == name)?;
        let read = self.attributes.get(at)?.get_or_init(|| {
            let attribute = self.class?.attributes.get(at)?;
            let mut world = stack.world(Mode::Free);
            let answer = stack.answer(attribute, &self.object, &mut world);
            if world.decisions() > 0 {
                return None;
            }
            let objects: Box<[Rc<Steady>]> = match &*answer {
                Answer::Object(object) => Box::new([stack.steady(object)]),
                Answer::Objects(objects, _) => objects.iter().map(|object| stack.steady(object)).collect(),
                Answer::Value(_) | Answer::Absent(_) | Answer::Unknown(..) => Box::default(),
            };
            Some(Read { answer, objects })
        });
        let read = read.as_ref()?;
        Some(match &*read.answer {
            Answer::Value(value) => Reading::Value(value),
            Answer::Object(_) => Reading::Object(read.objects.first()?),
            Answer::Objects(..) => Reading::Objects(&read.objects),
            Answer::Absent(_) => Reading::Absent,
            Answer::Unknown(..) => return None,
        })
    }

    /// A property of the resource that it is, by the name that its language gives it. `None`: as above.
    pub fn written(&self, name: &str, stack: &Stack<'_>) -> Option<&Value> {
        let instance = self.object.instance.as_ref()?;
        let mut place = &self.written;
        loop {
            let property = place.0.get_or_init(|| {
                let mut world = stack.world(Mode::Free);
                let value = stack.raw_property(instance, name, &mut world);
                let undecided = world.decisions() == 0;
                let value = undecided.then_some(value);
                Box::new(Property { name: name.into(), value, next: Written::default() })
            });
            if *property.name == *name {
                return property.value.as_ref();
            }
            place = &property.next;
        }
    }
}
