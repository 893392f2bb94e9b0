//! YAML text in, a tree of [`Node`]s out, each knowing its place. The one file that knows which YAML library is used.
//!
//! Every scalar stays the text that was written (`017`, `1_000`, `10.0`, `no`): what it has to be is for its reader to
//! say. This file must not know what a scenario is.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::{DuplicateKeyPolicy, MergeKeyPolicy, NonFiniteFloatPolicy};
use serde_saphyr::{Options, Spanned};

use super::fault::Fault;
use super::mistake::Mistake;
use super::source::{Source, Span, boundary};

/// The most nodes one file may have, counted after aliases are expanded: 1,000 agents and 1,000 targets written out in
/// full take some 30,000.
const NODES_MAX: usize = 100_000;

/// The most aliases one file may have: enough to share a list of networks, too few to build a bomb from.
const ALIASES_MAX: usize = 1_000;

/// The deepest nesting: a scenario needs five levels.
const DEPTH_MAX: usize = 32;

/// A scalar, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scalar {
    /// What it says, inputs put in.
    pub(super) text: String,
    /// Where it stands.
    pub(super) span: Span,
    /// Where its text is written: behind an alias, at the anchor.
    pub(super) written: Span,
    /// Whether what it says is known.
    pub(super) known: Known,
}

/// Whether a scalar's text is known: where an input in it has no value, that is the one mistake to report of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// The text is what the file says.
    Yes,
    /// Some of it is missing, and that has been reported.
    Reported,
}

/// A part of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    /// Nothing: a key without a value, `~` or `null`.
    Nothing(Span),
    /// One word or text.
    Scalar(Scalar),
    /// A list.
    List(Vec<Node>, Span),
    /// A map, in the order of the file, repeated keys and all.
    Map(Vec<(Scalar, Node)>, Span),
}

impl Node {
    /// Where it stands. For a list or a map, where it begins.
    pub(super) fn span(&self) -> Span {
        match self {
            Self::Nothing(span) | Self::List(_, span) | Self::Map(_, span) => span.clone(),
            Self::Scalar(scalar) => scalar.span.clone(),
        }
    }

    /// What it is, for a message.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Nothing(_) => "nothing",
            Self::Scalar(_) => "a single value",
            Self::List(..) => "a list",
            Self::Map(..) => "a map",
        }
    }
}

/// Reads a text that holds one YAML document.
///
/// # Errors
///
/// The first mistake, where the text is not YAML.
pub(super) fn read(source: &Source) -> Result<Node, Fault> {
    let options = Options::default();
    match serde_saphyr::from_str_with_options::<Spanned<Body>>(&source.text, strict(options)) {
        Ok(body) => Ok(node(body, &source.text)),
        Err(error) => Err(fault(&error, &source.text)),
    }
}

fn strict(mut options: Options) -> Options {
    options.budget = serde_saphyr::budget! {
        max_nodes: NODES_MAX,
        max_events: NODES_MAX * 2,
        max_aliases: ALIASES_MAX,
        max_anchors: ALIASES_MAX,
        max_depth: DEPTH_MAX,
        // One more than is allowed, so that the second is told for what it is.
        max_documents: 2,
    };
    options.alias_limits = serde_saphyr::alias_limits! {
        max_total_replayed_events: NODES_MAX,
        max_replay_stack_depth: DEPTH_MAX,
        max_alias_expansions_per_anchor: ALIASES_MAX,
    };
    options.strict_booleans = true;
    options.with_snippet = false;
    // Repeated keys are passed on, so that both places can be shown; `<<` is passed on as a key nobody knows.
    options.duplicate_keys = DuplicateKeyPolicy::PassThrough;
    options.merge_keys = MergeKeyPolicy::AsOrdinary;
    options.reject_unsupported_tags = true;
    options.non_finite_float_policy = NonFiniteFloatPolicy::AsString;
    options
}

/// A node as the library hands it over.
enum Body {
    Nothing,
    Text(String),
    /// A plain scalar that looks like a number or a truth value: its text is taken from the source.
    Plain,
    List(Vec<Spanned<Body>>),
    Map(Vec<(Spanned<String>, Spanned<Body>)>),
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BodyVisitor)
    }
}

struct BodyVisitor;

