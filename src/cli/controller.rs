//! `controller`: runs the controller until it is told to end.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use tokio_util::sync::CancellationToken;

use crate::controller::{ControllerOptions, GITOPS_ACCOUNTS, run as run_controller};
use crate::telemetry::{LogFormat, init};

use super::console::interrupted;
use super::exit::Exit;
use super::failure::Failure;
use super::kubernetes::{ClusterArgs, configuration};

#[derive(Debug, Args)]
pub(super) struct ControllerArgs {
    /// Watch only this namespace; may be repeated (default: all)
    #[arg(short, long = "namespace", value_name = "NAMESPACE")]
    namespaces: Vec<String>,
    /// Only Databases with these labels are this controller's
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    selector: Option<String>,
    /// Where health and metrics are served
    #[arg(long, alias = "metrics-address", value_name = "ADDRESS:PORT", default_value = "0.0.0.0:8080")]
    listen: SocketAddr,
    /// Namespace of the Lease (default: the Pod's, or the context's)
    #[arg(long, value_name = "NAMESPACE", env = "POD_NAMESPACE")]
    lease_namespace: Option<String>,
    /// Name of the Lease; controllers of different selectors need different ones
    #[arg(long, value_name = "NAME", default_value = "tablewright")]
    lease_name: String,
    /// Account of a GitOps tool, as the admission policies name them; may be repeated
    #[arg(long = "gitops-account", value_name = "USER", default_values = GITOPS_ACCOUNTS)]
    gitops_accounts: Vec<String>,
    /// Seek no Lease: nothing else may run beside this controller
    #[arg(long)]
    no_leader_election: bool,
    /// Who this process is in the Lease (default: host name and process)
    #[arg(long, value_name = "NAME", env = "POD_NAME")]
    identity: Option<String>,
    /// How log lines look
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    log_format: Format,
    /// Which log lines: a level, or module=level, separated by commas
    #[arg(long, value_name = "FILTER", env = "TABLEWRIGHT_LOG", default_value = "info")]
    log_level: String,
    /// Context of the kubeconfig file
    #[arg(long, value_name = "CONTEXT")]
    context: Option<String>,
    /// Path of the kubeconfig file (default: the Pod's own account, or KUBECONFIG)
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// One line of text
    Text,
    /// One JSON object a line
    Json,
}

pub(super) async fn run(args: ControllerArgs) -> Result<Exit, Failure> {
    let format = match args.log_format {
        Format::Text => LogFormat::Text,
        Format::Json => LogFormat::Json,
    };
    let telemetry = init(format, &args.log_level);
    let worked = match work(args).await {
        // In the form of all other lines: what reads them can read this one.
        Err(failure) if format == LogFormat::Json => {
            tracing::error!(error = failure.on_one_line(), "the controller cannot work");
            Ok(failure.exit)
        }
        worked => worked,
    };
    telemetry.end().await;
    worked
}

async fn work(args: ControllerArgs) -> Result<Exit, Failure> {
    let cluster = ClusterArgs { namespace: None, context: args.context, kubeconfig: args.kubeconfig };
    let config = configuration(&cluster).await?;
    let options = ControllerOptions {
        lease_name: args.lease_name,
        leader_election: !args.no_leader_election,
        namespaces: args.namespaces,
        selector: args.selector,
        metrics_address: Some(args.listen),
        gitops_accounts: args.gitops_accounts,
        ..ControllerOptions::new(
            args.identity.unwrap_or_else(identity),
            args.lease_namespace.unwrap_or_else(|| config.default_namespace.clone()),
        )
    };
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    tokio::spawn(async move {
        interrupted().await;
        tracing::info!("asked to end");
        stopping.cancel();
    });
    run_controller(config, options, stop).await?;
    Ok(Exit::Done)
}

/// Unique on this host, and across hosts of different names. In a cluster the Pod's name is given.
fn identity() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_else(|_| "host".to_owned());
    format!("{}-{}", host.trim(), std::process::id())
}
