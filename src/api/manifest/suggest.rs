//! "Did you mean": the nearest of a few words.

/// The word that is likely meant, if any is near enough.
pub(super) fn nearest<'words>(text: &str, words: impl Iterator<Item = &'words str>) -> Option<&'words str> {
    let folded = text.to_lowercase().replace(['_', '-', ' '], "");
    words
        .map(|word| (distance(&folded, &word.to_lowercase()), word))
        .filter(|(distance, word)| *distance <= 1 + word.len() / 5)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// How many characters must be added, dropped, changed or swapped with their neighbour.
fn distance(one: &str, other: &str) -> usize {
    let one: Vec<char> = one.chars().take(64).collect();
    let other: Vec<char> = other.chars().take(64).collect();
    let width = other.len() + 1;
    let mut table = vec![0; (one.len() + 1) * width];
    for row in 0..=one.len() {
        for column in 0..width {
            table[row * width + column] = if row == 0 || column == 0 {
                row + column
            } else {
                let cost = usize::from(one[row - 1] != other[column - 1]);
                let mut best = (table[(row - 1) * width + column] + 1)
                    .min(table[row * width + column - 1] + 1)
                    .min(table[(row - 1) * width + column - 1] + cost);
                let swapped =
                    row > 1 && column > 1 && one[row - 1] == other[column - 2] && one[row - 2] == other[column - 1];
                if swapped {
                    best = best.min(table[(row - 2) * width + column - 2] + 1);
                }
                best
            };
        }
    }
    table[one.len() * width + other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type() {
        let fields = ["name", "type", "nullable", "default", "defaultExpression", "autoIncrement", "onUpdate"];
        for (typed, meant) in [
            ("nulable", Some("nullable")),
            ("auto_increment", Some("autoIncrement")),
            ("on_update", Some("onUpdate")),
            ("tpye", Some("type")),
            ("Default", Some("default")),
            ("colour", None),
        ] {
            assert_eq!(nearest(typed, fields.into_iter()), meant, "{typed}");
        }
    }
}
