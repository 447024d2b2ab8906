//! YAML text to a tree that keeps the place and the quoting of every value.
//!
//! Everything that two readers could take differently is refused here: duplicate keys, merge keys, tags, keys that are no
//! strings. Aliases are followed, within a budget.

use std::borrow::Cow;
use std::collections::BTreeMap;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};

/// Most nodes that a document may have once its aliases are written out.
const MAX_NODES: usize = 2_000_000;
/// Deepest nesting.
const MAX_DEPTH: usize = 64;
/// Most keys of one mapping.
const MAX_KEYS: usize = 4096;
/// Largest object that a Kubernetes API server takes in one request.
const MAX_BYTES: usize = 3 * 1024 * 1024;

/// Line and column, from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// Line, from 1; 0 when unknown.
    pub(super) line: u64,
    /// Column in characters, from 1.
    pub(super) column: u64,
}

/// One node.
#[derive(Clone, Debug)]
pub(super) struct Node<'text> {
    /// Where it starts.
    pub(super) place: Place,
    /// What it is.
    pub(super) value: Value<'text>,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(super) enum Value<'text> {
    /// A scalar; plain ones are what their text looks like.
    Scalar {
        /// The text, escapes resolved.
        text: Cow<'text, str>,
        /// Neither quoted, nor a block, nor tagged `!!str`.
        plain: bool,
    },
    /// A list.
    Sequence(Vec<Node<'text>>),
    /// A mapping, in the order of the text.
    Mapping(Vec<Entry<'text>>),
}

/// One entry of a mapping.
#[derive(Clone, Debug)]
pub(super) struct Entry<'text> {
    /// The key.
    pub(super) key: Cow<'text, str>,
    /// Where the key starts.
    pub(super) place: Place,
    /// The value.
    pub(super) value: Node<'text>,
}

impl<'text> Node<'text> {
    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Node<'text>> {
        match &self.value {
            Value::Mapping(entries) => entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value),
            Value::Scalar { .. } | Value::Sequence(_) => None,
        }
    }

    /// The node at a manifest path such as `spec.columns[3].type`, or the last one on the way that exists.
    pub(super) fn at(&self, path: &str) -> &Node<'text> {
        let mut here = self;
        for step in path.split(['.', '[']).filter(|step| !step.is_empty()) {
            let next = match (&here.value, step.strip_suffix(']')) {
                (Value::Sequence(items), Some(index)) => index.parse::<usize>().ok().and_then(|index| items.get(index)),
                (Value::Mapping(_), None) => here.get(step),
                (Value::Scalar { .. } | Value::Sequence(_) | Value::Mapping(_), _) => None,
            };
            match next {
                Some(node) => here = node,
                None => break,
            }
        }
        here
    }

    /// The text of a scalar.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            Value::Sequence(_) | Value::Mapping(_) => None,
        }
    }
}

/// Why a text is no tree: where, what, what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TreeError {
    /// Where.
    pub(super) place: Place,
    /// What.
    pub(super) message: String,
    /// What to do.
    pub(super) hint: String,
}

fn error(place: Place, message: impl Into<String>, hint: impl Into<String>) -> TreeError {
    TreeError { place, message: message.into(), hint: hint.into() }
}

/// The documents of a text; after a broken one, the rest is not read.
pub(super) fn parse(text: &str) -> (Vec<Node<'_>>, Option<TreeError>) {
    let mut documents = Vec::new();
    let outcome = parse_into(text, &mut documents);
    (documents, outcome.err())
}

