//! `approve`: writes a decision into a Plan, under the name by which the API server knows the caller.
//!
//! What is approved is what was seen: the digest that is given; else what is shown here and answered, where there is
//! somebody to answer; else what the Plan's name says, in which its digest begins and whose proposal never changes.

use clap::Args;

use crate::api::Plan;

use super::describe::report;
use super::exit::Exit;
use super::failure::Failure;
use super::kubernetes::{Cluster, ClusterArgs, undecided};
use super::render::text;
use super::terminal::Terminal;
use super::text::one_line;

#[derive(Debug, Args)]
pub(super) struct ApproveArgs {
    /// The Plan
    #[arg(required_unless_present = "digest")]
    name: Option<String>,
    /// The digest that was seen; with a name: approve only if the Plan has it, without: the Plan that has it
    #[arg(long, value_name = "DIGEST")]
    digest: Option<String>,
    /// Why, for those who read it later
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
    #[command(flatten)]
    cluster: ClusterArgs,
}

pub(super) async fn run(args: ApproveArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let cluster = Cluster::connect(&args.cluster).await?;
    let plan = cluster.plan(args.name.as_deref(), args.digest.as_deref()).await?;
    if args.digest.is_none() && terminal.interactive && !agreed(&plan, &cluster, terminal)? {
        return Err(Failure::refused("nothing was approved").hint("`kubectl tablewright reject` says no to the plan"));
    }
    let by = cluster.decide(&plan, "Approved", args.comment.as_deref()).await?;
    let name = plan.metadata.name.unwrap_or_default();
    terminal.data(&format!("plan.tablewright.dev/{name} approved\n"))?;
    terminal.say(&format!("by {by}, for {}", plan.spec.proposal.digest));
    Ok(Exit::Done)
}

/// Shows what would be approved, and asks.
fn agreed(plan: &Plan, cluster: &Cluster, terminal: &Terminal) -> Result<bool, Failure> {
    undecided(plan)?;
    let mut shown = report(plan, &cluster.namespace);
    shown.next_step = None;
    terminal.say_text(&text::render(&shown, terminal.err));
    let question = format!("Type yes to approve exactly {}:", one_line(&plan.spec.proposal.digest));
    Ok(terminal.ask(&question)? == "yes")
}
