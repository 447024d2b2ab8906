//! A real OpenTelemetry collector: takes OTLP over HTTP, and over HTTPS from whoever has a certificate of the right
//! authority, and writes what it gets to a file, one batch a line.

use std::{
    collections::BTreeMap,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::Value;

use super::{
    certificates::{Authority, Certificate},
    pair::eventually,
};

/// A running collector; ended when it goes out of scope.
#[derive(Debug)]
pub struct Collector {
    child: Child,
    port: u16,
    tls_port: u16,
    authority: Authority,
    client: Certificate,
    file: PathBuf,
}

/// One span as it was received.
#[derive(Clone, Debug)]
pub struct Span {
    /// Its trace.
    pub trace: String,
    /// Itself.
    pub id: String,
    /// Whose child it is; empty: a root.
    pub parent: String,
    /// Its name.
    pub name: String,
    /// Its attributes, as text.
    pub attributes: BTreeMap<String, String>,
}

/// A collector, or `None` (said by name) where there is none.
pub fn start(test: &str, directory: &Path) -> Option<Collector> {
    let Some(program) = std::env::var_os("TABLEWRIGHT_OTEL_COLLECTOR") else {
        assert!(std::env::var_os("CI").is_none(), "in CI there is an OpenTelemetry collector");
        eprintln!("SKIPPED {test}: no OpenTelemetry collector; `make test` brings it");
        return None;
    };
    // Both at once, so that they differ.
    let [plain, tls] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port"));
    let [port, tls_port] = [&plain, &tls].map(|free| free.local_addr().expect("a port").port());
    drop((plain, tls));
    let authority = Authority::new(directory, "collectors");
    let (server, client) = (authority.issue("collector"), authority.issue("client"));
    let (config, file) = (directory.join("collector.yaml"), directory.join("traces.json"));
    let text = format!(
        "receivers:\n  otlp: {{protocols: {{http: {{endpoint: \"127.0.0.1:{port}\"}}}}}}\n  \
         otlp/tls: {{protocols: {{http: {{endpoint: \"127.0.0.1:{tls_port}\", tls: {{cert_file: \"{}\", key_file: \"{}\", client_ca_file: \"{}\"}}}}}}}}\n\
         exporters: {{file: {{path: \"{}\", flush_interval: 100ms}}}}\n\
         service:\n  telemetry: {{metrics: {{level: none}}, logs: {{level: warn}}}}\n  \
         pipelines: {{traces: {{receivers: [otlp, otlp/tls], exporters: [file]}}}}\n",
        server.certificate.display(),
        server.key.display(),
        authority.certificate().display(),
        file.display()
    );
    std::fs::write(&config, text).expect("writable");
    let log = std::fs::File::create(directory.join("collector.log")).expect("writable");
    let child = Command::new(program)
        .arg(format!("--config=file:{}", config.display()))
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a log file"))
        .stderr(log)
        .spawn()
        .expect("the collector starts");
    let collector = Collector { child, port, tls_port, authority, client, file };
    eventually("the collector listens", Duration::from_secs(20), || {
        [port, tls_port].iter().all(|port| std::net::TcpStream::connect(("127.0.0.1", *port)).is_ok())
    });
    Some(collector)
}

impl Collector {
    /// What `OTEL_EXPORTER_OTLP_ENDPOINT` is to say.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The same over TLS, where it wants to see [`Collector::client`].
    pub fn tls_endpoint(&self) -> String {
        format!("https://127.0.0.1:{}", self.tls_port)
    }

    /// The authority of its certificate and of those that it takes from clients.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// A certificate of a client that it takes.
    pub fn client(&self) -> &Certificate {
        &self.client
    }

    /// All that it has received, as it was written.
    pub fn text(&self) -> String {
        std::fs::read_to_string(&self.file).unwrap_or_default()
    }

    /// All spans that it has received.
    pub fn spans(&self) -> Vec<Span> {
        let text = self.text();
        // A line that is being written is read the next time.
        let batches = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let list = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
        batches
            .flat_map(|batch| list(&batch, "resourceSpans"))
            .flat_map(|resource| list(&resource, "scopeSpans"))
            .flat_map(|scope| list(&scope, "spans"))
            .map(|span| {
                let of = |key: &str| span[key].as_str().unwrap_or_default().to_owned();
                let attributes = list(&span, "attributes").iter().map(attribute).collect();
                Span {
                    trace: of("traceId"),
                    id: of("spanId"),
                    parent: of("parentSpanId"),
                    name: of("name"),
                    attributes,
                }
            })
            .collect()
    }
}

fn attribute(attribute: &Value) -> (String, String) {
    let value = &attribute["value"];
    let text = value["stringValue"].as_str().map(str::to_owned);
    let text = text.or_else(|| value["intValue"].as_str().map(str::to_owned));
    let text = text.unwrap_or_else(|| value.to_string());
    (attribute["key"].as_str().unwrap_or_default().to_owned(), text)
}

impl Drop for Collector {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