fn parse_into<'text>(text: &'text str, documents: &mut Vec<Node<'text>>) -> Result<(), TreeError> {
    let options = granit_parser::options! { emit_comments: false };
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut builder = Builder::default();
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| syntax(&error))?;
        #[expect(clippy::wildcard_enum_match_arm, reason = "the parser's features decide which events there are")]
        match event {
            Event::DocumentStart(..) => builder = Builder { start: span.start.byte_offset(), ..Builder::default() },
            Event::DocumentEnd => {
                if let Some(root) = builder.root.take() {
                    let end = span.end.byte_offset().unwrap_or(text.len());
                    let bytes = end.saturating_sub(builder.start.unwrap_or(end));
                    if bytes > MAX_BYTES {
                        return Err(error(
                            root.place,
                            format!("this object has {bytes} bytes, and Kubernetes takes at most {MAX_BYTES}"),
                            "split the table's definition, or keep it in a .sql file",
                        ));
                    }
                    documents.push(root);
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let place = place(&span);
                let plain = style == ScalarStyle::Plain && !is_string_tag(tag.as_deref(), place)?;
                builder.leaf(Node { place, value: Value::Scalar { text, plain } }, anchor)?;
            }
            Event::SequenceStart(_, anchor, tag) => {
                builder.open(place(&span), Open::Sequence(Vec::new()), anchor, tag.as_deref())?;
            }
            Event::MappingStart(_, anchor, tag) => {
                builder.open(place(&span), Open::Mapping { entries: Vec::new(), key: None }, anchor, tag.as_deref())?;
            }
            Event::SequenceEnd | Event::MappingEnd => builder.close()?,
            Event::Alias(anchor) => builder.alias(anchor, place(&span))?,
            // Start and end of the stream say nothing; the others are not asked for.
            _ => {}
        }
    }
    Ok(())
}

fn place(span: &Span) -> Place {
    Place { line: span.start.line() as u64, column: span.start.col() as u64 + 1 }
}

fn syntax(problem: &ScanError) -> TreeError {
    let marker = problem.marker();
    let place = Place { line: marker.line() as u64, column: marker.col() as u64 + 1 };
    error(place, format!("not valid YAML: {}", problem.info()), "")
}

/// Whether a scalar is tagged as a string; other tags are refused.
fn is_string_tag(tag: Option<&Tag>, place: Place) -> Result<bool, TreeError> {
    match tag {
        None => Ok(false),
        Some(tag) if tag.is_yaml_core_schema_tag("str") => Ok(true),
        Some(tag) => Err(error(place, format!("the tag {} is not understood", tag.original()), "remove it")),
    }
}

enum Open<'text> {
    Sequence(Vec<Node<'text>>),
    Mapping { entries: Vec<Entry<'text>>, key: Option<(Cow<'text, str>, Place)> },
}

struct Frame<'text> {
    place: Place,
    open: Open<'text>,
    anchor: usize,
}

#[derive(Default)]
struct Builder<'text> {
    start: Option<usize>,
    root: Option<Node<'text>>,
    stack: Vec<Frame<'text>>,
    anchors: BTreeMap<usize, (Node<'text>, usize)>,
    nodes: usize,
}

impl<'text> Builder<'text> {
    fn open(&mut self, place: Place, open: Open<'text>, anchor: usize, tag: Option<&Tag>) -> Result<(), TreeError> {
        if let Some(tag) = tag {
            return Err(error(place, format!("the tag {} is not understood", tag.original()), "remove it"));
        }
        if self.stack.len() >= MAX_DEPTH {
            return Err(error(
                place,
                format!("nested deeper than {MAX_DEPTH} levels"),
                "a Table manifest needs fewer than ten",
            ));
        }
        self.stack.push(Frame { place, open, anchor });
        Ok(())
    }

    fn close(&mut self) -> Result<(), TreeError> {
        let Some(frame) = self.stack.pop() else { return Ok(()) };
        let value = match frame.open {
            Open::Sequence(items) => Value::Sequence(items),
            Open::Mapping { entries, .. } => Value::Mapping(entries),
        };
        self.leaf(Node { place: frame.place, value }, frame.anchor)
    }

    /// Takes a finished node.
    fn leaf(&mut self, node: Node<'text>, anchor: usize) -> Result<(), TreeError> {
        self.count(1, node.place)?;
        if anchor != 0 {
            let size = size(&node);
            self.anchors.insert(anchor, (node.clone(), size));
        }
        self.put(node)
    }

    fn alias(&mut self, anchor: usize, place: Place) -> Result<(), TreeError> {
        let Some((node, size)) = self.anchors.get(&anchor) else {
            return Err(error(place, "an alias to something that contains it", "write the value out"));
        };
        let (mut node, size) = (node.clone(), *size);
        self.count(size, place)?;
        node.place = place;
        self.put(node)
    }

