//! What the servers do, for `describe plan`: asks the controller to look now, and prints what it saw.
//!
//! The plugin talks to the API server alone. A request is an annotation of the Plan; the controller answers in its status.
//! Who may not write it, or finds no controller, gets the last look, with its age.

use std::fmt::Write;
use std::time::Duration;

use jiff::Timestamp;
use kube::api::{DynamicObject, Patch, PatchParams};
use kube::{Api, ResourceExt};
use serde_json::json;
use tokio::time::Instant;

use crate::api::{Phase, Plan, PlanActivity, ServerActivity, SessionActivity, SessionKind, labels};

use super::get::{age, aligned};
use super::kubernetes::phase;
use super::style::Style;
use super::text::{number, one_line};

/// How long the answer is waited for: longer than the controller waits for a server.
const PATIENCE: Duration = Duration::from_secs(6);
/// How often it is looked for.
const AGAIN: Duration = Duration::from_millis(200);

/// What came of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// The Plan does not wait: there is nothing to ask.
    NotWaiting,
    /// The servers were looked at for this request, or for a later one.
    Answered,
    /// This user may not ask.
    NotAllowed,
    /// No controller has answered.
    NotAnswered,
}

impl Asked {
    /// What a reader has to know of an answer that is not fresh.
    pub(super) fn remark(self) -> Option<&'static str> {
        match self {
            Self::NotWaiting | Self::Answered => None,
            Self::NotAllowed => Some(
                "you may not ask for a new look (patch on plans, as in the role tablewright-approver); the controller looks at \
                 every drift interval and tells what has changed",
            ),
            Self::NotAnswered => Some("the controller has not answered; is it running?"),
        }
    }
}

/// Asks the controller to look at the servers, where the Plan waits. The Plan as it is then.
pub(super) async fn ask(
    api: &Api<DynamicObject>,
    object: DynamicObject,
) -> Result<(DynamicObject, Asked), kube::Error> {
    if waiting(&object).is_none() {
        return Ok((object, Asked::NotWaiting));
    }
    let name = object.name_any();
    let patch = json!({ "metadata": { "annotations": { labels::LOOK: Timestamp::now().to_string() } } });
    let params = PatchParams { field_manager: Some("kubectl-tablewright".to_owned()), ..PatchParams::default() };
    let mut newest = match api.patch(&name, &params, &Patch::Merge(&patch)).await {
        Ok(patched) => patched,
        Err(kube::Error::Api(status)) if status.code == 403 => return Ok((object, Asked::NotAllowed)),
        Err(error) => return Err(error),
    };
    let until = Instant::now() + PATIENCE;
    loop {
        let Some(plan) = waiting(&newest) else { return Ok((newest, Asked::NotWaiting)) };
        let answered = plan.status.and_then(|status| status.activity).and_then(|activity| activity.request);
        // Whoever asked after us was answered by a later look.
        if answered.is_some() && answered.as_deref() == newest.annotations().get(labels::LOOK).map(String::as_str) {
            return Ok((newest, Asked::Answered));
        }
        if Instant::now() >= until {
            return Ok((newest, Asked::NotAnswered));
        }
        tokio::time::sleep(AGAIN).await;
        newest = api.get(&name).await?;
    }
}

fn waiting(object: &DynamicObject) -> Option<Plan> {
    let plan: Plan = serde_json::to_value(object).and_then(serde_json::from_value).ok()?;
    (phase(&plan) == Some(Phase::Pending)).then_some(plan)
}

/// The section of `describe plan`.
pub(super) fn render(activity: &PlanActivity, asked: Asked, now: Timestamp, style: Style) -> String {
    let looked = age(&activity.observed_at.0.to_string(), now).unwrap_or_default();
    let mut text = format!("\n{} (looked at {looked} ago)\n", style.bold("On the servers"));
    if let Some(remark) = asked.remark() {
        let _ = writeln!(text, "  {remark}");
    }
    let mut rows = Vec::new();
    let mut unseen = String::new();
    for server in &activity.servers {
        rows.extend(of_server(server, now));
        for hidden in &server.unseen {
            let (what, remedy) = (one_line(&hidden.what), one_line(&hidden.remedy));
            let _ = writeln!(unseen, "  not seen on {}: {what}; {remedy}", name(server));
        }
    }
    text.push_str(&aligned(&rows));
    text + &unseen
}

fn name(server: &ServerActivity) -> String {
    match &server.replica {
        Some(replica) => format!("replica {}", one_line(replica)),
        None => "primary".to_owned(),
    }
}

