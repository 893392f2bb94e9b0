//! Where the links of the documents lead: each relative one to a tracked file or folder, and to a place that is in it.

use super::tree::{File, is_document};

/// Complains of every link in a document that leads nowhere. What is on the network is not looked up.
pub(super) fn complaints(files: &[File]) -> Vec<String> {
    let documents = files.iter().filter(|file| is_document(&file.path));
    let broken = documents.flat_map(|file| {
        let broken = targets(&file.text).into_iter().filter(|target| !leads(files, &file.path, target));
        broken.map(|target| format!("{}: the link `{target}` leads nowhere", file.path))
    });
    broken.collect()
}

/// What the links of a document name, without those that lead out of the tree.
fn targets(text: &str) -> Vec<&str> {
    let named = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    named.filter(|target| !target.contains("://") && !target.contains(char::is_whitespace)).collect()
}

fn leads(files: &[File], from: &str, target: &str) -> bool {
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = if path.is_empty() { from.to_owned() } else { resolved(from, path) };
    let folder = format!("{}/", path.trim_end_matches('/'));
    match files.iter().find(|file| file.path == path) {
        Some(file) => anchor.is_empty() || anchors(&file.text).any(|known| known == anchor),
        None => anchor.is_empty() && files.iter().any(|file| file.path.starts_with(&folder)),
    }
}

/// A path from the root, of one that is written from a file's folder.
fn resolved(from: &str, path: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The places of a document that a link may name: its headings, and what has an `id`.
fn anchors(text: &str) -> impl Iterator<Item = String> {
    let headings = text.lines().filter(|line| line.starts_with('#')).map(slug);
    let ids = text.split("<a id=\"").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned);
    headings.chain(ids)
}

/// A heading as GitHub names its place.
fn slug(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().chars();
    let kept = kept.filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(document: &str) -> Vec<File> {
        let file = |path: &str, text: &str| File { path: path.to_owned(), text: text.to_owned() };
        let other = "## What it's for\n| <a id=\"agent\"></a>agent |\n";
        vec![file("a/README.md", document), file("b/OTHER.md", other), file("b/c/d.rs", "[no link](gone.md)")]
    }

    #[test]
    fn a_link_that_leads_nowhere_is_complained_of() {
        for bad in ["gone.md", "../b/GONE.md", "../b/OTHER.md#gone", "#gone", "../b/c#x", "OTHER.md"] {
            assert_eq!(complaints(&tree(&format!("see [it]({bad})"))).len(), 1, "{bad}");
        }
    }

    #[test]
    fn a_link_to_a_file_a_folder_or_a_place_in_a_file_is_not() {
        for good in [
            "../b/OTHER.md",
            "./README.md",
            "../b/c",
            "../b/c/d.rs",
            "../b/OTHER.md#what-its-for",
            "../b/OTHER.md#agent",
            "#here",
            "https://example.test/gone.md",
        ] {
            assert_eq!(complaints(&tree(&format!("# Here\nsee [it]({good})"))), [""; 0], "{good}");
        }
    }
}
