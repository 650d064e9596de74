//! The known key that the operator probably meant.

/// How many letters must be added, removed, changed or swapped with their neighbour to make one
/// text from the other (the optimal string alignment distance).
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in right.iter().enumerate() {
            let mut best = (above[j] + usize::from(a != b))
                .min(above[j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && left[i - 1] == *b && *a == right[j - 1] {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[right.len()]
}

fn leaf(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

/// The known key that is nearest to `key`. The right name in the wrong section counts as near.
pub fn nearest<'a>(key: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known.min_by_key(|candidate| {
        distance(key, candidate).min(distance(leaf(key), leaf(candidate)) + 3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_single_mistakes() {
        assert_eq!(distance("listen", "listen"), 0);
        assert_eq!(distance("lisen", "listen"), 1);
        assert_eq!(distance("lisetn", "listen"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn the_right_key_in_the_wrong_section_is_found() {
        let known = ["server.listen", "totp.digits", "session.idle"];
        assert_eq!(
            nearest("session.digits", known.into_iter()),
            Some("totp.digits")
        );
        assert_eq!(
            nearest("server.lisen", known.into_iter()),
            Some("server.listen")
        );
    }
}
