//! The controller's Deployment where there are no nodes: a process with its arguments, as the account that it names.
//!
//! The token is one that the API server issued to the account, so the process has the chart's roles and no others.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::Command,
    time::Duration,
};

use serde_json::Value;

use super::{
    binary,
    cluster::{Cluster, Controller},
};

/// A program that runs the image's program as a Pod does (scripts/run-image.sh): `make image-check` has one. Else it is the
/// program under test.
const RUN_IMAGE: &str = "TABLEWRIGHT_TEST_RUN_IMAGE";

/// The Deployment `tablewright` of this namespace.
pub fn find(cluster: &Cluster, namespace: &str) -> Option<Value> {
    cluster.get(namespace, "deployment", "tablewright")
}

/// What its Pod would run, and the kubeconfig with its account's token.
pub fn run(cluster: &Cluster, namespace: &str, deployment: &Value) -> (Controller, PathBuf) {
    let pod = &deployment["spec"]["template"]["spec"];
    let account = pod["serviceAccountName"].as_str().expect("an account");
    let kubeconfig = cluster.kubeconfig_of_account(namespace, account);
    let arguments: Vec<String> = pod["containers"][0]["args"]
        .as_array()
        .expect("arguments")
        .iter()
        // A port of its own, on loopback.
        .map(|argument| argument.as_str().expect("text").replace("0.0.0.0:8080", "127.0.0.1:0"))
        .collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let environment = [("POD_NAME", "tablewright-0"), ("POD_NAMESPACE", namespace)];
    let program = std::env::var_os(RUN_IMAGE).map_or_else(binary::command, Command::new);
    (cluster.run_program(program, namespace, &kubeconfig, &arguments, &environment), kubeconfig)
}

/// Whether the readiness probe of this Deployment succeeds on a process that listens here.
pub fn is_ready(deployment: &Value, address: &str) -> bool {
    let probe = &deployment["spec"]["template"]["spec"]["containers"][0]["readinessProbe"]["httpGet"]["path"];
    let path = probe.as_str().expect("a readiness probe");
    let Ok(mut stream) = TcpStream::connect(address) else { return false };
    stream.set_read_timeout(Some(Duration::from_secs(3))).expect("a timeout");
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let mut answer = String::new();
    stream.write_all(request.as_bytes()).is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}
