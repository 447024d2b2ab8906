//! The charts: what they render, which values they refuse, and that they work on a real API server.

mod flows;
mod lifecycle;
mod rendering;
mod values;

use std::path::{Path, PathBuf};

use crate::support::helm::folder;

/// Every optional piece that another project's kind is on this machine for.
const EVERYTHING: &str = "
serviceMonitor: {enabled: true, labels: {team: databases}}
prometheusRule: {enabled: true}
dashboard: {enabled: true}
networkPolicy: {enabled: true}
ciliumNetworkPolicy: {enabled: true}
network:
  apiServer: {cidrs: [10.0.0.1/32]}
  databases:
    - {cidrs: [10.20.0.0/16], hosts: [mysql.example.com, '*.db.example.com']}
    - {namespace: blog, podLabels: {app: mysql}, ports: [3306, 3307]}
  scrapers: [{namespace: monitoring, podLabels: {app.kubernetes.io/name: prometheus}}, {cidrs: [10.30.0.0/16]}]
  otlp: [{namespace: observability}]
httpRoute: {enabled: true, parentRefs: [{name: public, namespace: gateways}], hostnames: [tablewright.example.com]}
certificate: {enabled: true, namespace: gateways, dnsNames: [tablewright.example.com], issuerRef: {name: letsencrypt}}
tolerations: [{key: spot, operator: Exists, effect: NoSchedule}]
priorityClassName: databases
";

/// A copy of the controller's chart that surely has alerts and a dashboard.
fn with_files(into: &Path) -> PathBuf {
    let chart = into.join("tablewright");
    copy(&folder("charts/tablewright"), &chart);
    let files = chart.join("files");
    std::fs::create_dir_all(&files).unwrap();
    let alerts = "groups:\n- name: test\n  rules:\n  - alert: Test\n    expr: vector(1)\n    annotations:\n      summary: \"{{ $labels.name }} is {{ $value }}\"\n";
    for (name, text) in [("alerts.yaml", alerts), ("dashboard.json", "{\"title\": \"{{name}}\"}\n")] {
        if !files.join(name).exists() {
            std::fs::write(files.join(name), text).unwrap();
        }
    }
    chart
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}
