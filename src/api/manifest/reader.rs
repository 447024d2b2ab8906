//! A serde reader over the tree: as strict as the API server with strict field validation, and each refusal with its place,
//! its path and a suggestion.

use std::fmt;

use serde::de::{self, DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::scalar::{Kind, kind};
use super::suggest::nearest;
use super::tree::{Entry, Node, Place, Value};

/// Why a tree is not what the type asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ReadError {
    /// Where; `None` until a reader that knows its place has seen it.
    pub(super) place: Option<Place>,
    /// The path below the node that was read, innermost step first.
    steps: Vec<String>,
    /// What.
    pub(super) message: String,
    /// What to do.
    pub(super) hint: String,
}

impl ReadError {
    /// The path below `root`, e.g. `spec.columns[3].type`.
    pub(super) fn path(&self, root: &str) -> String {
        let mut path = root.to_owned();
        for step in self.steps.iter().rev() {
            if !step.starts_with('[') && !path.is_empty() {
                path.push('.');
            }
            path.push_str(step);
        }
        path
    }

    fn new(place: Place, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { place: Some(place), steps: Vec::new(), message: message.into(), hint: hint.into() }
    }

    fn at(mut self, place: Place) -> Self {
        self.place.get_or_insert(place);
        self
    }

    fn under(mut self, step: impl Into<String>) -> Self {
        self.steps.push(step.into());
        self
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for ReadError {}

impl de::Error for ReadError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { place: None, steps: Vec::new(), message: message.to_string(), hint: String::new() }
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let hint = match nearest(field, expected.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the fields here are: {}", expected.join(", ")),
        };
        Self { place: None, steps: Vec::new(), message: format!("unknown field `{field}`"), hint }
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let hint = match nearest(variant, expected.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write one of: {}", expected.join(", ")),
        };
        Self { place: None, steps: Vec::new(), message: format!("`{variant}` is not one of the values here"), hint }
    }

    fn missing_field(field: &'static str) -> Self {
        let message = format!("the field `{field}` is missing");
        Self { place: None, steps: Vec::new(), message, hint: "add it".to_owned() }
    }

    fn invalid_type(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        let message = format!("{unexpected} where {expected} belongs");
        Self { place: None, steps: Vec::new(), message, hint: String::new() }
    }
}

/// Reads a type from a node.
///
/// # Errors
/// The first thing that is not as the type asks.
pub(super) fn read<'de, T: Deserialize<'de>>(node: &'de Node<'de>) -> Result<T, ReadError> {
    T::deserialize(Reader { node })
}

#[derive(Clone, Copy)]
struct Reader<'de> {
    node: &'de Node<'de>,
}

impl Reader<'_> {
    fn wrong(&self, expected: &str) -> ReadError {
        let found = match &self.node.value {
            Value::Scalar { text, plain: true } => match kind(text) {
                Kind::Null => "nothing".to_owned(),
                other @ (Kind::Boolean(_) | Kind::Integer(_) | Kind::OtherNumber | Kind::String) => {
                    format!("{} (`{text}`)", other.name())
                }
            },
            Value::Scalar { text, plain: false } => format!("a string (`{}`)", shortened(text)),
            Value::Sequence(_) => "a list".to_owned(),
            Value::Mapping(_) => "a mapping".to_owned(),
        };
        ReadError::new(self.node.place, format!("{found} where {expected} belongs"), "")
    }

    fn integer(&self) -> Result<i128, ReadError> {
        let Value::Scalar { text, plain } = &self.node.value else { return Err(self.wrong("a whole number")) };
        match kind(text) {
            Kind::Integer(number) if *plain => Ok(number),
            Kind::Integer(_) => {
                Err(ReadError { hint: "write it without quotes".to_owned(), ..self.wrong("a whole number") })
            }
            Kind::OtherNumber if *plain => Err(ReadError {
                hint: "write it in plain decimal digits; other notations are read differently by different tools"
                    .to_owned(),
                ..self.wrong("a whole number")
            }),
            Kind::Null | Kind::Boolean(_) | Kind::OtherNumber | Kind::String => Err(self.wrong("a whole number")),
        }
    }

    fn string(&self) -> Result<&str, ReadError> {
        match &self.node.value {
            Value::Scalar { text, plain: false } => Ok(text),
            Value::Scalar { text, plain: true } => match kind(text) {
                Kind::String => Ok(text),
                Kind::Null => Err(self.wrong("a string")),
                other @ (Kind::Boolean(_) | Kind::Integer(_) | Kind::OtherNumber) => Err(ReadError::new(
                    self.node.place,
                    format!("`{text}` is {} to kubectl, and a string belongs here", other.name()),
                    format!("quote it: \"{text}\""),
                )),
            },
            Value::Sequence(_) | Value::Mapping(_) => Err(self.wrong("a string")),
        }
    }
}

fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

