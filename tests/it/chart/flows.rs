//! Who may talk to whom, by the network policies that the chart renders: each is evaluated for a list of flows, as the
//! documentation of its kind says. What the evaluation does not know it does not pass over.

use std::{collections::BTreeMap, net::Ipv4Addr};

use serde_json::Value;

use super::EVERYTHING;
use crate::support::helm::Helm;

/// The other end of a connection.
#[derive(Clone, Debug)]
enum Peer {
    /// A Pod in this namespace with these labels.
    Pod(&'static str, &'static [(&'static str, &'static str)]),
    /// An address outside of the cluster, or one that nobody knows by another name.
    Address(&'static str),
    /// A host outside of the cluster, by a name whose address a DNS answer told.
    Host(&'static str),
    /// The API server: to a NetworkPolicy its address, to Cilium a name of its own.
    ApiServer,
}

/// Where the API server is; `EVERYTHING` says so.
const API_SERVER: &str = "10.0.0.1";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Ingress,
    Egress,
}

use Direction::{Egress, Ingress};
use Peer::{Address, ApiServer, Host, Pod};

const DNS: Peer = Pod("kube-system", &[("k8s-app", "kube-dns")]);
const PROMETHEUS: Peer = Pod("monitoring", &[("app.kubernetes.io/name", "prometheus"), ("team", "sre")]);
const MYSQL: Peer = Pod("blog", &[("app", "mysql")]);
const COLLECTOR: Peer = Pod("observability", &[("app", "otel")]);

/// Flows under `EVERYTHING`, and whether they are to pass.
const FLOWS: &[(Direction, Peer, u16, &str, bool)] = &[
    (Egress, DNS, 53, "UDP", true),
    (Egress, DNS, 53, "TCP", true),
    (Egress, ApiServer, 443, "TCP", true),
    (Egress, ApiServer, 6443, "TCP", true),
    (Egress, Address("10.20.4.5"), 3306, "TCP", true),
    (Egress, MYSQL, 3306, "TCP", true),
    (Egress, MYSQL, 3307, "TCP", true),
    (Egress, COLLECTOR, 4318, "TCP", true),
    (Ingress, PROMETHEUS, 8080, "TCP", true),
    (Ingress, Address("10.30.1.2"), 8080, "TCP", true),
    // Another port, another protocol.
    (Egress, DNS, 5353, "UDP", false),
    (Egress, DNS, 443, "TCP", false),
    (Egress, ApiServer, 22, "TCP", false),
    (Egress, Address("10.20.4.5"), 22, "TCP", false),
    (Egress, Address("10.20.4.5"), 3307, "TCP", false),
    (Egress, Address("10.20.4.5"), 3306, "UDP", false),
    (Egress, MYSQL, 33060, "TCP", false),
    (Egress, COLLECTOR, 4317, "TCP", false),
    (Ingress, PROMETHEUS, 9090, "TCP", false),
    // Somebody else.
    (Egress, Pod("kube-system", &[("k8s-app", "other")]), 53, "UDP", false),
    (Egress, Pod("elsewhere", &[("k8s-app", "kube-dns")]), 53, "UDP", false),
    (Egress, Pod("blog", &[("app", "web")]), 3306, "TCP", false),
    (Egress, Pod("elsewhere", &[("app", "mysql")]), 3306, "TCP", false),
    (Egress, Address("10.21.0.1"), 3306, "TCP", false),
    (Egress, Address("1.2.3.4"), 443, "TCP", false),
    (Egress, Address("169.254.169.254"), 80, "TCP", false),
    (Egress, Host("evil.example.com"), 443, "TCP", false),
    (Ingress, Pod("monitoring", &[("app.kubernetes.io/name", "grafana")]), 8080, "TCP", false),
    (Ingress, Pod("blog", &[("app.kubernetes.io/name", "prometheus")]), 8080, "TCP", false),
    (Ingress, Address("10.31.0.1"), 8080, "TCP", false),
    (Ingress, Address("1.2.3.4"), 8080, "TCP", false),
];

/// Those that Cilium alone can tell apart: databases by their names.
const BY_NAME: &[(Direction, Peer, u16, &str, bool)] = &[
    (Egress, Host("mysql.example.com"), 3306, "TCP", true),
    (Egress, Host("a.db.example.com"), 3306, "TCP", true),
    (Egress, Host("mysql.example.com"), 443, "TCP", false),
    (Egress, Host("other.example.com"), 3306, "TCP", false),
    (Egress, Host("db.example.com"), 3306, "TCP", false),
];

/// The rendered objects, and the Pod that the Deployment makes: its labels and its ports by name.
struct Rendered {
    objects: Vec<Value>,
    labels: BTreeMap<String, String>,
    ports: BTreeMap<String, u16>,
}

impl Rendered {
    fn new(helm: &Helm) -> Self {
        let objects = helm.render(EVERYTHING);
        let template = &objects.iter().find(|object| object["kind"] == "Deployment").unwrap()["spec"]["template"];
        let labels = strings(&template["metadata"]["labels"]);
        let ports = list(&template["spec"]["containers"][0]["ports"])
            .map(|port| (text(&port["name"]).to_owned(), number(&port["containerPort"])))
            .collect();
        Self { labels, ports, objects }
    }

