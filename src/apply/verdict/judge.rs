//! Which verdict a replica's state means. Pure.

use std::time::Duration;

use super::Verdict;
use crate::mysql::{Filter, MysqlError, ReplicaState, ThreadState};

/// What keeps a replica from having executed what it should: for one that has not.
pub(crate) fn judge_absence(state: &ReplicaState, schema: &str) -> Verdict {
    if let Some(verdict) = judge_breakage(state, schema) {
        return verdict;
    }
    Verdict::Lagging {
        behind: state.lag_seconds.map(Duration::from_secs),
        delay: (state.delay_seconds > 0).then(|| Duration::from_secs(state.delay_seconds)),
    }
}

/// Whether a replica is fit for a change to start (invariant: not broken, not lagging beyond its limit).
pub(crate) fn judge_health(state: &ReplicaState, schema: &str, max_lag: Duration) -> Option<Verdict> {
    if let Some(verdict) = judge_breakage(state, schema) {
        return Some(verdict);
    }
    let behind = state.lag_seconds.map(Duration::from_secs);
    let delay = (state.delay_seconds > 0).then(|| Duration::from_secs(state.delay_seconds));
    // A replica that is late on purpose is as late as its delay, even while there is nothing to apply.
    (behind.max(delay).unwrap_or_default() > max_lag).then_some(Verdict::Lagging { behind, delay })
}

/// The verdict on a replica that cannot be asked.
pub(crate) fn judge_error(error: &MysqlError) -> Verdict {
    let next = if error.next_step.is_empty() { String::new() } else { format!("; {}", error.next_step) };
    Verdict::Unobservable { why: format!("{}{next}", error.message) }
}

/// What is broken, worst first; a thread that stopped outranks what it waited for.
fn judge_breakage(state: &ReplicaState, schema: &str) -> Option<Verdict> {
    if !state.has_source {
        return Some(Verdict::ApplierStopped { number: 0, message: "no replication source is configured".to_owned() });
    }
    if let Some(filter) = keeps_out(&state.filters, schema) {
        return Some(Verdict::Filtered { filter });
    }
    match state.applier {
        ThreadState::Stopped => {
            return Some(stopped(state.applier_error.as_ref(), "its applier (SQL thread) is stopped"));
        }
        ThreadState::Running | ThreadState::Connecting => {}
    }
    if let Some(waits) = &state.waits {
        return Some(Verdict::ApplierBlocked { state: waits.state.clone(), by: waits.blockers.clone() });
    }
    match state.receiver {
        ThreadState::Stopped => Some(stopped(state.receiver_error.as_ref(), "its receiver (IO thread) is stopped")),
        ThreadState::Connecting if state.receiver_error.is_some() => {
            Some(stopped(state.receiver_error.as_ref(), "its receiver (IO thread) cannot connect"))
        }
        ThreadState::Connecting | ThreadState::Running => None,
    }
}

fn stopped(error: Option<&(u16, String)>, otherwise: &str) -> Verdict {
    match error {
        Some((number, message)) => Verdict::ApplierStopped { number: u32::from(*number), message: message.clone() },
        None => Verdict::ApplierStopped { number: 0, message: otherwise.to_owned() },
    }
}

/// The filter that keeps a schema's DDL from being applied, if one does. Table filters are judged by their schema part.
pub(crate) fn keeps_out(filters: &[Filter], schema: &str) -> Option<String> {
    let mut admits: Option<(bool, String)> = None;
    for filter in filters {
        let name = filter.name.to_uppercase().replace('-', "_");
        let rules: Vec<&str> = filter.rule.split(',').map(str::trim).filter(|rule| !rule.is_empty()).collect();
        let shown = || format!("{}={}", filter.name, filter.rule);
        let by_database = |rule: &&str| rule.trim_matches('`') == schema;
        let by_table = |rule: &&str| schema_part(rule) == schema || schema_part(rule) == "%";
        match name.as_str() {
            "REPLICATE_IGNORE_DB" if rules.iter().any(by_database) => return Some(shown()),
            "REPLICATE_IGNORE_TABLE" | "REPLICATE_WILD_IGNORE_TABLE" if rules.iter().any(by_table) => {
                return Some(shown());
            }
            "REPLICATE_REWRITE_DB" if filter.rule.contains(schema) => return Some(shown()),
            "REPLICATE_DO_DB" => admit(&mut admits, rules.iter().any(by_database), shown()),
            "REPLICATE_DO_TABLE" | "REPLICATE_WILD_DO_TABLE" => {
                admit(&mut admits, rules.iter().any(by_table), shown());
            }
            _ => {}
        }
    }
    admits.and_then(|(admitted, shown)| (!admitted).then_some(shown))
}

