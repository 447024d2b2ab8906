//! What the charts render is what config/ holds, and no more than that.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{EVERYTHING, with_files};
use crate::support::{
    binary,
    helm::{Helm, folder, kubectl, objects},
};

/// Kind, namespace, name.
type Key = (String, String, String);

fn key(object: &Value) -> Key {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let metadata = &object["metadata"];
    (text(&object["kind"]), text(&metadata["namespace"]), text(&metadata["name"]))
}

/// Objects by what they are, without the labels that name a release or version; keys of maps in one order.
fn by_key(objects: Vec<Value>) -> BTreeMap<Key, Value> {
    let mut found = BTreeMap::new();
    for mut object in objects {
        if let Some(labels) = object["metadata"].get_mut("labels").and_then(Value::as_object_mut) {
            let of_release =
                ["name", "instance", "version", "managed-by"].map(|name| format!("app.kubernetes.io/{name}"));
            labels.retain(|label, _| label != "helm.sh/chart" && !of_release.contains(label));
        }
        let key = key(&object);
        object.sort_all_objects();
        assert!(found.insert(key.clone(), object).is_none(), "{key:?} twice");
    }
    found
}

fn of_kind<'objects>(objects: &'objects [Value], kind: &str) -> Vec<&'objects Value> {
    objects.iter().filter(|object| object["kind"] == kind).collect()
}

