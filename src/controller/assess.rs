//! What is said of one Table. No client required: a function of what is known.

use jiff::Timestamp;

use super::condition::{Say, conditions, cut, holds, ready};
use super::validate::Unfit;
use super::verdict;
use super::view::{Live, View};
use crate::api::{ConditionType, Disposition, Reason, TableReplicaStatus, TableStatus};
use crate::plan::ABSENT;

/// Why a Database's Tables cannot be compared or changed at present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) reason: Reason,
    pub(crate) message: String,
}

/// What a Plan means for its Tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// Its name.
    pub(crate) plan: String,
    pub(crate) reason: Reason,
    pub(crate) message: String,
}

/// All that is known.
pub(crate) struct Facts<'a> {
    pub(crate) generation: i64,
    pub(crate) standing: Option<&'a TableStatus>,
    /// The table's name, where this object holds the claim.
    pub(crate) claimed: Option<&'a str>,
    pub(crate) unfit: Option<&'a Unfit>,
    pub(crate) trouble: Option<&'a Trouble>,
    pub(crate) view: Option<&'a View>,
    pub(crate) absent: bool,
    pub(crate) standby: bool,
    pub(crate) observe_only: bool,
    pub(crate) suspended: bool,
    pub(crate) drifted: bool,
    pub(crate) replicas: &'a [String],
    pub(crate) required: &'a [String],
    pub(crate) word: Option<&'a Word>,
}

/// Whether somebody else changed the table: it was as this generation declares, and no longer is what it was then.
pub(crate) fn drifted(standing: Option<&TableStatus>, generation: i64, view: &View) -> bool {
    let (Some(standing), Live::Differs { .. }) = (standing, &view.live) else { return false };
    let moved = standing.fingerprint.is_some() && standing.fingerprint != view.fingerprint;
    let was = |kind: ConditionType| {
        holds(&standing.conditions, kind)
            && standing
                .conditions
                .iter()
                .any(|condition| condition.type_ == kind.as_str() && condition.observed_generation == Some(generation))
    };
    moved && (was(ConditionType::Applied) || was(ConditionType::Drifted))
}

/// Whether a change must wait for a person whatever its risk: the table was there before this object, which has never
/// been seen to equal it.
pub(crate) fn adopts(standing: Option<&TableStatus>, view: &View) -> bool {
    let never = standing.is_none_or(|status| status.fingerprint.is_none());
    never && view.fingerprint.as_deref().is_some_and(|fingerprint| fingerprint != ABSENT)
}

/// The status to write; `None`: what stands may stand.
pub(crate) fn assess(facts: &Facts<'_>, now: Timestamp) -> Option<TableStatus> {
    let empty = TableStatus::default();
    let standing = facts.standing.unwrap_or(&empty);
    let mut status = TableStatus { observed_generation: facts.generation, ..standing.clone() };
    let (reason, message) = verdict_of(facts)?;
    let mut say = ready(reason, &message);
    status.claimed = facts.claimed.map(str::to_owned);
    if let Some(word) = facts.word {
        status.plan = Some(word.plan.clone());
    }
    let view = facts.view.filter(|view| view.live != Live::Unknown && facts.unfit.is_none());
    match view {
        Some(view) => {
            let applied = view.live == Live::InSync;
            if applied {
                status.fingerprint = view.fingerprint.clone();
                say.push(Say::new(ConditionType::Applied, true, Reason::Applied, ""));
            } else {
                say.push(Say::new(ConditionType::Applied, false, reason, message.as_str()));
            }
            say.extend(replicated(facts, view));
            let (holds, why) = if facts.drifted { (true, Reason::Drifted) } else { (false, Reason::NoDrift) };
            say.push(Say::new(ConditionType::Drifted, holds, why, ""));
            status.replicas = facts
                .replicas
                .iter()
                .filter_map(|name| view.replicas.get(name).map(|verdict| (name, verdict)))
                .map(|(name, verdict)| TableReplicaStatus {
                    name: name.clone(),
                    verdict: verdict::of_table(verdict),
                    message: (!verdict.arrived()).then(|| cut(&verdict::lasting(verdict))),
                })
                .collect();
        }
        None => status.replicas.clear(),
    }
    status.conditions = conditions(&standing.conditions, facts.generation, say, now);
    Some(status)
}

