//! `apply`: plans, asks, runs, and proves on the replicas.
//!
//! Nothing runs before the plan has been shown and its approval is settled; while a table is refused, nothing runs.

use clap::Args;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::apply::{
    Approval, Connections, Fence, PlanOptions, ReplicaReport, Role, RowBounds, RowLimits, RunError, RunFailure,
    RunOptions, key_is_away, plan, rewritten_tables, run as run_plan, verify,
};
use crate::model::TableName;
use crate::mysql::Capability;
use crate::plan::proposal::{Proposal, Risk};
use crate::plan::waits_for_approval;

use super::console::{Console, interruptible};
use super::exit::Exit;
use super::failure::Failure;
use super::options::{ApprovalFrom, ManifestArgs, PrimaryArgs, ReplicaArgs, ReportFormat, RiskLevel, duration};
use super::render::{PlanFormat, Report};
use super::reporting::{Outcome, Phase};
use super::terminal::Terminal;
use super::text::one_line;
use super::{connection, manifests, plan as plan_command, rows};

#[derive(Debug, Args)]
pub(super) struct ApplyArgs {
    #[command(flatten)]
    manifests: ManifestArgs,
    #[command(flatten)]
    primary: PrimaryArgs,
    #[command(flatten)]
    replicas: ReplicaArgs,
    /// Also drop tables that no manifest names
    #[arg(long)]
    prune: bool,
    /// Run the whole plan without asking, destructive parts included; where partitions delete rows, --approve is needed
    #[arg(long, conflicts_with = "approve")]
    auto_approve: bool,
    /// Run the plan if its digest is exactly this
    #[arg(long, value_name = "DIGEST")]
    approve: Option<String>,
    /// Plans of this risk or above need approval
    #[arg(long, value_name = "LEVEL", default_value = "Caution", ignore_case = true)]
    approval_from: ApprovalFrom,
    /// Run nothing if the plan's risk is above this, approved or not
    #[arg(long, value_name = "LEVEL", ignore_case = true)]
    max_risk: Option<RiskLevel>,
    /// How to print the plan and what became of it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: ReportFormat,
    /// How long a statement may wait for a lock, and everybody behind it
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = duration)]
    lock_wait_timeout: Duration,
    /// How often a statement that did not get its lock is tried again
    #[arg(long, value_name = "NUMBER", default_value_t = 10)]
    retries: u32,
    /// How long the replicas are waited for after the last statement
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration)]
    verify_timeout: Duration,
    /// Compare the rows of tables that the plan wrote anew, too, before the replicas are proved
    #[arg(long)]
    verify_rows: bool,
    /// Do not rehearse the plan in a scratch schema of the server
    #[arg(long)]
    no_rehearsal: bool,
    /// How many rows of a table to look at for what would stand in the way; 0: none
    #[arg(long, value_name = "NUMBER", default_value_t = RowBounds::default().rows)]
    examine_rows: u64,
}

