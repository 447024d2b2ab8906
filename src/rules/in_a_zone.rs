//! TW029: What values become depends on a time zone.

use crate::diff::{Change, PartitionChange, ReplicaZone, TableChange, TableDifference};
use crate::model::{
    Column, ColumnDefault, ColumnName, DataType, Expression, KeyTarget, Partition, PartitionBound, PartitionValue,
    ServerZone, Table,
};
use crate::sql;

use super::question::{Counted, Live};
use super::{Finding, Level, Review, Rule, StatementCost, Work};

pub(super) const RULE: Rule = Rule {
    code: "TW029",
    level: Level::Note,
    why: "TIMESTAMP values are stored in UTC, and each client reads and writes them in the time zone of its session. \
          Statements that compute with them run in the server's time zone: clients that have it, too, see the same before \
          and after; for clients in another one the values move",
    instead: "",
    check,
};

const IN_A_DOUBLED_HOUR: Counted =
    Counted { one: "row in an hour that the clock shows twice", many: "rows in an hour that the clock shows twice" };

/// Functions whose value depends on the session's time zone.
const FUNCTIONS: [&str; 11] = [
    "curdate",
    "current_date",
    "current_time",
    "current_timestamp",
    "curtime",
    "from_unixtime",
    "localtime",
    "localtimestamp",
    "now",
    "sysdate",
    "unix_timestamp",
];

fn check(review: Review<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for change in &review.changes.changes {
        if let Change::AlterTable(difference) = change {
            findings.extend(shifted(review, difference));
            for change in &difference.changes {
                if let TableChange::ModifyColumn { live, desired, .. } = change
                    && converts(change)
                {
                    findings.extend(converted(review, difference, live, desired));
                }
            }
        }
        if let Some(table) = table_in_a_zone(change) {
            findings.extend(
                review
                    .live
                    .replica_zones
                    .iter()
                    .filter(|replica| !replica.reads_alike)
                    .map(|replica| read_otherwise(table.name.as_str(), review.live.time_zone.as_ref(), replica)),
            );
        }
    }
    findings
}

/// TIMESTAMP columns that stay, of a table that is copied in a zone with summer time.
fn shifted(review: Review<'_>, difference: &TableDifference) -> Vec<Finding> {
    let (zone, table) = (review.live.time_zone.as_ref(), &difference.desired.name);
    let is_copied = |cost: &StatementCost| cost.table == *table && cost.in_a_zone && cost.work == Work::Copy;
    if !review.costs.iter().any(is_copied) {
        return Vec::new();
    }
    let stays = |column: &Column| difference.desired.column(&column.name).is_some_and(is_timestamp);
    let columns =
        shifts(&difference.live, zone, review.live.copies_by_clock).into_iter().filter(|column| stays(column));
    let finding = |column: &Column| {
        let name = &column.name;
        let problem = format!(
            "the table is copied in the time zone {}: moments of `{name}` in the second of the two hours that its clock \
             shows alike become those of the first",
            shown(zone)
        );
        let question = Live::new(review, difference).column(name, IN_A_DOUBLED_HOUR, |name| Ok(is_doubled(name)));
        let instead =
            "change what is computed in the time zone by hand, after a look at the rows that are counted".to_owned();
        let level = Level::Warning;
        Finding { level, instead, ..RULE.finding(format!("{table}.{name}"), problem).asking(question.lossy()) }
    };
    columns.map(finding).collect()
}

/// UNIX_TIMESTAMP of a column is the moment itself; of a DATETIME it is one of those that the clock shows so.
fn is_doubled(column: &str) -> String {
    format!("UNIX_TIMESTAMP(CAST({column} AS DATETIME(6))) <> UNIX_TIMESTAMP({column})")
}

/// A column whose values become TIMESTAMP values, or no longer are.
fn converted(review: Review<'_>, difference: &TableDifference, live: &Column, desired: &Column) -> Vec<Finding> {
    let zone = review.live.time_zone.as_ref();
    let name = &desired.name;
    let path = format!("{}.{name}", difference.desired.name);
    let mut findings = Vec::new();
    if let Some(zone) = zone {
        let what = if is_timestamp(live) {
            format!("`{name}` becomes what its TIMESTAMP values are in the server's time zone {}", described(zone))
        } else {
            format!("the values of `{name}` become TIMESTAMP values by the server's time zone {}", described(zone))
        };
        findings.push(if zone.changes.is_none() {
            RULE.finding(path.clone(), what)
        } else if is_timestamp(live) {
            let problem = format!("{what}; in the hour that its clock shows twice, two moments become one");
            let question = Live::new(review, difference).column(name, IN_A_DOUBLED_HOUR, |name| Ok(is_doubled(name)));
            let instead = "keep the column a TIMESTAMP, or convert it in a session with time_zone '+00:00'".to_owned();
            Finding { level: Level::Warning, instead, ..RULE.finding(path.clone(), problem).asking(question.lossy()) }
        } else {
            let problem = format!("{what}; of an hour that its clock shows twice, the server takes one");
            RULE.finding(path.clone(), problem)
        });
    }
    let elsewhere = review.live.replica_zones.iter().filter(|replica| !same_clock(replica.own.as_ref(), zone));
    findings.extend(elsewhere.map(|replica| Finding {
        level: Level::Warning,
        instead: "give both servers the same time_zone".to_owned(),
        ..RULE.finding(
            path.clone(),
            format!(
                "the values of `{name}` move {} for clients of replica {}, which has the time zone {}: they are converted by \
                 the primary's, {}",
                by(zone, replica.own.as_ref()),
                replica.name,
                shown(replica.own.as_ref()),
                shown(zone)
            ),
        )
    }));
    findings
}