fn admit(admits: &mut Option<(bool, String)>, this_one: bool, shown: String) {
    match admits {
        Some((admitted, _)) => *admitted |= this_one,
        None => *admits = Some((this_one, shown)),
    }
}

fn schema_part(rule: &str) -> &str {
    rule.split('.').next().unwrap_or(rule).trim_matches('`')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::VerdictReason;
    use crate::model::ServerUuid;
    use crate::mysql::{ApplierWait, GtidSet};

    fn healthy() -> ReplicaState {
        ReplicaState {
            server_uuid: ServerUuid("r".to_owned()),
            has_source: true,
            source_uuid: None,
            receiver: ThreadState::Running,
            applier: ThreadState::Running,
            receiver_error: None,
            applier_error: None,
            lag_seconds: Some(0),
            delay_seconds: 0,
            waits: None,
            filters: Vec::new(),
            executed: GtidSet::default(),
            read_only: true,
        }
    }

    fn absent(state: &ReplicaState) -> VerdictReason {
        judge_absence(state, "blog").reason()
    }

    #[test]
    fn a_working_applier_that_is_not_there_yet_lags() {
        assert_eq!(absent(&healthy()), VerdictReason::Lagging);
        let delayed = ReplicaState { delay_seconds: 60, ..healthy() };
        assert_eq!(
            judge_absence(&delayed, "blog").to_string(),
            "lagging, 0 s behind the primary, delayed on purpose by 60 s"
        );
    }

    #[test]
    fn a_wait_for_a_lock_is_blocked_and_not_lag() {
        let waits = Some(ApplierWait {
            state: "Waiting for table metadata lock".to_owned(),
            seconds: 9,
            table: None,
            blockers: Vec::new(),
        });
        assert_eq!(absent(&ReplicaState { waits, lag_seconds: Some(9), ..healthy() }), VerdictReason::ApplierBlocked);
    }

    #[test]
    fn a_stopped_applier_says_its_error() {
        let state = ReplicaState {
            applier: ThreadState::Stopped,
            applier_error: Some((1146, "Table 'blog.x' doesn't exist".to_owned())),
            ..healthy()
        };
        assert!(matches!(judge_absence(&state, "blog"), Verdict::ApplierStopped { number: 1146, .. }));
        let by_hand = ReplicaState { applier: ThreadState::Stopped, ..healthy() };
        assert!(matches!(judge_absence(&by_hand, "blog"), Verdict::ApplierStopped { number: 0, .. }));
        let no_receiver = ReplicaState { receiver: ThreadState::Stopped, ..healthy() };
        assert_eq!(absent(&no_receiver), VerdictReason::ApplierStopped);
    }

    #[test]
    fn filters_are_read_by_schema() {
        let filter = |name: &str, rule: &str| Filter { name: name.to_owned(), rule: rule.to_owned() };
        assert!(keeps_out(&[filter("REPLICATE_DO_DB", "shop")], "blog").is_some());
        assert!(keeps_out(&[filter("REPLICATE_DO_DB", "shop,blog")], "blog").is_none());
        assert!(keeps_out(&[filter("REPLICATE_DO_DB", "shop"), filter("REPLICATE_DO_DB", "blog")], "blog").is_none());
        assert!(keeps_out(&[filter("REPLICATE_IGNORE_DB", "blog")], "blog").is_some());
        assert!(keeps_out(&[filter("REPLICATE_WILD_IGNORE_TABLE", "blog.%")], "blog").is_some());
        assert!(keeps_out(&[filter("REPLICATE_WILD_IGNORE_TABLE", "mysql.%")], "blog").is_none());
        assert!(keeps_out(&[], "blog").is_none());
    }

    #[test]
    fn health_asks_for_the_limit_of_lag() {
        let limit = Duration::from_secs(30);
        assert_eq!(judge_health(&healthy(), "blog", limit), None);
        let late = ReplicaState { lag_seconds: Some(31), ..healthy() };
        assert_eq!(judge_health(&late, "blog", limit).map(|verdict| verdict.reason()), Some(VerdictReason::Lagging));
        let delayed = ReplicaState { delay_seconds: 3600, ..healthy() };
        assert!(judge_health(&delayed, "blog", limit).is_some());
    }
}