    fn policy(&self, kind: &str) -> &Value {
        &self.objects.iter().find(|object| object["kind"] == kind).unwrap()["spec"]
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

fn number(value: &Value) -> u16 {
    value.as_u64().and_then(|number| u16::try_from(number).ok()).unwrap_or_else(|| panic!("no port: {value}"))
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().unwrap_or_else(|| panic!("no list: {value}")).iter()
}

fn strings(value: &Value) -> BTreeMap<String, String> {
    let map = value.as_object().unwrap_or_else(|| panic!("no map: {value}"));
    map.iter().map(|(key, value)| (key.clone(), text(value).to_owned())).collect()
}

/// The fields of an object, which has no others than these; each may be missing.
#[track_caller]
fn fields<'v, const N: usize>(value: &'v Value, names: [&str; N]) -> [Option<&'v Value>; N] {
    let map = value.as_object().unwrap_or_else(|| panic!("no object: {value}"));
    let unknown = map.keys().find(|key| !names.contains(&key.as_str()));
    assert_eq!(unknown, None, "the evaluation does not know this of {value}");
    names.map(|name| map.get(name))
}

/// A label selector with `matchLabels` alone; an empty one takes everybody.
fn selects(selector: &Value, labels: &BTreeMap<String, String>) -> bool {
    let [wanted] = fields(selector, ["matchLabels"]);
    wanted.is_none_or(|wanted| strings(wanted).iter().all(|(key, value)| labels.get(key) == Some(value)))
}

fn within(address: &str, block: &str) -> bool {
    let (network, length) = block.split_once('/').expect("a block");
    let bits = |text: &str| u32::from(text.parse::<Ipv4Addr>().expect("an address"));
    let length: u32 = length.parse().expect("a length");
    let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
    bits(address) & mask == bits(network) & mask
}

// ---------------------------------------------------------------- networking.k8s.io

/// As "Network Policies" of the Kubernetes documentation says: the Pod is isolated in the directions that are named, and
/// what one rule lets through passes.
fn passes(rendered: &Rendered, direction: Direction, peer: &Peer, port: u16, protocol: &str) -> bool {
    let policy = rendered.policy("NetworkPolicy");
    let [selector, types, ingress, egress] = fields(policy, ["podSelector", "policyTypes", "ingress", "egress"]);
    assert!(selects(selector.expect("required"), &rendered.labels), "the policy is not about the controller's Pods");
    let (name, rules, peers) = match direction {
        Ingress => ("Ingress", ingress, "from"),
        Egress => ("Egress", egress, "to"),
    };
    if !list(types.expect("said")).any(|isolated| isolated == name) {
        return true;
    }
    rules.is_some_and(|rules| {
        list(rules).any(|rule| {
            let [allowed, ports] = fields(rule, [peers, "ports"]);
            // Without peers, or with none of them, everybody.
            let everybody = allowed.is_none_or(|allowed| allowed.as_array().is_none_or(Vec::is_empty));
            let by_peer = everybody || list(allowed.unwrap()).any(|allowed| is_peer(allowed, peer));
            let any_port = ports.is_none_or(|ports| ports.as_array().is_none_or(Vec::is_empty));
            by_peer && (any_port || list(ports.unwrap()).any(|allowed| is_port(rendered, allowed, port, protocol)))
        })
    })
}

fn is_port(rendered: &Rendered, allowed: &Value, port: u16, protocol: &str) -> bool {
    let [wanted, of] = fields(allowed, ["port", "protocol"]);
    // By name: a port of the Pod, which is the controller's for what comes in.
    let by_name = |name: &str| *rendered.ports.get(name).unwrap_or_else(|| panic!("the Pod has no port {name}"));
    let wanted = wanted.map(|wanted| wanted.as_str().map_or_else(|| number(wanted), by_name));
    of.map_or("TCP", text) == protocol && wanted.is_none_or(|wanted| wanted == port)
}

fn is_peer(allowed: &Value, peer: &Peer) -> bool {
    let [block, namespace, pods] = fields(allowed, ["ipBlock", "namespaceSelector", "podSelector"]);
    match peer {
        Pod(in_namespace, labels) => {
            // Blocks are for what is outside of the cluster.
            let Some(namespace) = namespace else { return false };
            let of_namespace = BTreeMap::from([("kubernetes.io/metadata.name".to_owned(), (*in_namespace).to_owned())]);
            selects(namespace, &of_namespace) && pods.is_none_or(|pods| selects(pods, &owned(labels)))
        }
        Address(address) => block.is_some_and(|block| {
            let [cidr] = fields(block, ["cidr"]);
            within(address, text(cidr.expect("required")))
        }),
        ApiServer => is_peer(allowed, &Address(API_SERVER)),
        // An address like any other.
        Host(_) => is_peer(allowed, &Address("203.0.113.7")),
    }
}

fn owned(labels: &[(&str, &str)]) -> BTreeMap<String, String> {
    labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

// ---------------------------------------------------------------- cilium.io

/// As Cilium's documentation of "Layer 3" and "Layer 4" says: a section that is there isolates its direction, an empty rule
/// lets nobody through, and an address range is no Pod and not the API server.
fn passes_cilium(rendered: &Rendered, direction: Direction, peer: &Peer, port: u16, protocol: &str) -> bool {
    let policy = rendered.policy("CiliumNetworkPolicy");
    let [selector, ingress, egress] = fields(policy, ["endpointSelector", "ingress", "egress"]);
    assert!(selects(selector.expect("required"), &rendered.labels), "the policy is not about the controller's Pods");
    let section = match direction {
        Ingress => ingress,
        Egress => egress,
    };
    section.is_none_or(|rules| {
        list(rules).any(|rule| {
            let (by_peer, ports) = match direction {
                Ingress => {
                    let [endpoints, blocks, ports] = fields(rule, ["fromEndpoints", "fromCIDR", "toPorts"]);
                    (is_cilium_peer(peer, endpoints, blocks, None, None), ports)
                }
                Egress => {
                    let [endpoints, blocks, entities, names, ports] =
                        fields(rule, ["toEndpoints", "toCIDR", "toEntities", "toFQDNs", "toPorts"]);
                    (is_cilium_peer(peer, endpoints, blocks, entities, names), ports)
                }
            };
            by_peer && ports.is_some_and(|ports| list(ports).any(|ports| is_cilium_port(ports, port, protocol)))
        })
    })
}

fn is_cilium_port(ports: &Value, port: u16, protocol: &str) -> bool {
    let [ports, rules] = fields(ports, ["ports", "rules"]);
    if let Some(rules) = rules {
        // Names that may be asked for: all of them.
        assert_eq!(*rules, serde_json::json!({"dns": [{"matchPattern": "*"}]}));
    }
    list(ports.expect("required")).any(|allowed| {
        let [wanted, of] = fields(allowed, ["port", "protocol"]);
        text(wanted.expect("said")) == port.to_string() && text(of.expect("said")) == protocol
    })
}

fn is_cilium_peer(
    peer: &Peer,
    endpoints: Option<&Value>,
    blocks: Option<&Value>,
    entities: Option<&Value>,
    names: Option<&Value>,
) -> bool {
    match peer {
        Pod(namespace, labels) => endpoints.is_some_and(|endpoints| {
            let mut of_cilium: BTreeMap<String, String> =
                labels.iter().map(|(key, value)| (format!("k8s:{key}"), (*value).to_owned())).collect();
            of_cilium.insert("k8s:io.kubernetes.pod.namespace".to_owned(), (*namespace).to_owned());
            list(endpoints).any(|selector| selects(selector, &of_cilium))
        }),
        Address(address) => blocks.is_some_and(|blocks| list(blocks).any(|block| within(address, text(block)))),
        ApiServer => entities.is_some_and(|entities| list(entities).any(|entity| entity == "kube-apiserver")),
        Host(host) => names.is_some_and(|names| {
            list(names).any(|name| {
                let [exact, pattern] = fields(name, ["matchName", "matchPattern"]);
                exact.is_some_and(|exact| text(exact) == *host)
                    || pattern.is_some_and(|pattern| is_like(host, text(pattern)))
            })
        }),
    }
}

/// `*` stands for any characters of one label.
fn is_like(host: &str, pattern: &str) -> bool {
    let (hosts, patterns): (Vec<&str>, Vec<&str>) = (host.split('.').collect(), pattern.split('.').collect());
    hosts.len() == patterns.len()
        && hosts.iter().zip(&patterns).all(|(label, pattern)| *pattern == "*" || label == pattern)
}

#[test]
fn what_the_network_policies_let_through() {
    let Some(helm) = Helm::new("what_the_network_policies_let_through") else { return };
    let rendered = Rendered::new(&helm);
    let mut wrong = Vec::new();
    let both = FLOWS.iter().map(|flow| (flow, true)).chain(BY_NAME.iter().map(|flow| (flow, false)));
    for (flow, by_both) in both {
        let (direction, peer, port, protocol, expected) = flow;
        if by_both && passes(&rendered, *direction, peer, *port, protocol) != *expected {
            wrong.push(format!("NetworkPolicy: {flow:?}"));
        }
        if passes_cilium(&rendered, *direction, peer, *port, protocol) != *expected {
            wrong.push(format!("CiliumNetworkPolicy: {flow:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The evaluation itself: where everything passes, it says so.
#[test]
fn an_open_policy_is_seen_as_open() {
    let open = serde_json::json!([
        {"kind": "NetworkPolicy", "spec": {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": null}]}}
    ]);
    let rendered = Rendered {
        objects: open.as_array().unwrap().clone(),
        labels: BTreeMap::new(),
        ports: BTreeMap::from([("http".to_owned(), 8080)]),
    };
    for (direction, peer, port, protocol, _) in FLOWS {
        assert!(passes(&rendered, *direction, peer, *port, protocol), "{peer:?}");
    }
}