impl<'de> Visitor<'de> for BodyVisitor {
    type Value = Body;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map, a list or a single value")
    }

    fn visit_unit<E>(self) -> Result<Body, E> {
        Ok(Body::Nothing)
    }

    fn visit_bool<E>(self, _value: bool) -> Result<Body, E> {
        Ok(Body::Plain)
    }

    fn visit_i64<E>(self, _value: i64) -> Result<Body, E> {
        Ok(Body::Plain)
    }

    fn visit_u64<E>(self, _value: u64) -> Result<Body, E> {
        Ok(Body::Plain)
    }

    fn visit_i128<E>(self, _value: i128) -> Result<Body, E> {
        Ok(Body::Plain)
    }

    fn visit_u128<E>(self, _value: u128) -> Result<Body, E> {
        Ok(Body::Plain)
    }

    fn visit_f64<E>(self, _value: f64) -> Result<Body, E> {
        Ok(Body::Plain)
    }

    fn visit_str<E>(self, text: &str) -> Result<Body, E> {
        Ok(Body::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Body, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Body::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Body, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Body::Map(map))
    }
}

fn place(location: serde_saphyr::Location, text: &str) -> Span {
    let span = location.span();
    let at = |offset: Option<u64>| offset.and_then(|offset| usize::try_from(offset).ok());
    let start = at(span.byte_offset()).unwrap_or_else(|| offset_of(location, text));
    let start = boundary(text, start);
    let end = boundary(text, start.saturating_add(at(span.byte_len()).unwrap_or(0)));
    start..end
}

/// The byte a line and column stand for, both counted from 1, the column in characters.
fn offset_of(location: serde_saphyr::Location, text: &str) -> usize {
    let count = |number: u64| usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
    let before: usize = text.split_inclusive('\n').take(count(location.line())).map(str::len).sum();
    let line = text.get(before..).unwrap_or_default();
    before + line.chars().take(count(location.column())).map(char::len_utf8).sum::<usize>()
}

fn node(body: Spanned<Body>, text: &str) -> Node {
    let (span, written) = (place(body.referenced, text), place(body.defined, text));
    match body.value {
        Body::Nothing => Node::Nothing(span),
        Body::Text(said) => Node::Scalar(Scalar { text: said, span, written, known: Known::Yes }),
        Body::Plain => {
            let said = text.get(written.clone()).unwrap_or_default().to_owned();
            Node::Scalar(Scalar { text: said, span, written, known: Known::Yes })
        }
        Body::List(items) => Node::List(items.into_iter().map(|item| node(item, text)).collect(), span),
        Body::Map(entries) => Node::Map(
            entries.into_iter().map(|(name, value)| (key(name, text), node(value, text))).collect(),
            span,
        ),
    }
}

fn key(name: Spanned<String>, text: &str) -> Scalar {
    let (span, written) = (place(name.referenced, text), place(name.defined, text));
    Scalar { text: name.value, span, written, known: Known::Yes }
}

fn fault(error: &serde_saphyr::Error, text: &str) -> Fault {
    let span = error.location().map_or(0..0, |location| place(location, text));
    let error = match error.without_snippet() {
        serde_saphyr::Error::AliasError { error, .. } => error.as_ref(),
        error => error,
    };
    // The library says the place in words as well; the caret shows it.
    let said = error.to_string();
    let said = said.split(" at line ").next().unwrap_or_default();
    let help = match error {
        serde_saphyr::Error::MultipleDocuments { .. } => {
            let mistake = Mistake::SeveralDocuments;
            return Fault::at(span, mistake)
                .help("keep one document a file: remove the `---` and what follows");
        }
        serde_saphyr::Error::Budget { .. }
        | serde_saphyr::Error::AliasReplayLimitExceeded { .. }
        | serde_saphyr::Error::AliasExpansionLimitExceeded { .. }
        | serde_saphyr::Error::AliasReplayStackDepthExceeded { .. } => {
            let help = format!(
                "a file holds at most {NODES_MAX} values, {ALIASES_MAX} aliases and {DEPTH_MAX} levels: split the scenario"
            );
            return Fault::at(span, Mistake::TooManyNodes).help(help);
        }
        serde_saphyr::Error::UnsupportedTag { .. } => "remove the tag: a scenario needs none",
        serde_saphyr::Error::UnknownAnchor { .. } => {
            "an alias `*name` needs an anchor `&name` before it; to write a literal `*`, put the value in quotes"
        }
        _ => hint(said),
    };
    Fault::at(span, Mistake::NotYaml { detail: said.to_owned() }).help(help)
}

fn hint(said: &str) -> &'static str {
    if said.contains("anchor or alias") {
        "put a pattern that begins with `*` in quotes: `\"*\"`"
    } else if said.contains("mapping values are not allowed") {
        "put a value that holds `: ` in quotes"
    } else if said.contains("unclosed") {
        "close it where it ends"
    } else if said.contains("unexpected character") || said.contains("found character") {
        "put a value that begins with a special character in quotes"
    } else {
        "look at the line above as well: an indentation, a bracket or a quote may be wrong there"
    }
}
