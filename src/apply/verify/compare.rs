//! Compares definitions and actual row formats of the primary with a replica's.
//!
//! A difference counts only if the primary's definition was the same before and after the replica's was read.

use std::collections::BTreeMap;

use crate::model::TableName;
use crate::mysql::{self, MysqlError, Server, TableKind};
use crate::plan::fingerprint;

/// Which of the two could not be asked.
#[derive(Debug)]
pub(super) enum CompareError {
    /// The primary.
    Primary(MysqlError),
    /// The replica.
    Replica(MysqlError),
}

/// Names each table that differs, with what differs; `tables` empty: all base tables of the primary and the replica.
pub(super) async fn compare(
    primary: &Server,
    replica: &Server,
    tables: &[TableName],
) -> Result<Vec<String>, CompareError> {
    let names = if tables.is_empty() { all(primary, replica).await? } else { tables.to_vec() };
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let (live, theirs) =
        tokio::join!(mysql::show_create_tables(primary, &names), mysql::show_create_tables(replica, &names));
    let live: BTreeMap<TableName, Option<String>> = live.map_err(CompareError::Primary)?.into_iter().collect();
    let theirs: BTreeMap<TableName, Option<String>> = theirs.map_err(CompareError::Replica)?.into_iter().collect();
    let mut differing = BTreeMap::new();
    for (name, text) in &live {
        if let Some(difference) = difference(text.as_deref(), theirs.get(name).and_then(Option::as_deref)) {
            differing.insert(name.clone(), difference);
        }
    }
    if !differing.is_empty() {
        let suspects: Vec<TableName> = differing.keys().cloned().collect();
        let again = mysql::show_create_tables(primary, &suspects).await.map_err(CompareError::Primary)?;
        for (name, text) in again {
            if live.get(&name) != Some(&text) {
                differing.remove(&name);
            }
        }
    }
    row_formats(primary, replica, &names, &mut differing).await?;
    Ok(differing.into_iter().map(|(name, difference)| format!("{name} ({difference})")).collect())
}

/// Whether two servers gave the same definitions of the same tables.
pub(super) fn agree(live: &[(TableName, Option<String>)], theirs: &[(TableName, Option<String>)]) -> bool {
    live.iter().zip(theirs).all(|((_, one), (_, other))| difference(one.as_deref(), other.as_deref()).is_none())
}

/// The same text may mean another format where the servers' defaults differ, and the next index then stops the applier.
async fn row_formats(
    primary: &Server,
    replica: &Server,
    names: &[TableName],
    differing: &mut BTreeMap<TableName, String>,
) -> Result<(), CompareError> {
    let (live, theirs) = tokio::join!(mysql::row_formats(primary, names), mysql::row_formats(replica, names));
    let live = live.map_err(CompareError::Primary)?;
    let theirs: BTreeMap<TableName, String> = theirs.map_err(CompareError::Replica)?.into_iter().collect();
    for (name, format) in live {
        if let Some(other) = theirs.get(&name)
            && *other != format
        {
            differing.entry(name).or_insert_with(|| format!("ROW_FORMAT is {format} on the primary and {other} there"));
        }
    }
    Ok(())
}

async fn all(primary: &Server, replica: &Server) -> Result<Vec<TableName>, CompareError> {
    let (live, theirs) = tokio::join!(mysql::list_tables(primary), mysql::list_tables(replica));
    let mut names: Vec<TableName> = live
        .map_err(CompareError::Primary)?
        .into_iter()
        .chain(theirs.map_err(CompareError::Replica)?)
        .filter(|table| table.kind == TableKind::BaseTable)
        .map(|table| table.name)
        .collect();
    names.sort();
    names.dedup();
    Ok(names)
}

fn difference(live: Option<&str>, theirs: Option<&str>) -> Option<String> {
    match (live, theirs) {
        (None, None) => None,
        (Some(_), None) => Some("missing there".to_owned()),
        (None, Some(_)) => Some("only there".to_owned()),
        (Some(live), Some(theirs)) if fingerprint(live) == fingerprint(theirs) => None,
        // REQUIRE_TABLE_PRIMARY_KEY_CHECK=GENERATE: the replica gives a table a key that has none.
        (Some(live), Some(theirs))
            if without_generated_key(theirs).is_some_and(|theirs| fingerprint(live) == fingerprint(&theirs)) =>
        {
            None
        }
        (Some(live), Some(theirs)) => Some(lines_apart(live, theirs)),
    }
}