#[test]
fn the_charts_render_what_config_holds() {
    let test = "the_charts_render_what_config_holds";
    let (Some(helm), Some(mut kubectl)) = (Helm::new(test), kubectl(test)) else { return };
    let output = binary::run_client(kubectl.arg("kustomize").arg(folder("config/default")), "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut wanted = by_key(objects(&String::from_utf8_lossy(&output.stdout)));
    // helm makes the namespace itself (--create-namespace).
    let namespace = ("Namespace".to_owned(), String::new(), "tablewright-system".to_owned());
    wanted.remove(&namespace).expect("the namespace");

    let mut rendered = helm.render("");
    rendered.extend(helm.try_render(&folder("charts/tablewright-crds"), "").unwrap());
    let rendered = by_key(rendered);
    assert_eq!(rendered.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>());
    for (key, wanted) in &wanted {
        assert_eq!(&rendered[key], wanted, "{key:?}: the chart renders the first, config/ holds the second");
    }
    assert!(wanted.len() > 20);
}

#[test]
fn secrets_are_granted_as_the_example_does() {
    let Some(helm) = Helm::new("secrets_are_granted_as_the_example_does") else { return };
    let example = std::fs::read_to_string(folder("config/examples/secrets-role.yaml")).unwrap();
    let rendered = helm.render("secretAccess: [{namespace: blog, names: [blog-mysql, mysql-ca]}]");
    let rendered = by_key(rendered);
    for (key, wanted) in by_key(objects(&example)) {
        let mut object = rendered.get(&key).unwrap_or_else(|| panic!("{key:?}")).clone();
        object["metadata"].as_object_mut().unwrap().shift_remove("labels");
        assert_eq!(object, wanted);
    }
}

#[test]
fn nothing_grants_secrets_that_are_not_named() {
    let Some(helm) = Helm::new("nothing_grants_secrets") else { return };
    for values in ["", "watch: {namespaces: [blog]}", "secretAccess: [{namespace: blog, names: [mysql]}]"] {
        for object in helm.render(values) {
            for rule in object["rules"].as_array().unwrap_or(&Vec::new()) {
                let text = rule.to_string();
                assert!(!text.contains('*'), "{text}");
                if text.contains("secrets") {
                    assert_eq!(object["kind"], "Role");
                    let named = json!({"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["mysql"], "verbs": ["get", "watch"]});
                    assert_eq!(*rule, named);
                }
            }
        }
    }
}

#[test]
fn listed_namespaces_get_the_same_rules_as_the_whole_cluster() {
    let Some(helm) = Helm::new("listed_namespaces_get_the_same_rules") else { return };
    let whole = by_key(helm.render(""));
    let listed = by_key(helm.render("watch: {namespaces: [blog, shop]}"));
    let name = "tablewright-controller";
    let key = |kind: &str, namespace: &str| (kind.to_owned(), namespace.to_owned(), name.to_owned());
    let rules = &whole[&key("ClusterRole", "")]["rules"];
    for namespace in ["blog", "shop"] {
        assert_eq!(&listed[&key("Role", namespace)]["rules"], rules);
        let binding = &listed[&key("RoleBinding", namespace)];
        assert_eq!(binding["roleRef"]["kind"], "Role");
        assert_eq!(binding["subjects"], whole[&key("ClusterRoleBinding", "")]["subjects"]);
    }
    assert!(!listed.contains_key(&key("ClusterRole", "")) && !listed.contains_key(&key("ClusterRoleBinding", "")));
    let deployment = &listed[&("Deployment".to_owned(), "tablewright-system".to_owned(), "tablewright".to_owned())];
    let arguments = deployment["spec"]["template"]["spec"]["containers"][0]["args"].to_string();
    assert!(arguments.contains("--namespace=blog") && arguments.contains("--namespace=shop"), "{arguments}");
}

#[test]
fn values_reach_the_pods() {
    let Some(helm) = Helm::new("values_reach_the_pods") else { return };
    let digest = format!("sha256:{}", "0123456789abcdef".repeat(4));
    let values = format!(
        "image: {{digest: '{digest}', tag: v9}}\ntolerations: [{{key: spot, operator: Exists}}]\npriorityClassName: databases\n\
         extraVolumes: [{{name: otel-ca, secret: {{secretName: otel-ca}}}}]\nextraVolumeMounts: [{{name: otel-ca, mountPath: /etc/otel, readOnly: true}}]\n\
         watch: {{selector: 'team in (a, b)'}}\nlease: {{name: other}}\ncommonLabels: {{team: a, app.kubernetes.io/name: mine}}\nfullnameOverride: other\n"
    );
    let rendered = helm.render(&values);
    let deployment = of_kind(&rendered, "Deployment")[0];
    assert_eq!(deployment["metadata"]["name"], "other");
    assert_eq!(deployment["metadata"]["labels"]["team"], "a");
    assert_eq!(
        deployment["metadata"]["labels"]["app.kubernetes.io/name"], "tablewright",
        "the chart's own labels stay"
    );
    let pod = &deployment["spec"]["template"]["spec"];
    assert_eq!(pod["containers"][0]["image"], format!("ghcr.io/tablewright/tablewright@{digest}"));
    assert_eq!(pod["tolerations"], json!([{"key": "spot", "operator": "Exists"}]));
    assert_eq!(pod["priorityClassName"], "databases");
    assert_eq!(pod["volumes"], json!([{"name": "otel-ca", "secret": {"secretName": "otel-ca"}}]));
    assert_eq!(
        pod["containers"][0]["volumeMounts"],
        json!([{"name": "otel-ca", "mountPath": "/etc/otel", "readOnly": true}])
    );
    let arguments = pod["containers"][0]["args"].to_string();
    assert!(arguments.contains("--selector=team in (a, b)") && arguments.contains("--lease-name=other"));
    // The policies must let the account through under its name.
    let policies = of_kind(&rendered, "ValidatingAdmissionPolicy");
    let account = "system:serviceaccount:tablewright-system:other";
    assert_eq!(policies.iter().filter(|policy| policy.to_string().contains(account)).count(), 2);
}

#[test]
fn the_accounts_of_the_policies_are_values() {
    let Some(helm) = Helm::new("the_accounts_of_the_policies") else { return };
    let rendered = helm.render("admission: {gitOpsAccounts: ['a:b'], controllers: ['c:d', 'e:f']}");
    let mut seen = (0, 0);
    for policy in of_kind(&rendered, "ValidatingAdmissionPolicy") {
        for variable in policy["spec"]["variables"].as_array().unwrap() {
            let expression = variable["expression"].as_str().unwrap();
            if variable["name"] == "gitOpsAccounts" {
                assert_eq!(expression, "['a:b']");
                seen.0 += 1;
            } else if variable["name"] == "controllers" {
                assert_eq!(expression, "['system:serviceaccount:tablewright-system:tablewright', 'c:d', 'e:f']");
                seen.1 += 1;
            }
        }
    }
    assert_eq!(seen, (2, 2));
}

#[test]
fn the_stamp_is_there_where_the_api_server_has_the_kind() {
    let Some(helm) = Helm::new("the_stamp_is_there") else { return };
    let chart = folder("charts/tablewright");
    let count = |values: &str, apis: &[&str]| {
        let arguments = [&["template", "t", binary::argument(&chart), "-f", "-"], apis].concat();
        of_kind(&objects(&helm.run(&arguments, values)), "MutatingAdmissionPolicy").len()
    };
    let with = ["--api-versions", "admissionregistration.k8s.io/v1/MutatingAdmissionPolicy"];
    assert_eq!((count("", &with), count("", &[])), (1, 0));
    assert_eq!(count("admission: {stamp: Always}", &[]), 1);
    assert_eq!(count("admission: {stamp: Never}", &with), 0);
    assert_eq!(count("admission: {enabled: false, stamp: Always}", &with), 0);
}

/// An empty list of peers would allow everybody.
#[test]
fn network_policies_name_whom_they_allow() {
    let Some(helm) = Helm::new("network_policies_name_whom_they_allow") else { return };
    let rendered = helm.render(EVERYTHING);
    let policy = &of_kind(&rendered, "NetworkPolicy")[0]["spec"];
    assert_eq!(policy["policyTypes"], json!(["Ingress", "Egress"]));
    let mut rules = 0;
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        for rule in policy[direction].as_array().unwrap() {
            assert!(rule[peers].as_array().is_some_and(|peers| !peers.is_empty()), "{rule}");
            assert!(rule["ports"].as_array().is_some_and(|ports| !ports.is_empty()), "{rule}");
            rules += 1;
        }
    }
    // Two scrapers; DNS, the API server, two databases, traces.
    assert_eq!(rules, 7);
    let cilium = &of_kind(&rendered, "CiliumNetworkPolicy")[0]["spec"];
    let text = cilium["egress"].to_string();
    for wanted in [
        "kube-apiserver",
        "\"matchName\":\"mysql.example.com\"",
        "\"matchPattern\":\"*.db.example.com\"",
        "10.20.0.0/16",
        "\"3307\"",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    for direction in ["ingress", "egress"] {
        for rule in cilium[direction].as_array().unwrap() {
            assert!(rule["toPorts"].is_array() && rule.as_object().unwrap().len() == 2, "{rule}");
        }
    }
    // Without anybody who scrapes, nobody comes in.
    let rendered = helm.render("ciliumNetworkPolicy: {enabled: true}\nnetworkPolicy: {enabled: true}\nnetwork: {apiServer: {cidrs: [10.0.0.1/32]}}");
    assert_eq!(of_kind(&rendered, "CiliumNetworkPolicy")[0]["spec"]["ingress"], json!([{}]));
    assert_eq!(of_kind(&rendered, "NetworkPolicy")[0]["spec"]["ingress"], Value::Null);
}

#[test]
fn alerts_and_dashboard_come_from_their_files() {
    let Some(helm) = Helm::new("alerts_and_dashboard_come_from_their_files") else { return };
    let directory = tempfile::tempdir().unwrap();
    let chart = with_files(directory.path());
    let rendered = helm.try_render(&chart, EVERYTHING).unwrap();
    let alerts = std::fs::read_to_string(chart.join("files/alerts.yaml")).unwrap();
    assert_eq!(of_kind(&rendered, "PrometheusRule")[0]["spec"], objects(&alerts)[0]);
    let dashboard = std::fs::read_to_string(chart.join("files/dashboard.json")).unwrap();
    let map = of_kind(&rendered, "ConfigMap")[0];
    assert_eq!(map["data"]["tablewright.json"], dashboard);
    assert_eq!(map["metadata"]["labels"]["grafana_dashboard"], "1");
    // Without the files there is nothing, rather than something empty.
    std::fs::remove_dir_all(chart.join("files")).unwrap();
    let rendered = helm.try_render(&chart, EVERYTHING).unwrap();
    assert!(of_kind(&rendered, "PrometheusRule").is_empty() && of_kind(&rendered, "ConfigMap").is_empty());
}

#[test]
fn the_versions_are_the_packages() {
    for chart in ["tablewright", "tablewright-crds"] {
        let text = std::fs::read_to_string(folder("charts").join(chart).join("Chart.yaml")).unwrap();
        let chart: Value = serde_saphyr::from_str(&text).unwrap();
        assert_eq!(chart["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(chart["appVersion"], env!("CARGO_PKG_VERSION"));
    }
}