fn replicated(facts: &Facts<'_>, view: &View) -> Option<Say> {
    let kind = ConditionType::Replicated;
    if facts.replicas.is_empty() {
        return Some(Say::new(kind, true, Reason::NoReplicas, ""));
    }
    match view.missing_replica(facts.required) {
        None => Some(Say::new(kind, true, Reason::Replicated, "")),
        Some((name, Some(verdict))) => Some(Say::new(
            kind,
            false,
            verdict::reason(verdict),
            format!("replica {name}: {}", verdict::lasting(verdict)),
        )),
        Some((name, None)) => {
            Some(Say::new(kind, false, Reason::Verifying, format!("replica {name} is being compared")))
        }
    }
}

fn verdict_of(facts: &Facts<'_>) -> Option<(Reason, String)> {
    if let Some(unfit) = facts.unfit {
        return Some((unfit.reason, unfit.message.clone()));
    }
    let known = facts.view.filter(|view| view.live != Live::Unknown);
    let Some(view) = known else {
        // What is not known now is not taken back from what was known of this very generation.
        if facts.standing.is_some_and(|status| status.observed_generation == facts.generation) {
            return None;
        }
        return Some(match facts.trouble {
            Some(trouble) => not_ready(trouble),
            None => (Reason::Planning, "the table is being compared with its manifest".to_owned()),
        });
    };
    match &view.live {
        Live::Refused { reason, message } => Some((*reason, message.clone())),
        Live::InSync => Some(in_sync(facts, view)),
        Live::Differs { .. } | Live::Unknown => Some(differs(facts)),
    }
}

fn not_ready(trouble: &Trouble) -> (Reason, String) {
    (Reason::DatabaseNotReady, format!("the Database is not ready ({}): {}", trouble.reason, trouble.message))
}

fn in_sync(facts: &Facts<'_>, view: &View) -> (Reason, String) {
    // The plan's own word counts while it is under way: the journal, too, must have ended.
    if let Some(word) = facts.word
        && matches!(word.reason, Reason::Applying)
    {
        return (word.reason, word.message.clone());
    }
    // Definitions have arrived before rows are proved.
    let unproved =
        facts.word.filter(|word| matches!(word.reason, Reason::Verifying | Reason::RowsDiffer | Reason::RowsNotProved));
    match (view.missing_replica(facts.required), unproved) {
        (Some((name, Some(verdict))), _) => {
            (verdict::reason(verdict), format!("replica {name}: {}", verdict::lasting(verdict)))
        }
        (Some((name, None)), _) => (Reason::Verifying, format!("replica {name} is being compared")),
        (None, Some(word)) => (word.reason, word.message.clone()),
        (None, None) if facts.standby => (Reason::InSyncStandby, "the standby's table equals the manifest".to_owned()),
        (None, None) if facts.absent => (Reason::Absent, "the table does not exist, as declared".to_owned()),
        (None, None) => (Reason::InSync, "the primary and every required replica equal the manifest".to_owned()),
    }
}

fn differs(facts: &Facts<'_>) -> (Reason, String) {
    if facts.standby {
        let message = "the standby's table differs until the change has replicated from the other region";
        return (Reason::WaitingForReplication, message.to_owned());
    }
    if facts.observe_only {
        return (Reason::Differs, "the table differs from its manifest; this Database only observes".to_owned());
    }
    if let Some(word) = facts.word {
        return (word.reason, word.message.clone());
    }
    if let Some(trouble) = facts.trouble {
        return not_ready(trouble);
    }
    if facts.drifted {
        let message = "somebody changed the live table; put the change into the manifest or undo it";
        return (Reason::Drifted, message.to_owned());
    }
    if facts.suspended {
        return (Reason::Suspended, "the table differs from its manifest, and its Database is suspended".to_owned());
    }
    (Reason::Planning, "the manifests are about to settle".to_owned())
}

