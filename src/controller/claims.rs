//! Who owns a table when several objects name it. No client required.
//!
//! One owner per name as the server compares it, names to be renamed from included: the first by creation and uid, so
//! that every controller, and every restart, comes to the same answer.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::store::ObjectKey;
use crate::model::TableName;

/// What one Table object lays claim to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) object: ObjectKey,
    pub(crate) created: Option<Timestamp>,
    pub(crate) uid: String,
    /// Its name and those it may be renamed from.
    pub(crate) tables: Vec<TableName>,
}

/// Objects that lost a claim: which table, and to whom.
pub(crate) fn contested(
    mut claims: Vec<Claim>,
    lower_case_table_names: u8,
) -> BTreeMap<ObjectKey, (TableName, ObjectKey)> {
    claims.sort_by(|one, other| (one.created, &one.uid, &one.object).cmp(&(other.created, &other.uid, &other.object)));
    let fold = |table: &TableName| {
        if lower_case_table_names == 0 { table.as_str().to_owned() } else { table.as_str().to_lowercase() }
    };
    let mut owners: BTreeMap<String, ObjectKey> = BTreeMap::new();
    let mut lost = BTreeMap::new();
    for claim in claims {
        let taken = claim.tables.iter().find_map(|table| {
            owners.get(&fold(table)).filter(|owner| **owner != claim.object).map(|owner| (table.clone(), owner.clone()))
        });
        match taken {
            Some(conflict) => {
                lost.insert(claim.object, conflict);
            }
            None => {
                for table in &claim.tables {
                    owners.insert(fold(table), claim.object.clone());
                }
            }
        }
    }
    lost
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(name: &str, created: i64, uid: &str, tables: &[&str]) -> Claim {
        Claim {
            object: ObjectKey::new("ns", name),
            created: Some(Timestamp::from_second(created).unwrap()),
            uid: uid.into(),
            tables: tables.iter().map(|table| TableName::from(*table)).collect(),
        }
    }

    #[test]
    fn the_first_by_creation_and_uid_owns_whatever_the_order_of_the_list() {
        let first = claim("z", 1, "b", &["users"]);
        let second = claim("a", 1, "c", &["users"]);
        for claims in [vec![first.clone(), second.clone()], vec![second, first]] {
            let lost = contested(claims, 0);
            assert_eq!(lost.len(), 1);
            assert_eq!(lost[&ObjectKey::new("ns", "a")].1, ObjectKey::new("ns", "z"));
        }
    }

    #[test]
    fn a_name_to_be_renamed_from_counts_and_case_counts_only_where_the_server_tells_cases_apart() {
        let owner = claim("owner", 1, "a", &["members"]);
        let renamer = claim("renamer", 2, "b", &["users", "members"]);
        let other = claim("other", 3, "c", &["Users"]);
        let lost = contested(vec![owner.clone(), renamer.clone(), other.clone()], 0);
        assert_eq!(lost.keys().map(|key| key.name.as_str()).collect::<Vec<_>>(), ["renamer"]);
        let lost = contested(vec![renamer, other], 1);
        assert_eq!(lost.keys().map(|key| key.name.as_str()).collect::<Vec<_>>(), ["other"]);
    }
}
