//! Step 1, client required: reads the Secrets that a Database names and makes the [`Target`] of them.
//!
//! Passwords and user names live in the target only; they are compared, never shown: whoever writes a Database chooses
//! the keys, and could have any of them printed.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client, ResourceExt};

use crate::api::{CredentialsReference, Database, PrimaryRole, Reason, Tls, TlsMode};
use crate::apply::{ReplicaTarget, RoleSetting, Target};
use crate::model::{SchemaDefaults, SchemaName};
use crate::mysql::{self, Endpoint, Pem};
use crate::plan::proposal::DatabaseReference;

/// Why the servers of a Database cannot be spoken to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DereferenceError {
    /// The Secret does not exist.
    #[error("Secret {namespace}/{name} does not exist; create it with the keys that the Database names")]
    NotFound { namespace: String, name: String },
    /// The controller may not read the Secret.
    #[error(
        "the controller may not read Secret {namespace}/{name}; name it in the chart's value secretAccess, or bind it a \
         Role in {namespace} with apiGroups [\"\"], resources [secrets], resourceNames [{name}], verbs [get, watch]"
    )]
    Forbidden { namespace: String, name: String },
    /// The Secret has no such key.
    #[error("Secret {namespace}/{name} has no key {key}")]
    KeyMissing { namespace: String, name: String, key: String },
    /// The value of a key is not text.
    #[error("key {key} of Secret {namespace}/{name} is not UTF-8 text")]
    NotText { namespace: String, name: String, key: String },
    /// The spec contradicts itself.
    #[error("{what}")]
    InvalidSpec { what: String },
    /// The API server cannot be asked.
    #[error("Secret {namespace}/{name} cannot be read")]
    Api {
        namespace: String,
        name: String,
        #[source]
        source: kube::Error,
    },
}

impl DereferenceError {
    pub(crate) fn reason(&self) -> Reason {
        match self {
            Self::NotFound { .. } | Self::KeyMissing { .. } | Self::NotText { .. } => Reason::SecretNotFound,
            Self::Forbidden { .. } => Reason::SecretForbidden,
            Self::InvalidSpec { .. } => Reason::InvalidSpec,
            Self::Api { .. } => Reason::Retrying,
        }
    }
}

/// Reads the Secrets and makes the target.
pub(crate) async fn dereference(client: &Client, database: &Database) -> Result<Target, DereferenceError> {
    let namespace = database.namespace().unwrap_or_default();
    let mut secrets = Secrets { api: Api::namespaced(client.clone(), &namespace), namespace, read: BTreeMap::new() };
    let spec = &database.spec;
    let primary =
        secrets.endpoint(&spec.primary.host, spec.primary.port, &spec.primary.credentials, &spec.primary.tls).await?;
    let mut replicas = Vec::new();
    for replica in &spec.replicas {
        let credentials = replica.credentials.as_ref().unwrap_or(&spec.primary.credentials);
        let tls = replica.tls.as_ref().unwrap_or(&spec.primary.tls);
        replicas.push(ReplicaTarget {
            name: replica.name.clone(),
            endpoint: secrets.endpoint(&replica.host, replica.port, credentials, tls).await?,
            required: replica.required,
            max_lag: positive(replica.max_lag),
        });
    }
    Ok(Target {
        primary,
        role: match spec.primary.role {
            PrimaryRole::Auto => RoleSetting::Auto,
            PrimaryRole::Primary => RoleSetting::Primary,
            PrimaryRole::Standby => RoleSetting::Standby,
        },
        schema: SchemaName::new(spec.schema.clone().unwrap_or_else(|| database.name_any())),
        create_schema: schema_defaults(database)?,
        replicas,
        database: DatabaseReference { name: database.name_any(), namespace: database.namespace() },
    })
}

/// A duration of the API, which may be negative there, as one that has passed.
pub(crate) fn positive(duration: kube::core::Duration) -> std::time::Duration {
    if duration.is_negative() { std::time::Duration::ZERO } else { duration.into() }
}