fn of_server(server: &ServerActivity, now: Timestamp) -> Vec<Vec<String>> {
    let ServerActivity {
        replica: _,
        problem,
        sessions,
        more_sessions,
        longest_statement,
        threads_running,
        history_list_length,
        unseen,
    } = server;
    let title = format!("  {}", name(server));
    if let Some(problem) = problem {
        return vec![vec![title, one_line(problem)]];
    }
    let ago = |since: &Timestamp| age(&since.to_string(), now).unwrap_or_default();
    let mut rows: Vec<Vec<String>> = sessions
        .iter()
        .map(|session| {
            let since = format!("since {} ({})", session.since.0, ago(&session.since.0));
            vec![
                title.clone(),
                what(session),
                who(session.connection_id, &session.user, session.host.as_deref()),
                since,
            ]
        })
        .collect();
    if let Some(more) = more_sessions {
        rows.push(vec![title.clone(), format!("and {more} more sessions")]);
    }
    if rows.is_empty() {
        let seen = if unseen.is_empty() { "nothing is in the way" } else { "nothing that can be seen is in the way" };
        rows.push(vec![title.clone(), seen.to_owned()]);
    }
    let mut numbers = Vec::new();
    if let Some(threads) = threads_running {
        numbers.push(format!("{threads} threads running"));
    }
    if let Some(length) = history_list_length {
        numbers.push(format!("history list length {}", number(u64::try_from(*length).unwrap_or_default())));
    }
    if let Some(longest) = longest_statement {
        let who = who(Some(longest.connection_id), &longest.user, longest.host.as_deref());
        numbers.push(format!("longest statement {} ({who})", ago(&longest.since.0)));
    }
    if !numbers.is_empty() {
        rows.push(vec![title, numbers.join(", ")]);
    }
    rows
}

fn what(session: &SessionActivity) -> String {
    let tables = one_line(&session.tables.join(", "));
    let on = if tables.is_empty() { String::new() } else { format!(" on {tables}") };
    match (session.kind, session.waits) {
        (SessionKind::BackupLock, _) => "holds the backup lock: DDL waits".to_owned(),
        (SessionKind::GlobalReadLock, _) => "holds the global read lock: every write waits".to_owned(),
        (SessionKind::Ddl, false) => format!("runs DDL{on}"),
        (SessionKind::Ddl, true) => format!("waits with DDL{on}: what comes after it waits, too"),
        (SessionKind::TableLock, true) => format!("waits for a lock{on}"),
        (SessionKind::TableLock, false) if session.idle => format!("left a transaction open{on}"),
        (SessionKind::TableLock, false) => format!("in a transaction{on}"),
    }
}

fn who(connection: Option<i64>, user: &str, host: Option<&str>) -> String {
    let account = match host {
        Some(host) => format!("{}@{}", one_line(user), one_line(host)),
        None => one_line(user),
    };
    match connection {
        Some(connection) => format!("connection {connection} of {account}"),
        None => account,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_at_a_glance_who_is_in_the_way() {
        let activity: PlanActivity = serde_json::from_value(json!({
            "observedAt": "2026-01-01T00:14:58Z",
            "servers": [
                {
                    "threadsRunning": 3,
                    "historyListLength": 12345,
                    "sessions": [{
                        "kind": "TableLock", "connectionId": 42, "user": "app", "host": "10.0.0.7",
                        "since": "2026-01-01T00:00:00Z", "idle": true, "waits": false, "tables": ["users"],
                    }],
                },
                { "replica": "eu", "unseen": [{ "what": "who holds locks", "remedy": "GRANT SELECT" }] },
            ],
        }))
        .unwrap();
        let now = "2026-01-01T00:15:00Z".parse().unwrap();
        let expected = "
On the servers (looked at 2s ago)
  you may not ask for a new look (patch on plans, as in the role tablewright-approver); the controller looks at every drift interval and tells what has changed
  primary      left a transaction open on users          connection 42 of app@10.0.0.7   since 2026-01-01T00:00:00Z (15m)
  primary      3 threads running, history list length 12,345
  replica eu   nothing that can be seen is in the way
  not seen on replica eu: who holds locks; GRANT SELECT
";
        let text = render(&activity, Asked::NotAllowed, now, Style::for_stream(false));
        let squeezed = |text: &str| -> Vec<String> {
            text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
        };
        assert_eq!(squeezed(&text), squeezed(expected));
    }
}
