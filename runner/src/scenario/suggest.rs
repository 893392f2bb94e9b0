//! The word somebody may have meant. It must not know what the words are for.

/// The longest text that may be a slip: twice the longest name. Comparing takes memory in proportion to it.
const SAID_MAX_BYTES: usize = 128;

/// The closest of the known words, if it is close enough to be a slip of the finger: one change in four characters.
pub(super) fn closest<'w>(said: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    if said.len() > SAID_MAX_BYTES {
        return None;
    }
    let close = |word: &&str| {
        let distance = strsim::damerau_levenshtein(&said.to_lowercase(), &word.to_lowercase());
        (distance, distance <= 1.max(word.chars().count() / 3))
    };
    let candidates = known.into_iter().map(|word| (close(&word), word)).filter(|((_, near), _)| *near);
    candidates.min_by_key(|((distance, _), _)| *distance).map(|(_, word)| word)
}

/// A hint: the word that may be meant, or all of them.
pub(super) fn hint<'w>(said: &str, known: impl IntoIterator<Item = &'w str> + Clone) -> String {
    match closest(said, known.clone()) {
        Some(word) => format!("did you mean `{word}`?"),
        None => format!("known are {}", listed(known)),
    }
}

/// How many words a message lists before it says how many more there are.
const LISTED_MAX: usize = 12;

/// Words as a message lists them.
pub(super) fn listed<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.len() {
        0 => "none".to_owned(),
        all if all > LISTED_MAX => {
            format!(
                "{} and {} more",
                words.get(..LISTED_MAX).unwrap_or_default().join(", "),
                all - LISTED_MAX
            )
        }
        _ => words.join(", "),
    }
}
