//! Which columns must move: all but a longest increasing subsequence stays where it is.

/// For a permutation of positions, whether each element may stay. `positions[i]` is where the i-th desired element
/// stands now.
pub(super) fn staying(positions: &[usize]) -> Vec<bool> {
    // tails[k]: index of the smallest last element of an increasing subsequence of length k + 1.
    let mut tails: Vec<usize> = Vec::new();
    let mut previous: Vec<Option<usize>> = vec![None; positions.len()];
    for (index, position) in positions.iter().enumerate() {
        let length = tails.partition_point(|tail| positions.get(*tail).is_some_and(|value| value < position));
        if let Some(slot) = previous.get_mut(index) {
            *slot = length.checked_sub(1).and_then(|before| tails.get(before).copied());
        }
        match tails.get_mut(length) {
            Some(tail) => *tail = index,
            None => tails.push(index),
        }
    }
    let mut stays = vec![false; positions.len()];
    let mut at = tails.last().copied();
    while let Some(index) = at {
        if let Some(slot) = stays.get_mut(index) {
            *slot = true;
        }
        at = previous.get(index).copied().flatten();
    }
    stays
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_move_where_one_is_enough() {
        assert_eq!(staying(&[0, 1, 2]), [true, true, true]);
        // The last became the first: only it moves.
        assert_eq!(staying(&[2, 0, 1]), [false, true, true]);
        // The first became the last: only it moves.
        assert_eq!(staying(&[1, 2, 0]), [true, true, false]);
        assert_eq!(staying(&[2, 1, 0]).iter().filter(|stays| **stays).count(), 1);
        assert!(staying(&[]).is_empty());
    }
}
