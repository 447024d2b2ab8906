//! Keeps what the Table objects of a cluster declare: gathers, decides, acts.
//!
//! [`run`] watches Databases, Tables, Plans and Approvals, seeks the Lease, and while it holds it keeps one worker per Database
//! (see `worker.rs` for the steps of a round). Caches are kept warm without the Lease, so that a standby takes over at once.
//!
//! What it holds:
//! * Nothing acts without the Lease, and a lost Lease stops everything that has not been sent to a server; what has been
//!   sent is fenced by the slot locks on the server and adopted by whoever comes next.
//! * `Ready=False` is written before any DDL on a Table that was Ready.
//! * SQL that is stored in the cluster never runs (`execute.rs`).
//! * A Table's spec is never written, and deleting a Table never drops a table.

mod activity;
mod assess;
mod backoff;
mod claims;
mod condition;
mod consent;
mod context;
mod dereference;
mod event;
mod execute;
mod group;
mod history;
mod inspect;
mod journal;
mod lease;
mod lifecycle;
mod overlay;
mod patch;
mod promotion;
mod propose;
mod requests;
mod secrets;
mod siblings;
mod standing;
mod store;
mod supervise;
mod trace;
mod validate;
mod verdict;
mod view;
mod wake;
mod watch;
mod window;
mod worker;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kube::client::ClientBuilder;
use kube::{Api, Client};
use kube_runtime::watcher;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::context::{Context, of_approval, of_database, of_plan, of_table};
use self::event::Events;
use self::lease::Leader;
use self::requests::Counting;
use self::store::{ObjectKey, Store};
use self::supervise::supervise;
use crate::telemetry::{LeaseLabels, Metrics};
use crate::web::{self, Readiness, WebError};

pub use self::lease::LeaseOptions;

/// How a controller works.
#[derive(Clone, Debug)]
pub struct ControllerOptions {
    /// Who it is: unique per process (in a cluster: the Pod's name).
    pub identity: String,
    /// Where its Lease is.
    pub lease_namespace: String,
    /// The Lease's name.
    pub lease_name: String,
    /// Whether it seeks the Lease; without, nothing else may run beside it.
    pub leader_election: bool,
    /// Namespaces that are watched; empty: all.
    pub namespaces: Vec<String>,
    /// Label selector of the Databases that are this controller's; `None`: all.
    pub selector: Option<String>,
    /// Where health and metrics are served; `None`: nowhere.
    pub metrics_address: Option<SocketAddr>,
    /// Accounts of GitOps tools, as the admission policies name them: their approvals are shown as such.
    pub gitops_accounts: Vec<String>,
}

/// The accounts that the admission policies know unless told otherwise.
pub const GITOPS_ACCOUNTS: [&str; 4] = [
    "system:serviceaccount:argocd:argocd-application-controller",
    "system:serviceaccount:argocd:argocd-server",
    "system:serviceaccount:flux-system:kustomize-controller",
    "system:serviceaccount:flux-system:helm-controller",
];

impl ControllerOptions {
    /// With the usual settings.
    pub fn new(identity: impl Into<String>, lease_namespace: impl Into<String>) -> Self {
        Self {
            identity: identity.into(),
            lease_namespace: lease_namespace.into(),
            lease_name: "tablewright".to_owned(),
            leader_election: true,
            namespaces: Vec::new(),
            selector: None,
            metrics_address: None,
            gitops_accounts: GITOPS_ACCOUNTS.map(str::to_owned).to_vec(),
        }
    }
}