macro_rules! integers {
    ($($method:ident $visit:ident $type:ty,)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
            let number = self.integer()?;
            match <$type>::try_from(number) {
                Ok(number) => visitor.$visit(number).map_err(|error: ReadError| error.at(self.node.place)),
                Err(_) => Err(ReadError::new(
                    self.node.place,
                    format!("{number} is out of range"),
                    format!("it must lie between {} and {}", <$type>::MIN, <$type>::MAX),
                )),
            }
        })+
    };
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let place = self.node.place;
        match &self.node.value {
            Value::Sequence(_) => self.deserialize_seq(visitor),
            Value::Mapping(_) => self.deserialize_map(visitor),
            Value::Scalar { text, plain: false } => visitor.visit_str(text),
            Value::Scalar { text, plain: true } => match kind(text) {
                Kind::String => visitor.visit_str(text),
                Kind::Null => visitor.visit_unit(),
                Kind::Boolean(flag) => visitor.visit_bool(flag),
                Kind::Integer(number) => match (i64::try_from(number), u64::try_from(number)) {
                    (Ok(number), _) => visitor.visit_i64(number),
                    (Err(_), Ok(number)) => visitor.visit_u64(number),
                    (Err(_), Err(_)) => Err(self.wrong("a number of 64 bits")),
                },
                Kind::OtherNumber => Err(ReadError::new(
                    place,
                    format!("`{text}` would not arrive as it is written"),
                    format!("quote it: \"{text}\""),
                )),
            },
        }
        .map_err(|error: ReadError| error.at(place))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match &self.node.value {
            Value::Scalar { text, plain: true } => match kind(text) {
                Kind::Boolean(flag) => visitor.visit_bool(flag),
                Kind::Null | Kind::Integer(_) | Kind::OtherNumber | Kind::String => Err(self.wrong("true or false")),
            },
            Value::Scalar { .. } | Value::Sequence(_) | Value::Mapping(_) => Err(self.wrong("true or false")),
        }
    }

    integers! {
        deserialize_i8 visit_i8 i8,
        deserialize_i16 visit_i16 i16,
        deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64,
        deserialize_u8 visit_u8 u8,
        deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64,
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_str(self.string()?).map_err(|error: ReadError| error.at(self.node.place))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        // As the API server, which takes null for absent where a field may be absent.
        if matches!(&self.node.value, Value::Scalar { text, plain: true } if kind(text) == Kind::Null) {
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match &self.node.value {
            Value::Sequence(items) => visitor.visit_seq(Items { items: items.iter(), index: 0 }),
            Value::Scalar { .. } | Value::Mapping(_) => Err(self.wrong("a list")),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match &self.node.value {
            Value::Mapping(entries) => visitor
                .visit_map(Fields { entries: entries.iter(), value: None })
                .map_err(|error: ReadError| error.at(self.node.place)),
            Value::Scalar { .. } | Value::Sequence(_) => Err(self.wrong("a mapping")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        // Words such as `None` or `Y` are values of ours; what kubectl would read as something else is refused all the same.
        self.string()?;
        visitor.visit_enum(self).map_err(|error: ReadError| error.at(self.node.place))
    }

    serde::forward_to_deserialize_any! {
        i128 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct ignored_any
    }
}

impl<'de> EnumAccess<'de> for Reader<'de> {
    type Error = ReadError;
    type Variant = Unit;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Unit), ReadError> {
        let text = self.string()?;
        Ok((seed.deserialize(IntoDeserializer::<ReadError>::into_deserializer(text))?, Unit))
    }
}

/// Our enums have no variants with content.
struct Unit;

impl<'de> VariantAccess<'de> for Unit {
    type Error = ReadError;

    fn unit_variant(self) -> Result<(), ReadError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, ReadError> {
        Err(de::Error::custom("a value with content where a word belongs"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, ReadError> {
        Err(de::Error::custom("a value with content where a word belongs"))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, ReadError> {
        Err(de::Error::custom("a value with content where a word belongs"))
    }
}

struct Items<'de> {
    items: std::slice::Iter<'de, Node<'de>>,
    index: usize,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = ReadError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, ReadError> {
        let Some(node) = self.items.next() else { return Ok(None) };
        let index = self.index;
        self.index += 1;
        seed.deserialize(Reader { node }).map(Some).map_err(|error| error.at(node.place).under(format!("[{index}]")))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

struct Fields<'de> {
    entries: std::slice::Iter<'de, Entry<'de>>,
    value: Option<&'de Entry<'de>>,
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ReadError> {
        let Some(entry) = self.entries.next() else { return Ok(None) };
        self.value = Some(entry);
        let key: &str = &entry.key;
        seed.deserialize(IntoDeserializer::<ReadError>::into_deserializer(key))
            .map(Some)
            .map_err(|error: ReadError| error.at(entry.place))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ReadError> {
        let Some(entry) = self.value.take() else { return Err(de::Error::custom("a value without a key")) };
        seed.deserialize(Reader { node: &entry.value })
            .map_err(|error| error.at(entry.value.place).under(entry.key.clone()))
    }
}
