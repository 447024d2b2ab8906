//! TW011: The table is rebuilt.

use crate::rules::Work;

use super::{Finding, Level, Review, Rule};

pub(super) const RULE: Rule = Rule {
    code: "TW011",
    level: Level::Note,
    why: "It needs the table's size on disk once more, loads the server for its time, and the replica does the same again afterwards; what is written meanwhile is kept in a log, and more of it than innodb_online_alter_log_max_size (128 MiB unless set) makes the statement fail at its end (error 1799)",
    instead: "do several such changes in one statement, run it in a quiet window, and give innodb_online_alter_log_max_size more where much is written",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    review
        .costs
        .iter()
        .filter(|cost| cost.work == Work::Rebuild)
        .map(|cost| RULE.finding(cost.table.to_string(), format!("table `{}` is rebuilt in place", cost.table)))
        .collect()
}