/// Why the controller could not work.
#[derive(Debug, thiserror::Error)]
pub enum ControllerError {
    /// The configuration of the Kubernetes client is of no use.
    #[error("no client for the Kubernetes API can be made of this configuration")]
    Client(#[source] kube::Error),
    /// Health and metrics cannot be served.
    #[error(transparent)]
    Web(#[from] WebError),
}

/// Works until `stop`: then running statements end (or are left to a successor) and the Lease is given up.
pub async fn run(
    config: kube::Config,
    options: ControllerOptions,
    stop: CancellationToken,
) -> Result<(), ControllerError> {
    let metrics = Metrics::new(env!("CARGO_PKG_VERSION"));
    let builder = ClientBuilder::try_from(config).map_err(ControllerError::Client)?;
    let client = builder.with_layer(&Counting(metrics.clone())).build();
    let readiness = Readiness::default();
    // Watches and health outlive the work, so that they see its end.
    let background = CancellationToken::new();
    let mut tasks = JoinSet::new();
    if let Some(address) = options.metrics_address {
        let listener = web::bind(address).await?;
        // Which one, where the system was to choose a port.
        if let Ok(address) = listener.local_addr() {
            tracing::info!(%address, "health and metrics are served");
        }
        let (metrics, readiness, stop) = (metrics.clone(), readiness.clone(), background.clone());
        tasks.spawn(async move {
            if let Err(error) = web::serve(listener, metrics, readiness, stop).await {
                tracing::error!(error = %crate::telemetry::chain(&error), "health and metrics are not served");
            }
        });
    }
    let scopes: Vec<String> =
        if options.namespaces.is_empty() { vec![String::new()] } else { options.namespaces.clone() };
    let context = Arc::new(Context {
        client: client.clone(),
        databases: Arc::new(Store::new(of_database, scopes.clone())),
        tables: Arc::new(Store::new(of_table, scopes.clone())),
        plans: Arc::new(Store::new(of_plan, scopes.clone())),
        approvals: Arc::new(Store::new(of_approval, scopes.clone())),
        events: Events::start(client.clone(), &options.identity, metrics.clone(), background.clone()),
        metrics: metrics.clone(),
        selective: options.selector.is_some(),
        gitops_accounts: options.gitops_accounts.iter().cloned().collect(),
    });
    let touched = Touched::default();
    for scope in scopes {
        spawn_watches(&mut tasks, &context, &options, &scope, &touched, &background);
    }
    let filled = wait_until_filled(&context, &stop).await;
    readiness.set(filled);
    if filled {
        tracing::info!(identity = %options.identity, "caches are filled");
        lead(&context, &options, &touched, &stop).await;
    }
    readiness.set(false);
    background.cancel();
    while tasks.join_next().await.is_some() {}
    Ok(())
}

fn spawn_watches(
    tasks: &mut JoinSet<()>,
    context: &Arc<Context>,
    options: &ControllerOptions,
    scope: &str,
    touched: &Touched,
    stop: &CancellationToken,
) {
    let client = &context.client;
    let mut selected = watcher::Config::default();
    if let Some(selector) = &options.selector {
        selected = selected.labels(selector);
    }
    let (databases, tables) = (api(client, scope), api(client, scope));
    let (plans, approvals) = (api(client, scope), api(client, scope));
    let config = watcher::Config::default();
    let tell = |touched: &Touched| {
        let touched = touched.clone();
        move |keys| touched.add(keys)
    };
    let (one, two, three, four) = (tell(touched), tell(touched), tell(touched), tell(touched));
    tasks.spawn(watch::watch(databases, selected, scope.to_owned(), context.databases.clone(), one, stop.clone()));
    tasks.spawn(watch::watch(tables, config.clone(), scope.to_owned(), context.tables.clone(), two, stop.clone()));
    tasks.spawn(watch::watch(plans, config.clone(), scope.to_owned(), context.plans.clone(), three, stop.clone()));
    tasks.spawn(watch::watch(approvals, config, scope.to_owned(), context.approvals.clone(), four, stop.clone()));
}

fn api<K>(client: &Client, scope: &str) -> Api<K>
where
    K: kube::Resource<Scope = kube::core::NamespaceResourceScope, DynamicType = ()>,
{
    if scope.is_empty() { Api::all(client.clone()) } else { Api::namespaced(client.clone(), scope) }
}

async fn wait_until_filled(context: &Context, stop: &CancellationToken) -> bool {
    let filled = || {
        context.databases.filled() && context.tables.filled() && context.plans.filled() && context.approvals.filled()
    };
    while !filled() {
        tokio::select! {
            () = stop.cancelled() => return false,
            () = tokio::time::sleep(Duration::from_millis(20)) => {}
        }
    }
    true
}

/// Databases that changed since somebody looked; clones share them.
#[derive(Clone, Default)]
struct Touched {
    keys: Arc<Mutex<BTreeSet<ObjectKey>>>,
    wake: Arc<Notify>,
}

impl Touched {
    fn add(&self, keys: BTreeSet<ObjectKey>) {
        if !keys.is_empty() {
            self.keys.lock().unwrap_or_else(PoisonError::into_inner).extend(keys);
            self.wake.notify_one();
        }
    }

    fn take(&self) -> BTreeSet<ObjectKey> {
        std::mem::take(&mut *self.keys.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Seeks the Lease and works while it is held, term after term.
async fn lead(context: &Arc<Context>, options: &ControllerOptions, touched: &Touched, stop: &CancellationToken) {
    // Clones share the number: a standby says 0, and is not silent.
    let leader_gauge = context.metrics.leader.get_or_create_owned(&LeaseLabels { name: options.lease_name.clone() });
    if !options.leader_election {
        leader_gauge.set(1);
        supervise(context, touched, stop.clone()).await;
        leader_gauge.set(0);
        return;
    }
    let lease = LeaseOptions::new(&options.lease_namespace, &options.lease_name, &options.identity);
    let mut leader = Leader::new(context.client.clone(), lease);
    while leader.acquire(stop).await {
        tracing::info!(identity = %options.identity, lease = %options.lease_name, "holding the Lease");
        leader_gauge.set(1);
        let term = stop.child_token();
        let work = supervise(context, touched, term.clone());
        tokio::pin!(work);
        // The Lease is kept while the work winds down, too: only then is it given up.
        let ended = CancellationToken::new();
        let keep = async {
            leader.keep(&ended).await;
        };
        tokio::pin!(keep);
        tokio::select! {
            () = &mut work => {}
            () = &mut keep => {
                term.cancel();
                work.as_mut().await;
            }
        }
        leader_gauge.set(0);
        if stop.is_cancelled() {
            break;
        }
    }
    leader.release().await;
}