/// A definition without the primary key that the server has made; `None`: it has none of that kind.
fn without_generated_key(text: &str) -> Option<String> {
    let column = "  `my_row_id` bigint unsigned NOT NULL AUTO_INCREMENT /*!80023 INVISIBLE */,\n";
    let (head, rest) = text.split_once(column).filter(|(head, _)| head.lines().count() == 1)?;
    let (before, after) = rest.split_once("  PRIMARY KEY (`my_row_id`)")?;
    Some(match after.strip_prefix(",\n") {
        Some(after) => format!("{head}{before}{after}"),
        // The last line of the list: the one before it has a comma too many.
        None => format!("{head}{}{after}", before.strip_suffix(",\n")?),
    })
}

/// A line without its comma, and the line of options without the counter.
fn comparable(line: &str) -> String {
    let line = line.trim().trim_end_matches(',');
    if !line.starts_with(')') {
        return line.to_owned();
    }
    line.split(' ').filter(|word| !word.starts_with("AUTO_INCREMENT=")).collect::<Vec<_>>().join(" ")
}

/// What each side has that the other lacks, up to three lines of each; definitions hold no row values.
fn lines_apart(live: &str, theirs: &str) -> String {
    let lines = |text: &str| -> Vec<String> { text.lines().map(comparable).collect() };
    let (live, theirs) = (lines(live), lines(theirs));
    let only = |one: &[String], other: &[String]| -> Vec<String> {
        one.iter().filter(|line| !other.contains(line)).take(3).map(|line| format!("`{line}`")).collect()
    };
    let (here, there) = (only(&live, &theirs), only(&theirs, &live));
    match (here.is_empty(), there.is_empty()) {
        (true, true) => "the same lines in another order".to_owned(),
        (false, true) => format!("only on the primary: {}", here.join(", ")),
        (true, false) => format!("only there: {}", there.join(", ")),
        (false, false) => format!("on the primary {}, there {}", here.join(", "), there.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As MySQL 9.7 prints a table whose key the replica has made.
    #[test]
    fn a_key_that_the_replica_makes_is_no_difference() {
        let live = "CREATE TABLE `t` (\n  `a` int DEFAULT NULL,\n  KEY `a` (`a`)\n) ENGINE=InnoDB";
        let column = "  `my_row_id` bigint unsigned NOT NULL AUTO_INCREMENT /*!80023 INVISIBLE */,\n";
        let theirs = live
            .replace("(\n", &format!("(\n{column}"))
            .replace("  KEY", "  PRIMARY KEY (`my_row_id`),\n  KEY")
            .replace("InnoDB", "InnoDB AUTO_INCREMENT=3");
        assert_eq!(difference(Some(live), Some(&theirs)), None);
        let bare = live.replace(",\n  KEY `a` (`a`)", "");
        let alone = theirs.replace(",\n  KEY `a` (`a`)", "");
        assert_eq!(difference(Some(&bare), Some(&alone)), None);
        // What the primary itself has must be there, and a visible column is somebody's.
        assert!(difference(Some(&theirs), Some(live)).is_some());
        assert!(difference(Some(live), Some(&theirs.replace(" /*!80023 INVISIBLE */", ""))).is_some());
    }

    #[test]
    fn a_counter_is_no_difference() {
        let one = "CREATE TABLE `t` (\n  `a` int\n) ENGINE=InnoDB AUTO_INCREMENT=5 DEFAULT CHARSET=utf8mb4";
        let other = "CREATE TABLE `t` (\n  `a` int\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4";
        assert_eq!(difference(Some(one), Some(other)), None);
        assert_eq!(difference(Some(one), None).as_deref(), Some("missing there"));
        assert_eq!(
            difference(Some(one), Some(&other.replace("int", "bigint"))).as_deref(),
            Some("on the primary ``a` int`, there ``a` bigint`")
        );
    }
}
