//! `wait`: until an object has come where it is to come, or until it cannot any more.

use std::cell::Cell;
use std::time::Duration;

use clap::Args;
use kube::Api;
use kube::api::DynamicObject;
use kube_runtime::wait::await_condition;
use serde_json::Value;

use crate::api::{ConditionType, Phase, Reason};

use super::exit::Exit;
use super::failure::Failure;
use super::get::{Kind, condition};
use super::kubernetes::{Cluster, ClusterArgs};
use super::options::duration;
use super::terminal::Terminal;
use super::text::one_line;

#[derive(Debug, Args)]
pub(super) struct WaitArgs {
    /// What it is: plan, table, database or approval
    kind: Kind,
    /// Its name
    name: String,
    /// What to wait for: a condition (Ready, Applied, Replicated), the reason of Ready (AwaitingApproval), or a Plan's phase (Pending, Succeeded)
    #[arg(long = "for", value_name = "WHAT", default_value = "Ready", value_parser = wanted)]
    wanted: String,
    /// How long to wait
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration)]
    timeout: Duration,
    #[command(flatten)]
    cluster: ClusterArgs,
}

/// How long a status may lag behind what was just done.
const MOMENT: Duration = Duration::from_secs(3);

/// How an object stands to what is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Reached,
    OnTheWay,
    OutOfReach,
}

pub(super) async fn run(args: WaitArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let cluster = Cluster::connect(&args.cluster).await?;
    let resource = args.kind.resource();
    let reference = args.kind.reference(&args.name);
    let api: Api<DynamicObject> = Api::namespaced_with(cluster.client.clone(), &cluster.namespace, &resource);
    let value = |object: Option<&DynamicObject>| object.and_then(|object| serde_json::to_value(object).ok());
    let decided = |object: Option<&DynamicObject>| {
        value(object).is_some_and(|value| state(&value, &args.wanted) != State::OnTheWay)
    };
    let told = Cell::new(false);
    let decided_or_told = |object: Option<&DynamicObject>| {
        let waits = value(object).filter(|value| because(value, Reason::AwaitingApproval.as_str()));
        if let Some(waits) = waits.filter(|_| !decided(object) && !told.replace(true)) {
            // It may take hours, and whoever waits may be the one who is waited for.
            terminal.say(&format!("{reference} waits for an approval: {}", message(&waits)));
        }
        decided(object)
    };
    let _progress = terminal.progress(format!("waiting for {reference}"));
    // A status that was overtaken a moment ago, by an approval say, is not worth a word.
    let first = args.timeout.min(MOMENT);
    let waited = match tokio::time::timeout(first, await_condition(api.clone(), &args.name, decided)).await {
        Ok(result) => Ok(result),
        Err(_) => tokio::time::timeout(args.timeout - first, await_condition(api, &args.name, decided_or_told)).await,
    };
    let Ok(result) = waited else {
        return Err(Failure::new(format!("{reference} is not {} after {} s", args.wanted, args.timeout.as_secs()))
            .hint(format!("`kubectl tablewright describe {} {}` says what it waits for", resource.plural, args.name)));
    };
    let value = serde_json::to_value(result?)?;
    if state(&value, &args.wanted) == State::Reached {
        terminal.data(&format!("{reference} is {}\n", args.wanted))?;
        return Ok(Exit::Done);
    }
    Err(Failure::new(format!("{reference} will not be {} without a person: {}", args.wanted, message(&value))))
}

/// A condition counts only for the generation that is there now; a Plan that has ended elsewhere never gets there.
fn state(object: &Value, wanted: &str) -> State {
    let phase = object.pointer("/status/phase").and_then(Value::as_str);
    if phase.is_some_and(|phase| phase.eq_ignore_ascii_case(wanted)) {
        return State::Reached;
    }
    if matches!(phase, Some("Rejected" | "Expired" | "Superseded" | "Cancelled" | "Failed")) {
        return State::OutOfReach;
    }
    let generation = object.pointer("/metadata/generation").and_then(Value::as_i64);
    let observed = object.pointer("/status/observedGeneration").and_then(Value::as_i64);
    let holds = |kind: &str| condition(object, kind).is_some_and(|one| one["status"] == "True");
    if observed.is_none() || observed < generation {
        State::OnTheWay
    } else if holds(wanted) || because(object, wanted) {
        State::Reached
    } else if holds("Stalled") {
        State::OutOfReach
    } else {
        State::OnTheWay
    }
}

/// What `Ready` says for people, or `Superseded`, which a Plan has instead.
fn message(object: &Value) -> String {
    let told =
        [ConditionType::Ready, ConditionType::Superseded].iter().find_map(|kind| condition(object, kind.as_str()));
    one_line(told.and_then(|told| told["message"].as_str()).unwrap_or_default())
}

/// Whether this is the reason of `Ready`, be that true or false.
fn because(object: &Value, reason: &str) -> bool {
    condition(object, ConditionType::Ready.as_str()).is_some_and(|ready| ready["reason"] == reason)
}

/// A word that nothing ever becomes would be waited for to the end.
fn wanted(text: &str) -> Result<String, String> {
    let kinds = ConditionType::ALL.iter().map(|kind| kind.as_str());
    let reasons = Reason::ALL.iter().map(|reason| reason.as_str());
    let is_phase = || serde_json::from_value::<Phase>(capitalised(text).into()).is_ok();
    if kinds.chain(reasons).any(|known| known == text) || is_phase() {
        Ok(text.to_owned())
    } else {
        Err("nothing is ever that; conditions are Ready, Applied and Replicated, a reason of Ready is \
             AwaitingApproval, phases of a Plan are Pending and Succeeded"
            .to_owned())
    }
}

/// Phases are taken in any case.
fn capitalised(text: &str) -> String {
    let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
    format!("{}{}", first.to_uppercase(), rest.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_the_present_generation_counts() {
        let at = |observed: i64, kind: &str| {
            json!({ "metadata": { "generation": 2 },
                    "status": { "observedGeneration": observed, "conditions": [{ "type": kind, "status": "True" }] } })
        };
        assert_eq!(state(&at(1, "Ready"), "Ready"), State::OnTheWay);
        assert_eq!(state(&at(2, "Ready"), "Ready"), State::Reached);
        assert_eq!(state(&at(2, "Stalled"), "Ready"), State::OutOfReach);
        let waits = json!({ "metadata": { "generation": 2 }, "status": { "observedGeneration": 2, "conditions": [
            { "type": "Ready", "status": "False", "reason": "AwaitingApproval" }
        ] } });
        assert_eq!(state(&waits, "AwaitingApproval"), State::Reached);
        assert_eq!(state(&waits, "Ready"), State::OnTheWay);
        assert_eq!(state(&json!({ "status": { "phase": "Rejected" } }), "Succeeded"), State::OutOfReach);
        assert_eq!(state(&json!({ "status": { "phase": "Succeeded" } }), "succeeded"), State::Reached);
    }
    #[test]
    fn what_nothing_ever_becomes_is_not_waited_for() {
        for word in ["Ready", "Drifted", "AwaitingApproval", "Succeeded", "succeeded", "VERIFYING"] {
            assert_eq!(wanted(word).as_deref(), Ok(word));
        }
        for word in ["", "Redy", "ready", "ÄÖ"] {
            assert!(wanted(word).is_err(), "{word}");
        }
    }
}
