//! The cluster: which one, as whom, in which namespace; by kubectl's conventions.

use clap::Args;
use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use kube::api::{ListParams, Patch, PatchParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::NamespaceResourceScope;
use kube::{Api, Client, Config, Resource};
use serde::de::DeserializeOwned;
use serde_json::json;
use std::fmt::Debug;
use std::path::PathBuf;

use crate::api::{Phase, Plan};

use super::exit::Exit;
use super::failure::Failure;

/// How often a decision is written where the Plan's status moves at the same moment.
const DECIDE_ATTEMPTS: u32 = 10;

/// Which cluster and namespace.
#[derive(Clone, Debug, Args)]
pub(super) struct ClusterArgs {
    /// Namespace (default: the context's)
    #[arg(short, long, value_name = "NAMESPACE")]
    pub(super) namespace: Option<String>,
    /// Context of the kubeconfig file
    #[arg(long, value_name = "CONTEXT")]
    pub(super) context: Option<String>,
    /// Path of the kubeconfig file
    #[arg(long, value_name = "FILE")]
    pub(super) kubeconfig: Option<PathBuf>,
}

/// A connection to one cluster, and the namespace that is meant.
pub(super) struct Cluster {
    pub(super) client: Client,
    pub(super) namespace: String,
}

/// The cluster cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClusterError {
    /// No configuration, or not a right one.
    #[error("no cluster to talk to")]
    Configuration(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The API server said no, or nothing.
    #[error("cannot {doing}")]
    Request {
        /// What was being done.
        doing: String,
        /// What it said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// The API server's own words, without the envelope in which they came.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Answer(String);

/// By flags, then KUBECONFIG or ~/.kube/config, then the Pod's own account.
pub(super) async fn configuration(args: &ClusterArgs) -> Result<Config, Failure> {
    let hint = "set KUBECONFIG, or give --kubeconfig and --context";
    let failed =
        |error: Box<dyn std::error::Error + Send + Sync>| Failure::new(ClusterError::Configuration(error)).hint(hint);
    let options = KubeConfigOptions { context: args.context.clone(), ..KubeConfigOptions::default() };
    let config = match (&args.kubeconfig, &args.context) {
        (Some(path), _) => {
            let file = Kubeconfig::read_from(path).map_err(|error| failed(error.into()))?;
            Config::from_custom_kubeconfig(file, &options).await.map_err(|error| failed(error.into()))?
        }
        (None, Some(_)) => Config::from_kubeconfig(&options).await.map_err(|error| failed(error.into()))?,
        (None, None) => Config::infer().await.map_err(|error| failed(error.into()))?,
    };
    Ok(config)
}

impl Cluster {
    /// To the cluster that the flags name.
    pub(super) async fn connect(args: &ClusterArgs) -> Result<Self, Failure> {
        let config = configuration(args).await?;
        let namespace = args.namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
        let client =
            Client::try_from(config).map_err(|error| Failure::new(ClusterError::Configuration(error.into())))?;
        Ok(Self { client, namespace })
    }

    /// Objects of one kind in the namespace.
    pub(super) fn api<K>(&self) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope>,
        K::DynamicType: Default,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// The user name under which the API server sees us.
    pub(super) async fn user_name(&self) -> Result<String, Failure> {
        let reviews: Api<SelfSubjectReview> = Api::all(self.client.clone());
        let answer = reviews
            .create(&PostParams::default(), &SelfSubjectReview::default())
            .await
            .map_err(|error| refused("ask the API server who you are", error))?;
        answer
            .status
            .and_then(|status| status.user_info)
            .and_then(|user| user.username)
            .ok_or_else(|| Failure::new("the API server does not say who you are"))
    }

    /// One object.
    pub(super) async fn object<K>(&self, name: &str) -> Result<K, Failure>
    where
        K: Resource<Scope = NamespaceResourceScope> + Clone + DeserializeOwned + Debug,
        K::DynamicType: Default,
    {
        let kind = K::kind(&K::DynamicType::default()).to_lowercase();
        self.api::<K>().get(name).await.map_err(|error| {
            if is_not_found(&error) {
                Failure::new(format!("there is no {kind} `{name}` in namespace `{}`", self.namespace))
                    .hint(format!("`kubectl tablewright get {kind}s -n {}` lists them", self.namespace))
            } else {
                refused(&format!("read {kind} `{name}`"), error)
            }
        })
    }

    /// The Plan of this name, or the one undecided Plan of this digest.
    pub(super) async fn plan(&self, name: Option<&str>, digest: Option<&str>) -> Result<Plan, Failure> {
        if let Some(name) = name {
            let plan: Plan = self.object(name).await?;
            return match digest {
                Some(digest) if digest != plan.spec.proposal.digest => {
                    let problem = format!("plan `{name}` has digest {}, not {digest}", plan.spec.proposal.digest);
                    Err(Failure::refused(problem).hint("look at it again: what it would do is not what you have seen"))
                }
                Some(_) | None => Ok(plan),
            };
        }
        let Some(digest) = digest else {
            return Err(Failure::usage("name a Plan, or give --digest"));
        };
        let plans =
            self.api::<Plan>().list(&ListParams::default()).await.map_err(|error| refused("list Plans", error))?;
        let mut fitting: Vec<Plan> =
            plans.items.into_iter().filter(|plan| plan.spec.proposal.digest == digest).collect();
        if fitting.len() > 1 {
            fitting.retain(|plan| phase(plan) == Some(Phase::Pending));
        }
        match (fitting.pop(), fitting.is_empty()) {
            (Some(plan), true) => Ok(plan),
            (Some(_), false) => {
                Err(Failure::new(format!("several Plans in namespace `{}` have this digest", self.namespace))
                    .hint("name the one that is meant"))
            }
            (None, _) => {
                Err(Failure::refused(format!("no Plan in namespace `{}` has digest {digest}", self.namespace))
                    .hint(format!("`kubectl tablewright get plans -n {} -o wide` shows the digests", self.namespace)))
            }
        }
    }

    /// Writes a decision on the Plan that was looked at. It is final.
    pub(super) async fn decide(&self, plan: &Plan, verdict: &str, comment: Option<&str>) -> Result<String, Failure> {
        let name = plan.metadata.name.clone().unwrap_or_default();
        undecided(plan)?;
        let by = self.user_name().await?;
        let mut decision = json!({ "verdict": verdict, "digest": plan.spec.proposal.digest, "by": by });
        if let Some(comment) = comment {
            decision["comment"] = comment.into();
        }
        let params = PatchParams { field_manager: Some("kubectl-tablewright".to_owned()), ..PatchParams::default() };
        let mut version = plan.metadata.resource_version.clone();
        let mut attempts = 0;
        loop {
            // The object that was looked at, which nobody has decided on: nobody is to be written over.
            let patch = json!({
                "metadata": { "uid": plan.metadata.uid, "resourceVersion": version },
                "spec": { "decision": decision },
            });
            attempts += 1;
            match self.api::<Plan>().patch(&name, &params, &Patch::Merge(&patch)).await {
                Ok(_) => return Ok(by),
                // The controller says in the status what goes on while a plan waits, and a person takes a while to answer.
                // What is proposed is still what was seen as long as it is the same object: a proposal never changes.
                Err(kube::Error::Api(status)) if status.is_conflict() && attempts < DECIDE_ATTEMPTS => {
                    let now: Plan = self.object(&name).await?;
                    if now.metadata.uid != plan.metadata.uid {
                        let problem = format!("plan `{name}` was deleted and made again meanwhile");
                        return Err(Failure::refused(problem).hint("look at it again"));
                    }
                    undecided(&now)?;
                    version = now.metadata.resource_version;
                }
                Err(error) => {
                    return Err(refused(&format!("decide on plan `{name}`"), error)
                        .hint("deciding needs the verb `approve` on the Database (role tablewright-approver)"));
                }
            }
        }
    }
}

/// The phase that the controller has given a Plan.
pub(super) fn phase(plan: &Plan) -> Option<Phase> {
    plan.status.as_ref().and_then(|status| status.phase)
}

/// An error where nobody can decide on it any more, or not yet.
pub(super) fn undecided(plan: &Plan) -> Result<(), Failure> {
    let name = plan.metadata.name.as_deref().unwrap_or_default();
    if let Some(decision) = &plan.spec.decision {
        let problem = format!("plan `{name}` was decided on already: {:?} by {}", decision.verdict, decision.by);
        return Err(Failure::refused(problem).hint("a decision is final"));
    }
    match phase(plan) {
        Some(Phase::Pending) => Ok(()),
        None => Err(Failure::refused(format!("the controller has not looked at plan `{name}` yet"))
            .hint("try again in a moment")),
        Some(phase) => {
            Err(Failure::refused(format!("plan `{name}` is {phase:?}; only a Pending one waits for a decision")))
        }
    }
}

/// What the API server said; what it forbids is a refusal.
pub(super) fn refused(doing: &str, error: kube::Error) -> Failure {
    let forbidden = matches!(&error, kube::Error::Api(status) if matches!(status.code, 403 | 422));
    let source: Box<dyn std::error::Error + Send + Sync> =
        if let kube::Error::Api(status) = error { Box::new(Answer(status.message)) } else { Box::new(error) };
    let failure = Failure::new(ClusterError::Request { doing: doing.to_owned(), source });
    if forbidden { failure.with_exit(Exit::Refused) } else { failure }
}

fn is_not_found(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 404 && status.reason == "NotFound")
}
