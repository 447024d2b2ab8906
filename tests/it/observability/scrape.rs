//! Reads `/metrics` as Prometheus does, and compares what is there with what is registered.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use tablewright::telemetry::{FamilyKind, Metrics};

/// One sample: its name, its labels and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The name, suffixes included.
    pub name: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// The value.
    pub value: f64,
}

/// All samples of one scrape.
#[derive(Clone, Debug)]
pub struct Scrape {
    /// As it was answered.
    pub text: String,
    samples: Vec<Sample>,
}

/// Asks for the metrics; `accept`: as which format.
pub fn get(address: &str, accept: &str) -> Scrape {
    let mut stream = TcpStream::connect(address).expect("the controller listens");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\nConnection: close\r\n\r\n").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    let (head, body) = answer.split_once("\r\n\r\n").expect("head and body");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    Scrape::parse(body)
}

impl Scrape {
    /// From the text format.
    pub fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        Self { text: text.to_owned(), samples: lines.map(sample).collect() }
    }

    /// Samples of this name with at least these labels.
    pub fn all(&self, name: &str, labels: &[(&str, &str)]) -> Vec<&Sample> {
        let has =
            |sample: &Sample| labels.iter().all(|(key, value)| sample.labels.get(*key).is_some_and(|is| is == value));
        self.samples.iter().filter(|sample| sample.name == name && has(sample)).collect()
    }

    /// The sum over them; `None` where there are none.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let found = self.all(name, labels);
        (!found.is_empty()).then(|| found.iter().map(|sample| sample.value).sum())
    }

    /// Names of families, without the suffixes of histograms.
    pub fn families(&self) -> BTreeSet<String> {
        let histograms: Vec<&str> = registered(FamilyKind::Histogram);
        let family = |name: &str| {
            let of =
                |histogram: &&&str| ["_bucket", "_sum", "_count"].iter().any(|end| name == format!("{histogram}{end}"));
            histograms.iter().find(of).map_or_else(|| name.to_owned(), |histogram| (*histogram).to_owned())
        };
        self.samples.iter().map(|sample| family(&sample.name)).collect()
    }

    /// Every sample's labels are those that its family was registered with.
    #[track_caller]
    pub fn assert_labels(&self) {
        let metrics = Metrics::new("test");
        for sample in &self.samples {
            let family = metrics.families().iter().find(|family| {
                sample.name == family.name
                    || family.kind == FamilyKind::Histogram
                        && ["_bucket", "_sum", "_count"]
                            .iter()
                            .any(|end| sample.name == format!("{}{end}", family.name))
            });
            let family = family.unwrap_or_else(|| panic!("{} is not registered", sample.name));
            let labels: BTreeSet<&str> =
                sample.labels.keys().map(String::as_str).filter(|label| *label != "le").collect();
            assert_eq!(labels, family.labels.iter().copied().collect::<BTreeSet<_>>(), "labels of {}", sample.name);
        }
    }
}

fn registered(kind: FamilyKind) -> Vec<&'static str> {
    Metrics::new("test").families().iter().filter(|family| family.kind == kind).map(|family| family.name).collect()
}

fn sample(line: &str) -> Sample {
    let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no sample: {line}"));
    let value = value.parse().unwrap_or_else(|_| panic!("no value: {line}"));
    let Some((name, rest)) = series.split_once('{') else {
        return Sample { name: series.to_owned(), labels: BTreeMap::new(), value };
    };
    let labels = rest.trim_end_matches('}').split("\",").filter(|label| !label.is_empty());
    let labels = labels
        .map(|label| {
            let (key, value) = label.split_once("=\"").unwrap_or_else(|| panic!("no label: {line}"));
            (key.to_owned(), value.trim_end_matches('"').to_owned())
        })
        .collect();
    Sample { name: name.to_owned(), labels, value }
}
