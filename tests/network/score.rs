//! Draws the table of all scores. How a run is scored is the lab's: its breaks and the catalogue's entries are held to the
//! same words.

use std::fmt::Write;

use ringfence_lab::Score;
use ringfence_tests::catalogue::Entry;

/// The table of all scores, and the counts.
pub(crate) fn table(scores: &[(&Entry, Score)]) -> String {
    let mut text = String::new();
    let mut counts = [("caught", 0), ("quiet", 0), ("wrong reason", 0), ("missed", 0), ("false alarm", 0)];
    for (entry, score) in scores {
        let (word, right) = (score.word(), score.right.len());
        writeln!(text, "  {word:12} {right:>3}  {:32} {}", entry.name, entry.what).expect("text grows");
        text.push_str(&complaints(score));
        for (known, count) in &mut counts {
            *count += usize::from(*known == word);
        }
    }
    let edges: usize = scores.iter().map(|(_, score)| score.right.len()).sum();
    let counts: Vec<String> = counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
    writeln!(text, "\n{} entries: {}; {edges} edges turned as they had to", scores.len(), counts.join(", "))
        .expect("text grows");
    text
}

/// What went wrong, a line an edge.
fn complaints(score: &Score) -> String {
    let wrong = score.wrong().into_iter();
    let lines = wrong.flat_map(|(word, edges)| edges.iter().map(move |edge| format!("    {word}: {edge}\n")));
    lines.collect()
}
