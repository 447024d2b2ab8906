//! The values: the schema refuses wrong ones where they are wrong, and the page names all of them.

use std::{collections::BTreeSet, process::Command};

use serde_json::Value;

use crate::support::helm::{Helm, folder};

/// Wrong values, and what helm must say of them.
const WRONG: [(&str, &str); 31] = [
    ("replica: 3", "at '': additional properties 'replica' not allowed"),
    ("replicas: two", "at '/replicas'"),
    ("replicas: -1", "at '/replicas'"),
    ("image: {digest: 'sha256:12'}", "at '/image/digest'"),
    ("image: {tag: 'a b'}", "at '/image/tag'"),
    ("image: {pullPolicy: Sometimes}", "at '/image/pullPolicy'"),
    ("log: {format: xml}", "at '/log/format'"),
    ("resources: {limit: {}}", "at '/resources': additional properties 'limit'"),
    ("tolerations: [{effect: Never}]", "at '/tolerations/0/effect'"),
    ("extraEnv: [{value: a}]", "at '/extraEnv/0': missing property 'name'"),
    ("extraVolumes: [{secret: {secretName: a}}]", "at '/extraVolumes/0': missing property 'name'"),
    ("extraVolumeMounts: [{name: a}]", "at '/extraVolumeMounts/0': missing property 'mountPath'"),
    ("terminationGracePeriodSeconds: 20", "at '/terminationGracePeriodSeconds'"),
    ("podDisruptionBudget: {maxUnavailable: 0}", "at '/podDisruptionBudget/maxUnavailable'"),
    ("topologySpread: {whenUnsatisfiable: Never}", "at '/topologySpread/whenUnsatisfiable'"),
    ("watch: {namespaces: blog}", "at '/watch/namespaces'"),
    ("watch: {namespaces: [Blog]}", "at '/watch/namespaces/0'"),
    ("lease: {name: ''}", "at '/lease/name'"),
    ("secretAccess: [{namespace: blog}]", "at '/secretAccess/0': missing property 'names'"),
    ("secretAccess: [{namespace: blog, names: []}]", "at '/secretAccess/0/names'"),
    ("admission: {gitOpsAccounts: [\"a'] || true || ['b\"]}", "at '/admission/gitOpsAccounts/0'"),
    ("admission: {stamp: Perhaps}", "at '/admission/stamp'"),
    ("service: {port: 70000}", "at '/service/port'"),
    ("serviceMonitor: {enabled: true, interval: often}", "at '/serviceMonitor/interval'"),
    ("{serviceMonitor: {enabled: true}, podMonitor: {enabled: true}}", "at '/podMonitor/enabled'"),
    ("{serviceMonitor: {enabled: true}, service: {enabled: false}}", "at '/service/enabled'"),
    ("networkPolicy: {enabled: true}", "at '/network/apiServer/cidrs'"),
    (
        "{networkPolicy: {enabled: true}, network: {apiServer: {cidrs: [10.0.0.1/32]}, databases: [{hosts: [a.example]}]}}",
        "at '/network/databases/0'",
    ),
    ("network: {databases: [{ports: [3306]}]}", "at '/network/databases/0'"),
    ("httpRoute: {enabled: true}", "at '/httpRoute/parentRefs'"),
    ("certificate: {enabled: true, dnsNames: [a.example]}", "at '/certificate/issuerRef/name'"),
];

#[test]
fn wrong_values_are_refused_where_they_are_wrong() {
    let Some(helm) = Helm::new("wrong_values_are_refused") else { return };
    let mut failures = Vec::new();
    for (values, expected) in WRONG {
        match helm.try_render(&folder("charts/tablewright"), values) {
            Err(message) if message.contains(expected) => {}
            result => failures.push(format!("{values}: expected {expected:?}, got {result:?}")),
        }
    }
    if helm.try_render(&folder("charts/tablewright-crds"), "keep: false").is_ok() {
        failures.push("tablewright-crds takes a value that it does not have".to_owned());
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Paths of values: maps that the schema closes are walked, everything else is one value.
fn paths(prefix: &str, values: &Value, schema: &Value, found: &mut BTreeSet<String>) {
    let Some(properties) = schema["properties"].as_object() else {
        found.insert(prefix.to_owned());
        return;
    };
    assert_eq!(schema["additionalProperties"], false, "{prefix:?} takes anything");
    let join = |name: &str| if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
    let fields = values.as_object().unwrap_or_else(|| panic!("{prefix} is a map in the schema"));
    for (name, value) in fields {
        let schema = properties.get(name).unwrap_or_else(|| panic!("{} is not in the schema", join(name)));
        // As Kubernetes has it: the schema knows the names in it, but not one by one.
        if name == "resources" || name == "affinity" {
            found.insert(join(name));
        } else {
            paths(&join(name), value, schema, found);
        }
    }
    let missing = properties.keys().find(|name| *name != "global" && !fields.contains_key(*name));
    assert_eq!(missing, None, "in the schema of {prefix:?}, but not in values.yaml");
}

#[test]
fn the_page_names_every_value() {
    let chart = folder("charts/tablewright");
    let read = |name: &str| std::fs::read_to_string(chart.join(name)).unwrap();
    let values: Value = serde_saphyr::from_str(&read("values.yaml")).unwrap();
    let schema: Value = serde_json::from_str(&read("values.schema.json")).unwrap();
    let mut wanted = BTreeSet::new();
    paths("", &values, &schema, &mut wanted);

    let page = read("README.md");
    let (_, rest) = page.split_once("<!-- values -->\n").unwrap();
    let (table, _) = rest.split_once("<!-- end of values -->").unwrap();
    let output = Command::new(folder("scripts/values-table.sh")).arg(&chart).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(table, String::from_utf8_lossy(&output.stdout), "run `make charts`");
    let named: BTreeSet<String> =
        table.lines().skip(2).filter_map(|line| line.split('`').nth(1)).map(str::to_owned).collect();
    assert_eq!(named, wanted);
    assert!(wanted.len() > 60);
}
