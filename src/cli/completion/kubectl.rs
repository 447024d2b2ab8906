//! Completion by kubectl: it calls `kubectl_complete-tablewright` with the words so far, the last one unfinished, and
//! reads candidates, one a line, and then a directive.
//! <https://kubernetes.io/docs/tasks/extend-kubectl/kubectl-plugins/>

use std::time::Duration;

use clap::{Arg, Command, FromArgMatches};
use kube::api::{DynamicObject, ListParams};
use kube::{Api, ResourceExt};

use super::super::get::Kind;
use super::super::kubernetes::{Cluster, ClusterArgs};

/// The name under which kubectl looks for this.
pub(crate) const PROGRAM: &str = "kubectl_complete-tablewright";
/// No file names where no candidate fits (cobra's ShellCompDirectiveNoFileComp).
const NO_FILES: &str = ":4";
/// File names, as the shell has them.
const FILES: &str = ":0";
/// A cluster that does not answer keeps nobody waiting at a prompt.
const PATIENCE: Duration = Duration::from_secs(2);

/// Commands whose first word is a Plan.
const OF_PLANS: &[&str] = &["approve", "reject", "retry", "plan"];

/// What is to be printed for these words.
pub(crate) async fn answer(root: &Command, words: &[String]) -> String {
    let (begun, finished) = words.split_last().map_or(("", [].as_slice()), |(last, rest)| (last.as_str(), rest));
    let Some((command, rest)) =
        finished.split_first().and_then(|(name, rest)| Some((root.find_subcommand(name)?, rest)))
    else {
        let names = root.get_subcommands().map(|command| command.get_name().to_owned());
        return lines(names, begun, NO_FILES);
    };
    let long = |argument: &Arg| Some(format!("--{}", argument.get_long()?));
    if begun.starts_with('-') {
        return lines(command.get_arguments().filter_map(long), begun, NO_FILES);
    }
    let asked = rest.last().and_then(|flag| flag_of(command, flag)).filter(|flag| flag.get_action().takes_values());
    if let Some(flag) = asked {
        let values: Vec<String> = values(flag).collect();
        return if values.is_empty() { format!("{FILES}\n") } else { lines(values.into_iter(), begun, NO_FILES) };
    }
    let placed = positional(command, rest);
    let argument = command.get_positionals().nth(placed.len()).or_else(|| command.get_positionals().last());
    let known: Vec<String> = argument.map(|argument| values(argument).collect()).unwrap_or_default();
    if !known.is_empty() {
        return lines(known.into_iter(), begun, NO_FILES);
    }
    let kind = match placed.first() {
        Some(kind) => <Kind as clap::ValueEnum>::from_str(kind, true).ok(),
        None => OF_PLANS.contains(&command.get_name()).then_some(Kind::Plans),
    };
    let names = match kind {
        Some(kind) => {
            tokio::time::timeout(PATIENCE, names(command, rest, kind)).await.ok().flatten().unwrap_or_default()
        }
        None => Vec::new(),
    };
    lines(names.into_iter(), begun, NO_FILES)
}

fn lines(candidates: impl Iterator<Item = String>, begun: &str, directive: &str) -> String {
    let mut text: String =
        candidates.filter(|candidate| candidate.starts_with(begun)).map(|candidate| candidate + "\n").collect();
    text.push_str(directive);
    text.push('\n');
    text
}

fn values(argument: &Arg) -> impl Iterator<Item = String> {
    argument
        .get_possible_values()
        .into_iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| value.get_name().to_owned())
}

fn flag_of<'a>(command: &'a Command, word: &str) -> Option<&'a Arg> {
    command.get_arguments().find(|argument| {
        argument.get_long().is_some_and(|long| word == format!("--{long}"))
            || argument.get_short().is_some_and(|short| word == format!("-{short}"))
    })
}

/// The words that are neither flags nor their values.
fn positional<'a>(command: &Command, words: &'a [String]) -> Vec<&'a str> {
    let mut placed = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if !word.starts_with('-') {
            placed.push(word.as_str());
        } else if flag_of(command, word).is_some_and(|flag| flag.get_action().takes_values()) {
            words.next();
        }
    }
    placed
}

/// Names of objects, in the namespace and cluster that the words say; `None` where the cluster does not tell.
async fn names(command: &Command, words: &[String], kind: Kind) -> Option<Vec<String>> {
    let cluster = cluster_arguments(command, words)?;
    let cluster = Cluster::connect(&cluster).await.ok()?;
    let api: Api<DynamicObject> = Api::namespaced_with(cluster.client.clone(), &cluster.namespace, &kind.resource());
    let list = api.list(&ListParams::default()).await.ok()?;
    Some(list.items.iter().map(ResourceExt::name_any).collect())
}

fn cluster_arguments(command: &Command, words: &[String]) -> Option<ClusterArgs> {
    let words = std::iter::once(command.get_name().to_owned()).chain(words.iter().cloned());
    let matches = command.clone().ignore_errors(true).try_get_matches_from(words).ok()?;
    ClusterArgs::from_arg_matches(&matches).ok()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::super::super::CommandLine;
    use super::*;

    async fn of(words: &[&str]) -> String {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        answer(&CommandLine::command(), &words).await
    }

    #[tokio::test]
    async fn words_are_completed_as_far_as_no_cluster_is_needed() {
        assert_eq!(of(&["app"]).await, "apply\napprove\n:4\n");
        assert_eq!(of(&["get", "d"]).await, "databases\n:4\n");
        assert_eq!(of(&["get", "-n", "shop", "t"]).await, "tables\n:4\n");
        assert_eq!(of(&["get", "plans", "--wat"]).await, "--watch\n:4\n");
        assert_eq!(of(&["get", "plans", "-o", "w"]).await, "wide\n:4\n");
        assert_eq!(of(&["plan", "-f", ""]).await, ":0\n");
        assert_eq!(of(&["nonsense", ""]).await.lines().next(), Some("plan"));
    }

    #[test]
    fn the_namespace_is_found_among_the_words() {
        let words = ["describe", "plan", "-n", "shop"].map(str::to_owned);
        let root = CommandLine::command();
        let arguments = cluster_arguments(root.find_subcommand("describe").unwrap(), &words[1..]).unwrap();
        assert_eq!(arguments.namespace.as_deref(), Some("shop"));
    }
}