/// Whether the change to this reason is worth an event: ends and waits are, steps on the way are not.
pub(crate) fn worth_telling(reason: Reason) -> bool {
    match reason.disposition() {
        Disposition::Done | Disposition::Waiting | Disposition::Stalled => true,
        Disposition::Progressing => matches!(
            reason,
            Reason::Drifted
                | Reason::LockWaitTimeout
                | Reason::ReplicaLagging
                | Reason::ReplicaBlocked
                | Reason::ReplicaUnobservable
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::apply::Verdict;
    use crate::plan::proposal::Risk;

    fn facts<'a>(view: Option<&'a View>, standing: Option<&'a TableStatus>, replica: &'a [String]) -> Facts<'a> {
        Facts {
            generation: 3,
            standing,
            claimed: Some("users"),
            unfit: None,
            trouble: None,
            view,
            absent: false,
            standby: false,
            observe_only: false,
            suspended: false,
            drifted: false,
            replicas: replica,
            required: replica,
            word: None,
        }
    }

    fn reason(status: &TableStatus) -> &str {
        super::super::condition::reason_of(&status.conditions, ConditionType::Ready).unwrap()
    }

    fn view(live: Live, fingerprint: &str) -> View {
        let mut view = View::new("uid".into(), 3, Instant::now());
        view.compared(live, Some(fingerprint.into()));
        view
    }

    #[test]
    fn ready_means_on_the_required_replica_too() {
        let replicas = ["eu".to_owned()];
        let mut view = view(Live::InSync, "f");
        let now = Timestamp::UNIX_EPOCH;
        let status = assess(&facts(Some(&view), None, &replicas), now).unwrap();
        assert!(!holds(&status.conditions, ConditionType::Ready));
        assert!(holds(&status.conditions, ConditionType::Applied));
        view.replicas.insert("eu".into(), Verdict::Lagging { behind: None, delay: None });
        let status = assess(&facts(Some(&view), None, &replicas), now).unwrap();
        assert_eq!(reason(&status), "ReplicaLagging");
        view.replicas.insert("eu".into(), Verdict::Arrived);
        let status = assess(&facts(Some(&view), None, &replicas), now).unwrap();
        assert!(
            holds(&status.conditions, ConditionType::Ready) && holds(&status.conditions, ConditionType::Replicated)
        );
        assert_eq!(status.fingerprint.as_deref(), Some("f"));
        // A second look changes nothing.
        let again = assess(&facts(Some(&view), Some(&status), &replicas), Timestamp::now()).unwrap();
        assert_eq!(again, status);
    }

    #[test]
    fn drift_is_a_change_of_what_was_right_for_this_very_manifest() {
        let right = view(Live::InSync, "f");
        let status = assess(&facts(Some(&right), None, &[]), Timestamp::UNIX_EPOCH).unwrap();
        let changed = view(Live::Differs { risk: Risk::Safe }, "g");
        assert!(drifted(Some(&status), 3, &changed));
        // A new manifest that the live table does not equal yet is no drift.
        assert!(!drifted(Some(&status), 4, &changed));
        assert!(!drifted(Some(&status), 3, &view(Live::Differs { risk: Risk::Safe }, "f")));
        assert!(!drifted(None, 3, &changed));
        // It stays drift while it lasts.
        let mut facts = facts(Some(&changed), Some(&status), &[]);
        facts.drifted = true;
        let status = assess(&facts, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(reason(&status), "Drifted");
        assert!(drifted(Some(&status), 3, &changed));
    }

    #[test]
    fn a_table_that_was_there_before_its_object_waits_for_a_person() {
        assert!(adopts(None, &view(Live::Differs { risk: Risk::Safe }, "f")));
        assert!(!adopts(None, &view(Live::Differs { risk: Risk::Safe }, ABSENT)));
        let known = TableStatus { fingerprint: Some("f".into()), ..TableStatus::default() };
        assert!(!adopts(Some(&known), &view(Live::Differs { risk: Risk::Safe }, "f")));
    }

    #[test]
    fn what_is_not_known_does_not_take_back_what_was() {
        let standing = TableStatus { observed_generation: 3, ..TableStatus::default() };
        let trouble = Trouble { reason: Reason::PrimaryUnreachable, message: "away".into() };
        let mut facts = facts(None, Some(&standing), &[]);
        facts.trouble = Some(&trouble);
        assert_eq!(assess(&facts, Timestamp::UNIX_EPOCH), None);
        facts.generation = 4;
        assert_eq!(reason(&assess(&facts, Timestamp::UNIX_EPOCH).unwrap()), "DatabaseNotReady");
    }
}
