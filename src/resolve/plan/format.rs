//! The shape of plan JSON: one typed pass over borrowed slices.
//!
//! What no rule asks for is skipped without being built; what may be asked for stays a slice of the text
//! ([`RawValue`]) until it is. Keys that are not named here are accepted, as the format demands of its readers
//! (<https://developer.hashicorp.com/terraform/internals/json-format>). Knows no resource type.

use std::borrow::{Borrow, Cow};
use std::collections::BTreeMap;
use std::ops::Deref;

use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A string that is borrowed where it is written without escapes.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Text<'_> {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// The whole document, whatever it turns out to be.
#[derive(Deserialize)]
pub(super) struct Document<'a> {
    #[serde(borrow)]
    pub(super) format_version: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) variables: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) planned_values: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) resource_changes: Option<Vec<Change<'a>>>,
    #[serde(borrow)]
    pub(super) prior_state: Option<State<'a>>,
    #[serde(borrow)]
    pub(super) configuration: Option<Configuration<'a>>,
    #[serde(borrow)]
    pub(super) deferred_changes: Option<&'a RawValue>,
    pub(super) errored: Option<bool>,
    // What other documents have at their top, to name them.
    pub(super) values: Option<IgnoredAny>,
    pub(super) lineage: Option<IgnoredAny>,
    pub(super) serial: Option<IgnoredAny>,
    #[serde(rename = "@level")]
    pub(super) level: Option<IgnoredAny>,
}

impl Document<'_> {
    /// Whether it is a plan by its keys.
    pub(super) fn is_plan(&self) -> bool {
        self.format_version.is_some() && (self.resource_changes.is_some() || self.planned_values.is_some())
    }
}

/// One entry of `resource_changes`.
#[derive(Deserialize)]
pub(super) struct Change<'a> {
    /// With its quotes: the place that findings point at.
    #[serde(borrow)]
    pub(super) address: &'a RawValue,
    #[serde(borrow, default, deserialize_with = "or_default")]
    pub(super) mode: Text<'a>,
    #[serde(borrow, default, rename = "type", deserialize_with = "or_default")]
    pub(super) kind: Text<'a>,
    #[serde(borrow)]
    pub(super) deposed: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) action_reason: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) previous_address: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) change: &'a RawValue,
}

/// The `change` of an entry, parsed only where it matters.
#[derive(Default, Deserialize)]
pub(super) struct Body<'a> {
    #[serde(borrow, default, deserialize_with = "or_default")]
    pub(super) actions: Vec<Text<'a>>,
    #[serde(borrow)]
    pub(super) before: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) after: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) after_unknown: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) before_sensitive: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) after_sensitive: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) replace_paths: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) importing: Option<&'a RawValue>,
}

/// `prior_state`: what exists, and what data sources gave.
#[derive(Deserialize)]
pub(super) struct State<'a> {
    #[serde(borrow)]
    pub(super) values: Option<StateValues<'a>>,
}

/// `prior_state.values`.
#[derive(Deserialize)]
pub(super) struct StateValues<'a> {
    #[serde(borrow)]
    pub(super) root_module: Option<StateModule<'a>>,
}

/// A module instance of the state.
#[derive(Deserialize)]
pub(super) struct StateModule<'a> {
    /// The data sources; the rest is in the changes.
    #[serde(borrow, default, rename = "resources", deserialize_with = "data_sources")]
    pub(super) data: Vec<StateResource<'a>>,
    #[serde(borrow, default, deserialize_with = "or_default")]
    pub(super) child_modules: Vec<StateModule<'a>>,
}

/// A resource instance of the state.
#[derive(Deserialize)]
pub(super) struct StateResource<'a> {
    #[serde(borrow)]
    pub(super) address: &'a RawValue,
    #[serde(borrow, default, deserialize_with = "or_default")]
    pub(super) mode: Text<'a>,
    #[serde(borrow, default, rename = "type", deserialize_with = "or_default")]
    pub(super) kind: Text<'a>,
    #[serde(borrow)]
    pub(super) values: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) sensitive_values: Option<&'a RawValue>,
}

/// Null is nothing: programs that write plans anew put it where Terraform leaves a key out.
fn or_default<'a, D: Deserializer<'a>, T: Deserialize<'a> + Default>(reader: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(reader)?.unwrap_or_default())
}

fn data_sources<'a, D: Deserializer<'a>>(reader: D) -> Result<Vec<StateResource<'a>>, D::Error> {
    struct DataSources;

    impl<'a> Visitor<'a> for DataSources {
        type Value = Vec<StateResource<'a>>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a list of resources")
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }

        fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut data = Vec::new();
            while let Some(resource) = list.next_element::<StateResource<'a>>()? {
                if &*resource.mode == "data" {
                    data.push(resource);
                }
            }
            Ok(data)
        }
    }

    reader.deserialize_any(DataSources)
}

/// `configuration`: the expressions, by what they refer to.
#[derive(Deserialize)]
pub(super) struct Configuration<'a> {
    #[serde(borrow, default, deserialize_with = "or_default")]
    pub(super) provider_config: BTreeMap<Text<'a>, Provider<'a>>,
    #[serde(borrow, default, deserialize_with = "or_default")]
    pub(super) root_module: Module<'a>,
}

/// A provider configuration.
#[derive(Deserialize)]
pub(super) struct Provider<'a> {
    #[serde(borrow)]
    pub(super) alias: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) module_address: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) expressions: Option<&'a RawValue>,
}

/// A module's configuration; one for all its instances.
#[derive(Default, Deserialize)]
pub(super) struct Module<'a> {
    #[serde(borrow, default, deserialize_with = "or_default")]
    pub(super) outputs: BTreeMap<Text<'a>, Output<'a>>,
    #[serde(borrow, default, deserialize_with = "or_default")]
    pub(super) resources: Vec<Resource<'a>>,
    #[serde(borrow, default, deserialize_with = "or_default")]
    pub(super) module_calls: BTreeMap<Text<'a>, Call<'a>>,
    #[serde(borrow, default, deserialize_with = "or_default")]
    pub(super) variables: BTreeMap<Text<'a>, Variable>,
}

/// An output.
#[derive(Deserialize)]
pub(super) struct Output<'a> {
    #[serde(borrow)]
    pub(super) expression: Option<&'a RawValue>,
}

/// A variable's declaration.
#[derive(Deserialize)]
pub(super) struct Variable {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) sensitive: bool,
}

/// A resource or data block.
#[derive(Deserialize)]
pub(super) struct Resource<'a> {
    /// With its quotes; relative to its module, without keys.
    #[serde(borrow)]
    pub(super) address: &'a RawValue,
    #[serde(borrow)]
    pub(super) provider_config_key: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) expressions: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) for_each_expression: Option<&'a RawValue>,
}

/// A module call.
#[derive(Deserialize)]
pub(super) struct Call<'a> {
    #[serde(borrow)]
    pub(super) expressions: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) for_each_expression: Option<&'a RawValue>,
    pub(super) count_expression: Option<IgnoredAny>,
    #[serde(borrow, default, deserialize_with = "or_default")]
    pub(super) module: Module<'a>,
}