/// A replica on which the statement would compute other values.
fn read_otherwise(table: &str, zone: Option<&ServerZone>, replica: &ReplicaZone) -> Finding {
    let named = zone.map_or("+00:00", |zone| zone.session.as_str());
    let problem = if zone.is_some_and(ServerZone::is_each_servers_own) {
        format!(
            "replica {} would compute other values: the statement's time zone is {named} on each server, and its system has \
             another one",
            replica.name
        )
    } else {
        format!("replica {} does not know the statement's time zone {named} as the primary does", replica.name)
    };
    let instead = if zone.is_some_and(ServerZone::is_each_servers_own) {
        "set time_zone to the same name or offset on all servers, or give their systems the same zone"
    } else {
        "load the same time zone tables into all servers (mysql_tzinfo_to_sql)"
    };
    Finding { level: Level::Error, instead: instead.to_owned(), ..RULE.finding(table.to_owned(), problem) }
}

/// The table of a change whose statements compute values in a time zone; `None` where they do not.
pub(crate) fn table_in_a_zone(change: &Change) -> Option<&Table> {
    match change {
        Change::CreateTable { table, .. } => is_made_in_a_zone(table).then_some(table),
        Change::AlterTable(difference) => {
            is_changed_in_a_zone(difference, &difference.changes).then_some(&difference.desired)
        }
        Change::DropTable { .. } | Change::RenameTable { .. } => None,
    }
}

/// Whether the definition of a new table means something else in each time zone.
pub(crate) fn is_made_in_a_zone(table: &Table) -> bool {
    table.columns.iter().any(has_moment) || has_bound_in_a_zone(table)
}

/// Whether a statement with these changes of a table computes values in a time zone. All others run in UTC: a table that
/// is copied in a zone with summer time may lose an hour of all its TIMESTAMP columns ([`shifts`]).
pub(crate) fn is_changed_in_a_zone(difference: &TableDifference, changes: &[TableChange]) -> bool {
    let TableDifference { live, desired, .. } = difference;
    stores_what_it_computes(live)
        || stores_what_it_computes(desired)
        || changes.iter().any(|change| is_in_a_zone(change, desired))
}

/// TIMESTAMP columns that stay what they are, in a table that a statement copies by the clock of a zone with summer time:
/// MySQL reads each value as what the clock shows and writes that, so that the second hour of two becomes the first.
pub(crate) fn shifts<'t>(live: &'t Table, zone: Option<&ServerZone>, copies_by_clock: bool) -> Vec<&'t Column> {
    if copies_by_clock && zone.is_some_and(|zone| zone.changes.is_some()) {
        live.columns.iter().filter(|column| is_timestamp(column)).collect()
    } else {
        Vec::new()
    }
}

/// Whether two moments can become one value: a TIMESTAMP column of a zone with summer time becomes something else.
pub(crate) fn joins_moments(change: &TableChange, zone: Option<&ServerZone>) -> bool {
    if let TableChange::ModifyColumn { live, .. } = change {
        zone.is_some_and(|zone| zone.changes.is_some()) && converts(change) && is_timestamp(live)
    } else {
        false
    }
}

