//! What was read of a unit under the facts of one branch of its decision tree, for all rules.
//!
//! Most of what a unit declares hangs on few inputs or on none. Where reading it decides nothing more, one reading serves
//! every rule; where it does, the branch splits, and what is read further on belongs to one of its two halves.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::evaluator::BlockId;
use super::schema::{Answer, Class, Object, class};
use super::stack::{Stack, memo_key};
use super::unit;
use crate::value::{Fact, Mode, Test, Value, World};

/// A branch of the decision tree, over every world that the unit accepts.
#[derive(Debug, Default)]
pub struct Branch {
    facts: Vec<Fact>,
    blocks: RefCell<HashMap<u64, Rc<Subjects>>>,
    objects: RefCell<HashMap<u64, Rc<Steady>>>,
    halves: RefCell<Vec<(Test, [Rc<Branch>; 2])>>,
    possible: OnceCell<bool>,
}

/// The subjects of one block: in a branch, the same in all its worlds. `Err`: what must be decided to know them.
pub type Subjects = Result<Box<[Rc<Steady>]>, Test>;

/// The blocks that may declare subjects of one class; the unit itself stands in none. With what the whole tree's trunk,
/// where nothing is decided, knows of each.
pub type Blocks = Rc<[(Option<BlockId>, Rc<Subjects>)]>;

/// One object in one branch, with those of its attributes that were read.
#[derive(Debug)]
pub struct Steady {
    object: Object,
    class: Option<&'static Class>,
    /// In the class's order.
    attributes: Box<[OnceCell<Result<Read, Test>>]>,
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
    value: Result<Value, Test>,
    next: Written,
}

/// What an attribute is in all worlds of a branch.
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

/// Why there is no reading.
#[derive(Clone, Copy, Debug)]
pub enum NotRead<'a> {
    /// This must be decided first.
    Decides(&'a Test),
    /// It can't be told, or there is nothing of this name.
    Untold,
}

impl Stack<'_> {
    /// The blocks of [`Stack::blocks_of`] with their subjects as far as nothing need be decided.
    pub fn steady_blocks(&self, of: &str, kinds: &[String]) -> Blocks {
        let key = memo_key("blocks", &(of, kinds));
        if let Some(known) = self.blocks.borrow().get(&key) {
            return Rc::clone(known);
        }
        let ids: Vec<Option<BlockId>> =
            if of == unit::UNIT.name { vec![None] } else { self.blocks_of(of, kinds).into_iter().map(Some).collect() };
        let blocks: Blocks = ids.into_iter().map(|id| (id, self.trunk.subjects(id, of, self))).collect();
        self.blocks.borrow_mut().insert(key, Rc::clone(&blocks));
        blocks
    }
}

impl Branch {
    /// The subjects of a class that one block declares here.
    pub fn subjects(&self, block: Option<BlockId>, of: &str, stack: &Stack<'_>) -> Rc<Subjects> {
        let key = memo_key("subjects", &(block, of));
        if let Some(known) = self.blocks.borrow().get(&key) {
            return Rc::clone(known);
        }
        let subjects = Rc::new(match block {
            None => Ok(Box::from([self.steady(&stack.unit())])),
            Some(block) => {
                self.read(stack, |world| stack.objects_of(block, of, world)).map(|objects| self.all(&objects))
            }
        });
        self.blocks.borrow_mut().insert(key, Rc::clone(&subjects));
        subjects
    }

    /// The two branches that a decision makes of this one: where it holds, and where it does not.
    pub fn halves(&self, test: &Test) -> [Rc<Branch>; 2] {
        let mut halves = self.halves.borrow_mut();
        if let Some((_, both)) = halves.iter().find(|(of, _)| of == test) {
            return both.clone();
        }
        let both = [true, false].map(|holds| {
            let mut facts = self.facts.clone();
            facts.push(Fact { test: test.clone(), holds });
            Rc::new(Branch { facts, ..Branch::default() })
        });
        halves.push((test.clone(), both.clone()));
        both
    }

    /// Whether the unit accepts any of its worlds.
    pub fn is_possible(&self, stack: &Stack<'_>) -> bool {
        *self.possible.get_or_init(|| stack.is_possible(Mode::Free, &self.facts))
    }

    /// What `read` gives; or what it decides first.
    fn read<'s, T>(&self, stack: &Stack<'s>, read: impl FnOnce(&mut World<'s>) -> T) -> Result<T, Test> {
        let mut world = stack.world(Mode::Free).with_facts(&self.facts);
        let result = read(&mut world);
        match world.decision(self.facts.len()) {
            Some(test) => Err(test.clone()),
            None => Ok(result),
        }
    }

    fn all(&self, objects: &[Object]) -> Box<[Rc<Steady>]> {
        objects.iter().map(|object| self.steady(object)).collect()
    }

    fn steady(&self, object: &Object) -> Rc<Steady> {
        let key = memo_key("steady", &object.identity());
        let make = || {
            let class = class(object.class);
            let attributes = class.map_or(0, |class| class.attributes.len());
            let attributes = std::iter::repeat_with(OnceCell::new).take(attributes).collect();
            Rc::new(Steady { object: object.clone(), class, attributes, written: Written::default() })
        };
        Rc::clone(self.objects.borrow_mut().entry(key).or_insert_with(make))
    }
}

impl Steady {
    /// The object.
    pub fn object(&self) -> &Object {
        &self.object
    }

    /// One of its attributes in its branch.
    ///
    /// # Errors
    /// Why it is not the same in all worlds there, or not known.
    pub fn get(&self, name: &str, branch: &Branch, stack: &Stack<'_>) -> Result<Reading<'_>, NotRead<'_>> {
        let attributes = self.class.map_or(&[][..], |class| class.attributes);
        let at = attributes.iter().position(|attribute| attribute.name == name).ok_or(NotRead::Untold)?;
        let (Some(attribute), Some(place)) = (attributes.get(at), self.attributes.get(at)) else {
            return Err(NotRead::Untold);
        };
        let read = place.get_or_init(|| {
            let answer = branch.read(stack, |world| stack.answer(attribute, &self.object, world))?;
            let objects = match &*answer {
                Answer::Object(object) => Box::from([branch.steady(object)]),
                Answer::Objects(objects, _) => branch.all(objects),
                Answer::Value(_) | Answer::Absent(_) | Answer::Unknown(..) => Box::default(),
            };
            Ok(Read { answer, objects })
        });
        let read = read.as_ref().map_err(NotRead::Decides)?;
        match &*read.answer {
            Answer::Value(value) => Ok(Reading::Value(value)),
            Answer::Object(_) => read.objects.first().map(|object| Reading::Object(object)).ok_or(NotRead::Untold),
            Answer::Objects(..) => Ok(Reading::Objects(&read.objects)),
            Answer::Absent(_) => Ok(Reading::Absent),
            Answer::Unknown(..) => Err(NotRead::Untold),
        }
    }

    /// A property of the resource that it is, by the name that its language gives it, in its branch.
    ///
    /// # Errors
    /// Why it is not the same in all worlds there.
    pub fn written(&self, name: &str, branch: &Branch, stack: &Stack<'_>) -> Result<&Value, NotRead<'_>> {
        let instance = self.object.instance.as_ref().ok_or(NotRead::Untold)?;
        let mut place = &self.written;
        loop {
            let property = place.0.get_or_init(|| {
                let value = branch.read(stack, |world| stack.raw_property(instance, name, world));
                Box::new(Property { name: name.into(), value, next: Written::default() })
            });
            if *property.name == *name {
                return property.value.as_ref().map_err(NotRead::Decides);
            }
            place = &property.next;
        }
    }
}