pub(super) async fn run(args: ApplyArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let target = connection::target(&args.primary, Some(&args.replicas))?;
    let connections = Connections::open(&target);
    let (desired, survey) = manifests::read_for(&connections, &args.manifests.paths).await?;
    let options = PlanOptions {
        prune: args.prune,
        without_rehearsal: args.no_rehearsal,
        run_follows: true,
        rows: RowBounds { rows: args.examine_rows, ..RowBounds::default() },
        ..PlanOptions::default()
    };
    let (observed, planned) = {
        let _progress = terminal.progress(format!("reading {} on {}", target.schema, target.primary.address()));
        if !args.no_rehearsal {
            connections.expect_rehearsal();
        }
        let observed = survey.observe(&connections, &desired, args.prune).await?;
        if let role @ Role::Fenced(Fence::MultiWriter(_)) = observed.role() {
            connections.close().await;
            return Err(Failure::refused(format!("{} is {role}; nothing was run", target.primary.address())));
        }
        let planned = plan(&connections, &observed, &desired, &options).await?;
        (observed, planned)
    };
    let mut report = plan_command::report(&target, &observed, &planned, &desired);
    if !report.is_empty() {
        report.notes = plan_command::missing_privileges(&connections).await;
    }
    if args.format == ReportFormat::Text {
        terminal.data(&report.render(PlanFormat::Text, terminal.out))?;
    }
    if !report.refusals.is_empty() {
        let outcome = Outcome::unstarted(&report, Phase::Refused);
        outcome.print(args.format, terminal)?;
        return Err(Failure::refused("some tables are refused, and so nothing was run")
            .hint("correct them, or leave their manifests out"));
    }
    if report.is_empty() {
        let tables: Vec<TableName> = desired.iter().map(|desired| desired.table.name.clone()).collect();
        let replicas = match target.replicas.is_empty() {
            true => Vec::new(),
            false => {
                let _progress = terminal.progress("waiting for the replicas");
                verify(&connections, &tables, &[], Instant::now() + args.verify_timeout).await
            }
        };
        connections.close().await;
        let outcome = Outcome { replicas, ..Outcome::unstarted(&report, Phase::Succeeded) };
        outcome.print(args.format, terminal)?;
        return proved(&outcome.replicas);
    }
    let approval = match approval(&args, &report, terminal) {
        Ok(approval) => approval,
        Err(failure) => {
            Outcome::unstarted(&report, Phase::Pending).print(args.format, terminal)?;
            return Err(failure);
        }
    };
    let approved = match planned.approve(approval) {
        Ok(approved) => approved,
        Err(error) => {
            Outcome::unstarted(&report, Phase::Pending).print(args.format, terminal)?;
            let hint = format!("the plan as it is now: {}", report.proposal.digest);
            return Err(Failure::new(error).with_exit(Exit::Refused).hint(hint));
        }
    };
    let run_options = RunOptions {
        lock_wait_timeout: args.lock_wait_timeout,
        retries: args.retries,
        cancel: CancellationToken::new(),
        verify_within: args.verify_timeout,
        ..RunOptions::default()
    };
    let mut console = Console::new(*terminal, &report.proposal, target.primary.address());
    let running = console.running();
    let started = Instant::now();
    let result = {
        let _progress = terminal.progress(format!("applying to {}", target.primary.address()));
        let work = run_plan(&connections, approved, &mut console, &run_options);
        interruptible(work, &run_options.cancel, &running, terminal).await?
    };
    let found = match &result {
        Ok(run) if args.verify_rows && !run.cancelled => {
            let tables = rewritten_tables(&report.proposal, observed.facts().dialect());
            let limits = RowLimits { patience: args.verify_timeout, ..RowLimits::default() };
            rows::compare(&connections, &tables, &run.replicas, &limits, terminal).await?
        }
        Ok(_) | Err(_) => Vec::new(),
    };
    let outcome = Outcome::of_run(&report, &result, console.troubles(), started.elapsed()).with_rows(found);
    outcome.print(args.format, terminal)?;
    let run_report = match result {
        Ok(run_report) => run_report,
        Err(error) => return Err(stopped(error, &connections).await),
    };
    connections.close().await;
    if run_report.cancelled {
        let mut failure = Failure::new("stopped before the last statement, as asked; what was done stays");
        for key in &run_report.away {
            failure = failure.hint(key_is_away(key));
        }
        return Err(failure.hint("run the same command again to do the rest"));
    }
    proved(&run_report.replicas).and_then(|_| rows::proved(&outcome.rows))
}

/// The error, and where a privilege was missing the GRANT that would help.
async fn stopped(error: RunError, connections: &Connections) -> Failure {
    // 1044, 1142, 1143, 1227, 1370: access denied, to the schema, a table, a column, by a global privilege, to a routine.
    let denied = matches!(error.cause, RunFailure::StatementFailed { number: 1044 | 1142 | 1143 | 1227 | 1370, .. });
    let mut failure = Failure::new(error);
    if denied && let Ok(capabilities) = connections.capabilities().await {
        let missing = capabilities.missing.iter().filter(|missing| missing.capability == Capability::ChangeSchema);
        for missing in missing {
            failure = failure.hint(format!("an administrator can run: {}", missing.grant));
        }
    }
    failure
}

/// Who approves: a digest given, everything given, the policy, or the person at the terminal.
fn approval(args: &ApplyArgs, report: &Report, terminal: &Terminal) -> Result<Approval, Failure> {
    let proposal = &report.proposal;
    if let Some(most) = args.max_risk.map(Risk::from)
        && proposal.risk > most
    {
        let problem = format!("the plan's risk is {:?} and --max-risk is {most:?}; nothing was run", proposal.risk);
        return Err(Failure::refused(problem));
    }
    if let Some(digest) = &args.approve {
        return Ok(Approval::Digest(digest.clone()));
    }
    if args.auto_approve || !waits_for_approval(proposal.risk, args.approval_from.lowest()) {
        return Ok(Approval::Policy { max_risk: proposal.risk });
    }
    if terminal.interactive && ask(proposal, terminal)? {
        return Ok(Approval::Digest(proposal.digest.clone()));
    }
    let problem = format!("the plan's risk is {:?}, which needs approval; nothing was run", proposal.risk);
    Err(Failure::refused(problem).hint(format!("to approve exactly this plan, add --approve {}", proposal.digest)))
}

fn ask(proposal: &Proposal, terminal: &Terminal) -> Result<bool, Failure> {
    terminal.say(&format!("\nThis plan needs approval: its risk is {:?}.", proposal.risk));
    let answer = terminal.ask(&format!("Type yes to run exactly {}:", one_line(&proposal.digest)))?;
    Ok(answer == "yes")
}

/// An error unless every replica has the change and equals the primary.
pub(super) fn proved(replicas: &[ReplicaReport]) -> Result<Exit, Failure> {
    let missing: Vec<String> = replicas
        .iter()
        .filter(|replica| !replica.verdict.arrived())
        .map(|replica| {
            let state = if replica.verdict.holds() { "needs a look" } else { "is not proved" };
            format!("replica {} {state} ({}): {}", replica.name, replica.verdict.reason().as_str(), replica.verdict)
        })
        .collect();
    if missing.is_empty() { Ok(Exit::Done) } else { Err(Failure::new(missing.join("\n"))) }
}
