//! Reading a tree of nodes: maps with known keys, lists, single values; what is wrong is noted, and reading goes on. This
//! file must not know what a scenario holds.

use std::collections::HashMap;

use super::fault::Fault;
use super::mistake::Mistake;
use super::shape::Named;
use super::source::Span;
use super::suggest;
use super::text::{Node, Scalar};

/// The keys of one map, each taken once.
pub(super) struct Fields {
    pub(super) entries: Vec<(Scalar, Node)>,
    pub(super) what: String,
    pub(super) at: Span,
    /// Keys that an unknown key beside them is probably meant to be: not to be missed a second time.
    pub(super) meant: Vec<&'static str>,
}

impl Fields {
    pub(super) fn take(&mut self, key: &str) -> Option<(Scalar, Node)> {
        let place = self.entries.iter().position(|(name, _)| name.text == key)?;
        Some(self.entries.swap_remove(place))
    }
}

pub(super) struct Reader<'f> {
    pub(super) faults: &'f mut Vec<Fault>,
}

impl Reader<'_> {
    pub(super) fn wrong_kind(&mut self, node: &Node, what: &str, expected: &'static str) {
        let mistake = Mistake::WrongKind { what: what.to_owned(), expected, found: node.kind() };
        let help = match node {
            Node::Nothing(_) => format!("write {expected}, or leave the key out where it is optional"),
            _ => format!("write {expected}"),
        };
        self.faults.push(Fault::at(node.span(), mistake).help(help));
    }

    /// A map's entries without repeated names.
    fn entries(&mut self, node: Node, what: &str) -> Option<Vec<(Scalar, Node)>> {
        let Node::Map(entries, _) = node else {
            self.wrong_kind(&node, what, "a map");
            return None;
        };
        let mut seen: HashMap<String, Span> = HashMap::new();
        let mut once = Vec::with_capacity(entries.len());
        for (name, value) in entries {
            if let Some(first) = seen.get(&name.text) {
                let mistake = Mistake::RepeatedKey { key: name.text.clone() };
                let fault =
                    Fault::at(name.span, mistake).label("again here").and(first.clone(), "first here");
                self.faults.push(fault.help("remove one of the two"));
            } else {
                seen.insert(name.text.clone(), name.span.clone());
                once.push((name, value));
            }
        }
        Some(once)
    }

    /// A map whose keys are known. `at` is where to point when one is missing.
    pub(super) fn fields(
        &mut self,
        node: Node,
        (what, at): (&str, Span),
        keys: &'static [&'static str],
    ) -> Option<Fields> {
        let entries = self.entries(node, what)?;
        let (known, unknown): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|(name, _)| keys.contains(&name.text.as_str()));
        let mut meant = Vec::new();
        for (name, _) in unknown {
            meant.extend(suggest::closest(&name.text, keys.iter().copied()));
            let help = suggest::hint(&name.text, keys.iter().copied());
            let mistake = Mistake::UnknownKey { key: name.text, what: what.to_owned() };
            self.faults.push(Fault::at(name.span, mistake).help(help));
        }
        Some(Fields { entries: known, what: what.to_owned(), at, meant })
    }

    pub(super) fn require(&mut self, fields: &mut Fields, key: &'static str, help: &str) -> Option<Node> {
        if let Some((_, node)) = fields.take(key) {
            return Some(node);
        }
        if fields.meant.contains(&key) {
            return None;
        }
        let mistake = Mistake::MissingKey { key, what: fields.what.clone() };
        self.faults.push(Fault::at(fields.at.clone(), mistake).help(help));
        None
    }

    pub(super) fn scalar(&mut self, node: Node, what: &str) -> Option<Scalar> {
        match node {
            Node::Scalar(scalar) => Some(scalar),
            other => {
                self.wrong_kind(&other, what, "a single value");
                None
            }
        }
    }

    pub(super) fn optional(&mut self, fields: &mut Fields, key: &'static str) -> Option<Scalar> {
        let (_, node) = fields.take(key)?;
        self.scalar(node, &format!("`{key}`"))
    }

    fn list(&mut self, node: Node, what: &str) -> Option<Vec<Node>> {
        match node {
            Node::List(items, _) => Some(items),
            other => {
                self.wrong_kind(&other, what, "a list");
                None
            }
        }
    }

    pub(super) fn scalars(&mut self, node: Node, what: &str) -> Option<Vec<Scalar>> {
        let span = node.span();
        let items = self.list(node, what)?;
        if items.is_empty() {
            let mistake = Mistake::EmptyList { what: what.to_owned() };
            self.faults.push(
                Fault::at(span, mistake).help("name at least one, or leave the key out where it is optional"),
            );
        }
        Some(items.into_iter().filter_map(|item| self.scalar(item, what)).collect())
    }

    pub(super) fn optional_scalars(&mut self, fields: &mut Fields, key: &'static str) -> Option<Vec<Scalar>> {
        let (_, node) = fields.take(key)?;
        self.scalars(node, &format!("`{key}`"))
    }

    pub(super) fn optional_one_or_many(
        &mut self,
        fields: &mut Fields,
        key: &'static str,
    ) -> Option<Vec<Scalar>> {
        let (_, node) = fields.take(key)?;
        self.one_or_many(node, &format!("`{key}`"))
    }

    pub(super) fn one_or_many(&mut self, node: Node, what: &str) -> Option<Vec<Scalar>> {
        match node {
            Node::Scalar(scalar) => Some(vec![scalar]),
            Node::List(..) => self.scalars(node, what),
            other => {
                self.wrong_kind(&other, what, "a single value or a list");
                None
            }
        }
    }

    pub(super) fn named<T>(
        &mut self,
        node: Node,
        what: &str,
        mut read: impl FnMut(&mut Self, &Scalar, Node) -> Option<T>,
    ) -> Named<T> {
        let entries = self.entries(node, what).unwrap_or_default();
        let mut named = Vec::with_capacity(entries.len());
        for (name, node) in entries {
            if let Some(value) = read(self, &name, node) {
                named.push((name, value));
            }
        }
        Named(named)
    }

    pub(super) fn items<T>(
        &mut self,
        node: Node,
        what: &str,
        mut read: impl FnMut(&mut Self, Node) -> Option<T>,
    ) -> Vec<T> {
        let items = self.list(node, what).unwrap_or_default();
        items.into_iter().filter_map(|item| read(self, item)).collect()
    }
}

/// Where a map begins: its first key.
pub(super) fn first_key(node: &Node) -> Span {
    match node {
        Node::Map(entries, span) => entries.first().map_or_else(|| span.clone(), |(key, _)| key.span.clone()),
        other => other.span(),
    }
}