fn schema_defaults(database: &Database) -> Result<Option<SchemaDefaults>, DereferenceError> {
    let spec = &database.spec;
    if !spec.create_if_missing {
        return Ok(None);
    }
    // A collation's name begins with its character set's; MySQL's own default is utf8mb4.
    let character_set = match (&spec.character_set, &spec.collation) {
        (Some(character_set), _) => character_set.clone(),
        (None, Some(collation)) => collation.split('_').next().unwrap_or("utf8mb4").to_owned(),
        (None, None) => "utf8mb4".to_owned(),
    };
    let collation = match &spec.collation {
        Some(collation) => collation.clone(),
        None if character_set == "utf8mb4" => "utf8mb4_0900_ai_ci".to_owned(),
        None if character_set == "binary" => "binary".to_owned(),
        None => {
            let what = format!("spec.characterSet is {character_set}: say spec.collation too");
            return Err(DereferenceError::InvalidSpec { what });
        }
    };
    Ok(Some(SchemaDefaults { character_set, collation }))
}

/// The Secrets of one namespace, each read once.
struct Secrets {
    api: Api<Secret>,
    namespace: String,
    read: BTreeMap<String, BTreeMap<String, ByteString>>,
}

impl Secrets {
    async fn endpoint(
        &mut self,
        host: &str,
        port: u16,
        credentials: &CredentialsReference,
        tls: &Tls,
    ) -> Result<Endpoint, DereferenceError> {
        let user = self.text(&credentials.secret_name, &credentials.username_key).await?;
        let password = self.text(&credentials.secret_name, &credentials.password_key).await?;
        Ok(Endpoint {
            host: host.to_owned(),
            port,
            user: mysql::User::kept_in(self.place(credentials), user),
            password: mysql::Secret::new(password),
            tls: self.tls(tls).await?,
        })
    }

    /// What is said of an account whose name is in a Secret.
    fn place(&self, credentials: &CredentialsReference) -> String {
        let CredentialsReference { secret_name, username_key, password_key: _ } = credentials;
        format!("the account in key `{username_key}` of Secret {}/{secret_name}", self.namespace)
    }

    async fn tls(&mut self, tls: &Tls) -> Result<mysql::Tls, DereferenceError> {
        let mode = match tls.meant() {
            TlsMode::Disabled => mysql::TlsMode::Disabled,
            TlsMode::Required => mysql::TlsMode::Required,
            TlsMode::VerifyCa => mysql::TlsMode::VerifyCa,
            TlsMode::VerifyIdentity => mysql::TlsMode::VerifyIdentity,
        };
        let ca = match &tls.ca_secret_name {
            Some(name) => Some(Pem::Bytes(self.bytes(name, "ca.crt").await?)),
            None => None,
        };
        let client = match &tls.client_certificate_secret_name {
            Some(name) => Some(mysql::ClientCertificate {
                certificate: Pem::Bytes(self.bytes(name, "tls.crt").await?),
                key: Pem::Bytes(self.bytes(name, "tls.key").await?),
            }),
            None => None,
        };
        Ok(mysql::Tls { mode, ca, client })
    }

    async fn text(&mut self, name: &str, key: &str) -> Result<String, DereferenceError> {
        let bytes = self.bytes(name, key).await?;
        let text = String::from_utf8(bytes).map_err(|_| DereferenceError::NotText {
            namespace: self.namespace.clone(),
            name: name.to_owned(),
            key: key.to_owned(),
        })?;
        // `kubectl create secret --from-file` keeps the file's last newline, which is never part of a password.
        Ok(text.trim_end_matches(['\n', '\r']).to_owned())
    }

    async fn bytes(&mut self, name: &str, key: &str) -> Result<Vec<u8>, DereferenceError> {
        if !self.read.contains_key(name) {
            let data = self.get(name).await?;
            self.read.insert(name.to_owned(), data);
        }
        let value = self.read.get(name).and_then(|data| data.get(key)).map(|value| value.0.clone());
        value.ok_or_else(|| DereferenceError::KeyMissing {
            namespace: self.namespace.clone(),
            name: name.to_owned(),
            key: key.to_owned(),
        })
    }

    async fn get(&self, name: &str) -> Result<BTreeMap<String, ByteString>, DereferenceError> {
        let (namespace, name) = (self.namespace.clone(), name.to_owned());
        match self.api.get(&name).await {
            Ok(secret) => Ok(secret.data.unwrap_or_default()),
            Err(kube::Error::Api(status)) if status.is_not_found() => {
                Err(DereferenceError::NotFound { namespace, name })
            }
            Err(kube::Error::Api(status)) if status.is_forbidden() => {
                Err(DereferenceError::Forbidden { namespace, name })
            }
            Err(source) => Err(DereferenceError::Api { namespace, name, source }),
        }
    }
}
