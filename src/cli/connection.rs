//! From URLs and password files to what `apply` connects to. No password reaches an error: URLs are never echoed.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use url::Url;

use crate::apply::{ReplicaTarget, RoleSetting, Target};
use crate::mysql::{Endpoint, Pem, Secret};
use crate::plan::proposal::DatabaseReference;

use super::failure::Failure;
use super::options::{PrimaryArgs, ReplicaArgs};

/// How far behind a replica may be before nothing is started.
const MAX_LAG: Duration = Duration::from_secs(30);

/// What the flags name, replicas included.
pub(super) fn target(primary: &PrimaryArgs, replicas: Option<&ReplicaArgs>) -> Result<Target, Failure> {
    let password = primary.password_file.as_deref().map(read_password).transpose()?;
    let (mut endpoint, schema) = Endpoint::from_url(&primary.url)
        .map_err(|error| Failure::new(error).hint("set it with --url or in TABLEWRIGHT_URL"))?;
    if let Some(password) = &password {
        endpoint = endpoint.with_password(password.clone());
    }
    readable(&endpoint)?;
    let mut targets = Vec::new();
    let mut names = BTreeSet::new();
    for url in replicas.map(|replicas| replicas.urls.as_slice()).unwrap_or_default() {
        let (mut replica, replica_schema) = Endpoint::from_url(&completed(url, &primary.url)).map_err(Failure::new)?;
        if replica_schema != schema {
            let problem = format!("the replica's URL names schema `{replica_schema}` and the primary's `{schema}`");
            return Err(Failure::usage(problem).hint("a replica has the same schema; leave it out of --replica-url"));
        }
        if replica.password == Secret::default() {
            replica = replica.with_password(endpoint.password.clone());
        }
        let name = replica.address();
        if !names.insert(name.clone()) {
            return Err(Failure::usage(format!("replica {name} is named twice")));
        }
        if name == endpoint.address() {
            return Err(Failure::usage(format!("{name} is named as the primary and as a replica")));
        }
        readable(&replica)?;
        targets.push(ReplicaTarget { name, endpoint: replica, required: true, max_lag: MAX_LAG });
    }
    let database = DatabaseReference { name: schema.to_string(), namespace: None };
    let role = RoleSetting::Auto;
    Ok(Target { primary: endpoint, role, schema, create_schema: None, replicas: targets, database })
}

/// A replica's URL with the primary's user and schema where it has none. What is not a URL stays as it is, for the
/// parser to refuse.
fn completed(replica: &str, primary: &str) -> String {
    let (Ok(mut url), Ok(primary)) = (Url::parse(replica), Url::parse(primary)) else { return replica.to_owned() };
    if url.username().is_empty() && url.set_username(primary.username()).is_err() {
        return replica.to_owned();
    }
    if url.path().trim_matches('/').is_empty() {
        url.set_path(primary.path());
    }
    if url.query().is_none() {
        url.set_query(primary.query());
    }
    url.into()
}

/// Certificates that cannot be read are said to be so before anything is dialled.
fn readable(endpoint: &Endpoint) -> Result<(), Failure> {
    let client = endpoint.tls.client.iter().flat_map(|client| [&client.certificate, &client.key]);
    for pem in endpoint.tls.ca.iter().chain(client) {
        if let Pem::File(path) = pem {
            std::fs::File::open(path).map_err(|source| FileError {
                what: "TLS file",
                path: path.display().to_string(),
                source,
            })?;
        }
    }
    Ok(())
}

fn read_password(path: &Path) -> Result<Secret, Failure> {
    let text = std::fs::read_to_string(path).map_err(|source| FileError {
        what: "password file",
        path: path.display().to_string(),
        source,
    })?;
    Ok(Secret::new(text.trim_end_matches(['\r', '\n'])))
}

/// A file that the connection needs cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the {what} {path}")]
struct FileError {
    what: &'static str,
    path: String,
    #[source]
    source: std::io::Error,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replica_takes_what_it_leaves_out_from_the_primary() {
        let primary = "mysql://app:secret@db1:3306/blog?tls=verify-ca&tls-ca=/ca.pem";
        assert_eq!(completed("mysql://db2:3307", primary), "mysql://app@db2:3307/blog?tls=verify-ca&tls-ca=/ca.pem");
        let whole = "mysql://ro:x@db2/blog?tls=disabled";
        assert_eq!(completed(whole, primary), whole);
        assert_eq!(completed("nonsense", primary), "nonsense");
    }
}
