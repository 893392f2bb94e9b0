//! How long the sentences of a document are, in the mean: readers are tired, and many read a language that is not theirs.
//!
//! Code, tables and headings are left out. What is left is read line by line; it is no parser of Markdown, and need not be one.

/// What the mean stays below, in words a sentence.
const WORDS_MEAN: usize = 20;

/// How far a line stands in that is code, where a blank line or code is before it.
const CODE_INDENT: usize = 4;

/// Complains of a document whose sentences are too long in the mean.
pub(super) fn too_long(path: &str, text: &str) -> Option<String> {
    let words: Vec<usize> = prose(text).iter().flat_map(|block| sentences(block)).collect();
    let (sum, count) = (words.iter().sum::<usize>(), words.len());
    (count > 0 && sum >= WORDS_MEAN * count).then(|| {
        format!("{path}: {sum} words in {count} sentences, less than {WORDS_MEAN} a sentence are allowed")
    })
}

/// The paragraphs and list items of a document, each on one line.
fn prose(text: &str) -> Vec<String> {
    let mut blocks = vec![String::new()];
    let (mut fenced, mut code, mut blank) = (false, false, true);
    for line in text.lines() {
        let said = line.trim();
        let is_fence = said.starts_with("```");
        fenced ^= is_fence;
        code = !said.is_empty() && (blank || code) && indent(line) >= CODE_INDENT || code && said.is_empty();
        blank = said.is_empty();
        let (begins, said) = item(said);
        if is_fence || blank || begins || said.starts_with(['|', '#']) {
            blocks.push(String::new());
        }
        if is_fence || fenced || code || said.starts_with(['|', '#']) {
            continue;
        }
        if let Some(block) = blocks.last_mut() {
            block.push_str(said);
            block.push(' ');
        }
    }
    blocks
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Whether a line begins an item of a list, and the line without what says so.
fn item(line: &str) -> (bool, &str) {
    match line.split_once(' ') {
        Some(("-" | "*" | "+", rest)) => (true, rest),
        Some((mark, rest)) if mark.strip_suffix('.').is_some_and(is_number) => (true, rest),
        _ => (false, line),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// How many words each sentence of a block has. A block's end is a sentence's end too.
fn sentences(block: &str) -> Vec<usize> {
    let mut counts = vec![0];
    for word in block.split_whitespace() {
        if let (true, Some(count)) = (word.contains(char::is_alphanumeric), counts.last_mut()) {
            *count += 1;
        }
        if word.trim_end_matches([')', ']', '"', '*', '_']).ends_with(['.', '!', '?']) {
            counts.push(0);
        }
    }
    counts.retain(|count| *count > 0);
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(text: &str) -> Vec<usize> {
        prose(text).iter().flat_map(|block| sentences(block)).collect()
    }

    #[test]
    fn a_document_of_long_sentences_is_complained_of() {
        let long = "word ".repeat(WORDS_MEAN);
        assert!(too_long("a.md", &long).is_some_and(|said| said.contains("20 words in 1 sentences")));
        assert_eq!(
            too_long("a.md", &format!("{long}.\n\nA short one.\n")),
            None,
            "it is the mean that counts"
        );
        assert_eq!(too_long("a.md", ""), None);
    }

    #[test]
    fn sentences_end_where_readers_see_an_end() {
        assert_eq!(counts("One two. Three (four five.) Six\nseven 10.0.0.4 eight!"), [2, 3, 4]);
        assert_eq!(
            counts("Three things:\n- one\n- two of them;\n  and more\n1. first\n\nLast one"),
            [2, 1, 5, 1, 2]
        );
        assert_eq!(counts("Behind `a.rs`, **so.** And - so."), [3, 2]);
    }

    #[test]
    fn code_tables_and_headings_are_no_sentences() {
        let text = "# A heading of words\n\nOne.\n\n    code of words\n\n    more code\n\nTwo\n    goes on.\n\n```text\nno words\n```\n\
                    1. Three:\n\n       code of words\n\n   Four.\n\n| no | words |\n|---|---|\n";
        assert_eq!(counts(text), [1, 3, 1, 1]);
    }
}
