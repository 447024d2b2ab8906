//! Which changed tables share a plan. No client required.
//!
//! Tables of one namespace whose changes depend on each other by foreign keys, or that carry the same change-group
//! label, are one *change group*. Groups that the policy lets through by itself and that nothing ties together are put
//! into few plans (*batches*): a burst of a hundred new tables is not a hundred plans. A group that waits for a person
//! always has a plan of its own, so that it holds nobody up.

use std::collections::{BTreeMap, BTreeSet};

use super::store::ObjectKey;

/// A table that differs from its manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) object: ObjectKey,
    /// Its desired name, and its live one where that differs.
    pub(crate) tables: Vec<String>,
    /// The change-group label.
    pub(crate) label: Option<String>,
    /// Whether its change has to wait for a person, or stood alone before.
    pub(crate) alone: bool,
}

/// Tables that share a plan, sorted by object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// Stable for the same set of objects; the beginning of the plan's name.
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) members: Vec<Member>,
}

/// Forms groups. `edges` are foreign keys, child and parent, live and desired alike; those of tables that do not change
/// tie nothing together. `batch` is how many tables a batch may have; below 2 there are no batches.
pub(crate) fn groups(members: Vec<Member>, edges: &[(String, String)], batch: usize) -> Vec<Group> {
    let mut order: Vec<Member> = members;
    order.sort_by(|one, other| one.object.cmp(&other.object));
    let mut leader: Vec<usize> = (0..order.len()).collect();
    let mut place: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut label: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (index, member) in order.iter().enumerate() {
        for table in &member.tables {
            place.insert((&member.object.namespace, table), index);
        }
    }
    for (index, member) in order.iter().enumerate() {
        if let Some(text) = &member.label {
            let first = *label.entry((&member.object.namespace, text)).or_insert(index);
            union(&mut leader, first, index);
        }
    }
    let namespaces: BTreeSet<&str> = order.iter().map(|member| member.object.namespace.as_str()).collect();
    for (child, parent) in edges {
        for namespace in &namespaces {
            if let (Some(one), Some(other)) = (place.get(&(*namespace, child)), place.get(&(*namespace, parent))) {
                union(&mut leader, *one, *other);
            }
        }
    }
    let mut sets: BTreeMap<usize, Vec<Member>> = BTreeMap::new();
    for (index, member) in order.iter().enumerate() {
        sets.entry(find(&mut leader, index)).or_default().push(member.clone());
    }
    let (alone, free): (Vec<_>, Vec<_>) = sets.into_values().partition(|members| {
        batch < 2 || members.iter().any(|member| member.alone || member.label.is_some()) || members.len() >= batch
    });
    let mut result: Vec<Group> = alone.into_iter().filter_map(group).collect();
    let mut open: BTreeMap<String, Vec<Member>> = BTreeMap::new();
    for members in free {
        let Some(namespace) = members.first().map(|member| member.object.namespace.clone()) else { continue };
        let current = open.entry(namespace).or_default();
        if current.len() + members.len() > batch {
            result.extend(group(std::mem::take(current)));
        }
        current.extend(members);
    }
    result.extend(open.into_values().filter_map(group));
    result
}

fn group(mut members: Vec<Member>) -> Option<Group> {
    members.sort_by(|one, other| one.object.cmp(&other.object));
    let first = members.first()?;
    // The first by name: it stays the same while the set does, and a person recognizes it.
    let name = first.label.clone().unwrap_or_else(|| first.object.name.clone());
    Some(Group { name, namespace: first.object.namespace.clone(), members })
}

fn find(leader: &mut [usize], index: usize) -> usize {
    let mut root = index;
    while leader[root] != root {
        root = leader[root];
    }
    leader[index] = root;
    root
}

fn union(leader: &mut [usize], one: usize, other: usize) {
    let (one, other) = (find(leader, one), find(leader, other));
    let (low, high) = (one.min(other), one.max(other));
    leader[high] = low;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(namespace: &str, name: &str) -> Member {
        Member { object: ObjectKey::new(namespace, name), tables: vec![name.to_owned()], label: None, alone: false }
    }

    fn names(groups: &[Group]) -> Vec<Vec<&str>> {
        let mut names: Vec<Vec<&str>> = groups
            .iter()
            .map(|group| group.members.iter().map(|member| member.object.name.as_str()).collect())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn foreign_keys_and_labels_tie_together_within_a_namespace_only() {
        let mut labelled = member("a", "x");
        labelled.label = Some("release-7".into());
        let mut also = member("a", "y");
        also.label = Some("release-7".into());
        let mut elsewhere = member("b", "z");
        elsewhere.label = Some("release-7".into());
        let members = vec![member("a", "posts"), member("a", "users"), member("a", "tags"), labelled, also, elsewhere];
        let edges = [("posts".to_owned(), "users".to_owned()), ("tags".to_owned(), "unchanged".to_owned())];
        let groups = groups(members, &edges, 0);
        assert_eq!(names(&groups), [vec!["posts", "users"], vec!["tags"], vec!["x", "y"], vec!["z"]]);
        assert!(groups.iter().any(|group| group.name == "release-7" && group.namespace == "b"));
    }

    #[test]
    fn a_burst_is_few_plans_and_what_waits_for_a_person_stands_alone() {
        let mut members: Vec<Member> = (0..100).map(|index| member("a", &format!("t{index:03}"))).collect();
        members[7].alone = true;
        let groups = groups(members, &[("t001".into(), "t002".into())], 50);
        let sizes: Vec<usize> = groups.iter().map(|group| group.members.len()).collect();
        assert_eq!(sizes.iter().sum::<usize>(), 100);
        assert_eq!(groups.len(), 3);
        assert!(groups.iter().any(|group| group.members.len() == 1 && group.name == "t007"));
    }
}