    fn count(&mut self, nodes: usize, place: Place) -> Result<(), TreeError> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MAX_NODES {
            return Err(error(
                place,
                format!("with its aliases written out the document has more than {MAX_NODES} values"),
                "write the manifest without aliases",
            ));
        }
        Ok(())
    }

    fn put(&mut self, node: Node<'text>) -> Result<(), TreeError> {
        match self.stack.last_mut().map(|frame| &mut frame.open) {
            None => self.root = Some(node),
            Some(Open::Sequence(items)) => items.push(node),
            Some(Open::Mapping { entries, key }) => match key.take() {
                None => *key = Some(checked_key(node, entries)?),
                Some((key, place)) => entries.push(Entry { key, place, value: node }),
            },
        }
        Ok(())
    }
}

/// A key that is a string and stands for the first time.
fn checked_key<'text>(node: Node<'text>, entries: &[Entry<'text>]) -> Result<(Cow<'text, str>, Place), TreeError> {
    let place = node.place;
    let Value::Scalar { text, plain } = node.value else {
        return Err(error(place, "a key that is a list or a mapping", "keys are field names"));
    };
    if plain && text == "<<" {
        return Err(error(place, "merge keys (<<) are not understood by every reader", "write the fields out"));
    }
    if entries.len() >= MAX_KEYS {
        return Err(error(
            place,
            format!("a mapping of more than {MAX_KEYS} keys"),
            "no object of this API needs so many",
        ));
    }
    if let Some(first) = entries.iter().find(|entry| entry.key == text) {
        return Err(error(
            place,
            format!("`{text}` stands here for the second time; the first is in line {}", first.place.line),
            "keep one of them",
        ));
    }
    Ok((text, place))
}

fn size(node: &Node<'_>) -> usize {
    match &node.value {
        Value::Scalar { .. } => 1,
        Value::Sequence(items) => items.iter().map(size).fold(1, usize::saturating_add),
        Value::Mapping(entries) => entries.iter().map(|entry| size(&entry.value)).fold(1, usize::saturating_add),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(text: &str) -> TreeError {
        parse(text).1.expect("an error")
    }

    #[test]
    fn places_are_line_and_column_from_one() {
        let (documents, error) = parse("a: 1\nb:\n  - c: \"x\"\n");
        assert!(error.is_none());
        assert_eq!(documents[0].at("b[0].c").place, Place { line: 3, column: 8 });
        assert_eq!(documents[0].at("b[0].missing").place, Place { line: 3, column: 5 });
    }

    #[test]
    fn duplicate_keys_are_refused_with_both_places() {
        let error = failure("a: 1\nb: 2\na: 3\n");
        assert_eq!(error.place, Place { line: 3, column: 1 });
        assert!(error.message.contains("second time; the first is in line 1"), "{}", error.message);
        assert!(failure("{\"a\": 1, \"a\": 2}").message.contains("second time"));
    }

    #[test]
    fn a_bomb_of_aliases_is_bounded() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let inner = vec![format!("*a{}", level - 1); 10].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{inner}]\n"));
        }
        assert!(failure(&text).message.contains("aliases written out"));
    }

    #[test]
    fn an_alias_stands_where_it_is_used() {
        let (documents, error) = parse("a: &x {n: 1}\nb: *x\n");
        assert!(error.is_none());
        assert_eq!(documents[0].at("b.n").text(), Some("1"));
        assert_eq!(documents[0].at("b").place, Place { line: 2, column: 4 });
    }

    #[test]
    fn merge_keys_tags_depth_and_syntax() {
        assert!(failure("a: &x {n: 1}\nb: {<<: *x}\n").message.contains("merge keys"));
        assert!(failure("a: !!binary aGk=\n").message.contains("tag"));
        let deep = failure(&"- ".repeat(100)).message;
        assert!(deep.contains("nested deeper"), "{deep}");
        assert!(failure(&"[".repeat(100_000)).message.contains("not valid YAML"));
        assert!(failure("a: [1, 2\nb: 3\n").message.contains("not valid YAML"));
        assert!(failure("\u{0}\u{1}\u{2}").message.contains("not valid YAML"));
    }
}
