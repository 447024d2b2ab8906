//! Ways to deliver traces: over http, over https between a collector and a client of one authority, and ways that are wrong.

use super::scenario::Stage;
use crate::support::{
    binary::argument,
    certificates::{Authority, Certificate},
    cluster::User,
    collector::Collector,
    pair::eventually,
    scene::LIMIT,
};

/// Environment of a controller.
type Variables = Vec<(&'static str, String)>;

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const CERTIFICATE: &str = "OTEL_EXPORTER_OTLP_CERTIFICATE";
const CLIENT_CERTIFICATE: &str = "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE";
const CLIENT_KEY: &str = "OTEL_EXPORTER_OTLP_CLIENT_KEY";

/// Over http.
pub fn plain(collector: &Collector) -> Variables {
    vec![(ENDPOINT, collector.endpoint())]
}

/// Over https, with certificates of the collector's authority on both sides.
pub fn tls(collector: &Collector) -> Variables {
    by(collector, collector.authority(), Some(collector.client()))
}

fn by(collector: &Collector, trusted: &Authority, client: Option<&Certificate>) -> Variables {
    let mut variables =
        vec![(ENDPOINT, collector.tls_endpoint()), (CERTIFICATE, argument(&trusted.certificate()).to_owned())];
    if let Some(client) = client {
        variables.push((CLIENT_CERTIFICATE, argument(&client.certificate).to_owned()));
        variables.push((CLIENT_KEY, argument(&client.key).to_owned()));
    }
    variables
}

/// Whatever is wrong with the delivery: the controller works, and says once what is wrong and what to do.
pub fn wrong(stage: &Stage, collector: &Collector) {
    let directory = tempfile::tempdir().expect("a folder");
    let other = Authority::new(directory.path(), "others");
    let nothing = directory.path().join("nothing.pem");
    let with = |mut variables: Variables, name: &'static str, value: &str| {
        variables.retain(|(known, _)| *known != name);
        variables.push((name, value.to_owned()));
        variables
    };
    let good = || tls(collector);
    let wrong = [
        ("stranger", by(collector, &other, Some(collector.client())), "traces are not delivered", CERTIFICATE),
        ("nobody", by(collector, collector.authority(), None), "traces are not delivered", CLIENT_CERTIFICATE),
        ("missing", with(good(), CERTIFICATE, argument(&nothing)), "no traces are sent", "nothing.pem"),
        ("keyless", with(good(), CLIENT_KEY, ""), "no traces are sent", CLIENT_KEY),
    ];
    for (name, variables, what, advice) in wrong {
        let mut controller = stage.controller(name, |_| variables);
        let column = format!("    - {{name: id, type: int, nullable: false, comment: {name}}}\n");
        stage.scene.apply("untraced", &format!("  columns:\n{column}  primaryKey: {{columns: [{{name: id}}]}}\n"));
        stage.scene.ready("untraced");
        eventually(&format!("{name} says what is wrong"), LIMIT, || controller.log().contains(what));
        // Whatever is still to be delivered now goes the same way.
        assert_eq!(controller.terminate(), 0);
        let log = controller.log();
        let said: Vec<&str> = log.lines().filter(|line| line.contains("traces are ")).collect();
        let [line] = said[..] else { panic!("{name} is to say it once: {said:#?}") };
        assert!(line.contains(what) && line.contains(advice) && line.contains("\"WARN\""), "{line}");
    }
    let namespace = stage.scene.namespace.as_str();
    stage.scene.cluster.kubectl(
        User::Developer,
        &["-n", namespace, "delete", "tables.tablewright.dev", "untraced"],
        "",
    );
}
