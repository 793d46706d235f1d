//! What a misspelt word was meant to be.

/// The word nearest to `found`, where one is near enough to be meant: at most one edit in three letters, or its beginning.
pub(crate) fn nearest<'w>(found: &str, words: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    let found = found.to_lowercase();
    words
        .filter_map(|word| {
            // `scan` for `scan_s` is nearer than any slip of the keys.
            let begun = found.len() >= 3 && word.starts_with(&found);
            let edits = if begun { 0 } else { edits(&found, word) };
            (edits <= found.chars().count().max(word.chars().count()) / 3).then_some((edits, word))
        })
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, word)| word)
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other (optimal string alignment).
pub(super) fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, &ca) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &cb) in b.iter().enumerate() {
            let mut least = (last[j] + usize::from(ca != cb)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && ca == b[j - 1] && a[i - 1] == cb {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted_as_by_hand() {
        for (a, b, n) in [("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("feed", "fede", 1), ("ab", "ba", 1)] {
            assert_eq!(edits(a, b), n, "{a} {b}");
            assert_eq!(edits(b, a), n, "{b} {a}");
        }
    }

    #[test]
    fn only_a_near_word_is_offered() {
        let words = ["feed", "format", "sog_lcb90_kn"];
        assert_eq!(nearest("feeed", words.into_iter()), Some("feed"));
        assert_eq!(nearest("sog_lcb_kn", words.into_iter()), Some("sog_lcb90_kn"));
        assert_eq!(nearest("FEED", words.into_iter()), Some("feed"));
        assert_eq!(nearest("scan", ["sac", "scan_s"].into_iter()), Some("scan_s"));
        assert_eq!(nearest("colour", words.into_iter()), None);
        assert_eq!(nearest("x", std::iter::empty()), None);
    }
}