/// Whether a change makes other values of TIMESTAMP values, or TIMESTAMP values of others.
pub(crate) fn converts(change: &TableChange) -> bool {
    if let TableChange::ModifyColumn { live, desired, .. } = change {
        is_timestamp(live) != is_timestamp(desired) && live.generated.is_none()
    } else {
        false
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the other changes write no value of a time")]
fn is_in_a_zone(change: &TableChange, desired: &Table) -> bool {
    match change {
        // Rows get the time of day in the session's zone.
        TableChange::AddColumn { column, written, .. } => {
            let computed = match &column.default {
                Some(ColumnDefault::CurrentTimestamp(_)) => !is_timestamp(column),
                Some(ColumnDefault::Expression(expression)) => is_computed_in_a_zone(expression, desired),
                Some(ColumnDefault::Null | ColumnDefault::Literal(_)) | None => false,
            };
            computed || has_moment(written)
        }
        TableChange::ModifyColumn { written, .. }
        | TableChange::MoveColumn { written, .. }
        | TableChange::ReplaceColumn { written, .. } => has_moment(written) || converts(change),
        TableChange::AddCheck(check) | TableChange::ChangeCheck { desired: check, .. } => {
            is_computed_in_a_zone(&check.expression, desired)
        }
        TableChange::Partitions(
            PartitionChange::Add(partitions) | PartitionChange::Reorganize { into: partitions, .. },
        ) => partitions.iter().any(is_bound_in_a_zone),
        TableChange::Partitions(PartitionChange::PartitionBy { desired, .. }) => {
            desired.partitions.iter().any(is_bound_in_a_zone)
        }
        _ => false,
    }
}

/// Whether a bound or value of a partition is computed in the session's time zone, such as `unix_timestamp('2026-01-01')`.
pub(crate) fn has_bound_in_a_zone(table: &Table) -> bool {
    let mut partitions = table.partitioning.iter().flat_map(|partitioning| &partitioning.partitions);
    partitions.any(is_bound_in_a_zone)
}

fn is_bound_in_a_zone(partition: &Partition) -> bool {
    let in_a_zone = |value: &PartitionValue| match value {
        PartitionValue::Expression(expression) => sql::calls_any(expression, &FUNCTIONS),
        PartitionValue::Null => false,
    };
    let bound = |bound: &PartitionBound| match bound {
        PartitionBound::Value(value) => in_a_zone(value),
        PartitionBound::MaxValue => false,
    };
    partition.bounds().iter().any(bound) || partition.listed().iter().flatten().any(in_a_zone)
}

fn is_timestamp(column: &Column) -> bool {
    matches!(column.data_type, DataType::Timestamp { .. })
}

/// A TIMESTAMP column whose default is a moment: the server reads its text in the session's zone.
fn has_moment(column: &Column) -> bool {
    is_timestamp(column) && matches!(column.default, Some(ColumnDefault::Literal(_)))
}

/// Whether an expression has another value in each time zone: it names a TIMESTAMP column, or asks for the time of day.
fn is_computed_in_a_zone(expression: &Expression, table: &Table) -> bool {
    let timestamp = |name: &ColumnName| table.column(name).is_some_and(is_timestamp);
    sql::calls_any(expression, &FUNCTIONS) || sql::expression_columns(expression).iter().any(timestamp)
}

/// Whether the table has generated columns or indexes over expressions with such values.
fn stores_what_it_computes(table: &Table) -> bool {
    let column = |column: &Column| {
        column.generated.as_ref().is_some_and(|generated| is_computed_in_a_zone(&generated.expression, table))
    };
    table.columns.iter().any(column)
        || table.indexes.iter().flat_map(|index| &index.parts).any(|part| match &part.target {
            KeyTarget::Expression(expression) => is_computed_in_a_zone(expression, table),
            KeyTarget::Column { .. } => false,
        })
}

/// The zone, and by how much its clock differs from UTC: by that much the values differ from what is stored.
fn described(zone: &ServerZone) -> String {
    let Some(offset) = zone.offset else { return zone.name.clone() };
    let now = if zone.changes.is_some() { ", as of now" } else { "" };
    let way = if offset < 0 { "behind" } else { "ahead of" };
    format!("{} ({} {way} UTC{now})", zone.name, hours(offset))
}

/// Seconds as hours and minutes.
fn hours(seconds: i32) -> String {
    let minutes = seconds.unsigned_abs() / 60;
    format!("{:02}:{:02} hours", minutes / 60, minutes % 60)
}

fn shown(zone: Option<&ServerZone>) -> &str {
    zone.map_or("UTC", |zone| zone.name.as_str())
}

fn same_clock(one: Option<&ServerZone>, other: Option<&ServerZone>) -> bool {
    let shape = |zone: &ServerZone| (zone.changes, zone.changes.is_none().then_some(zone.offset));
    one.map(shape) == other.map(shape)
}

/// By how much two zones differ at this moment.
fn by(one: Option<&ServerZone>, other: Option<&ServerZone>) -> String {
    let offset = |zone: Option<&ServerZone>| zone.map_or(Some(0), |zone| zone.offset);
    match (offset(one), offset(other)) {
        (Some(one), Some(other)) => {
            format!("by {} (as of now)", hours(one - other))
        }
        (None, _) | (_, None) => "by an unknown time".to_owned(),
    }
}
