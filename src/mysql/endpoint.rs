//! Where a server is and how to log in: no I/O.

use std::fmt;
use std::path::PathBuf;

use crate::model::SchemaName;

/// A text that is never shown: Debug and Display print `***`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for the login alone.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// A server and how to log in to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Account.
    pub user: String,
    /// Its password; empty for none.
    pub password: Secret,
    /// Encryption.
    pub tls: Tls,
}

/// How the connection is encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// How strictly.
    pub mode: TlsMode,
    /// The certificate authority that signs the server's certificate.
    pub ca: Option<Pem>,
    /// The client's certificate, where the account asks for one.
    pub client: Option<ClientCertificate>,
}

/// A certificate with its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate.
    pub certificate: Pem,
    /// Its private key.
    pub key: Pem,
}

/// PEM text, or a file that holds it. Debug shows the path but never the text.
#[derive(Clone, PartialEq, Eq)]
pub enum Pem {
    /// A file.
    File(PathBuf),
    /// The text.
    Bytes(Vec<u8>),
}

impl fmt::Debug for Pem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(formatter, "File({})", path.display()),
            Self::Bytes(bytes) => write!(formatter, "Bytes({} bytes)", bytes.len()),
        }
    }
}

/// How strictly a connection is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TlsMode {
    /// Not at all.
    Disabled,
    /// Encrypted, whoever the server is.
    #[default]
    Required,
    /// Encrypted, and the certificate is signed by the given authority.
    VerifyCa,
    /// As VerifyCa, and the certificate names the host.
    VerifyIdentity,
}

impl Default for Tls {
    fn default() -> Self {
        Self { mode: TlsMode::Required, ca: None, client: None }
    }
}

/// A URL that does not name an endpoint; never echoes what was given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server URL {problem}; it looks like mysql://USER:PASSWORD@HOST:3306/SCHEMA?tls=required")]
pub struct EndpointError {
    problem: String,
}

impl Endpoint {
    /// Reads `mysql://user:password@host:port/schema?tls=disabled|required|verify-ca|verify-identity&tls-ca=FILE`
    /// (also `tls-cert=FILE&tls-key=FILE`). Parts are percent-decoded; the port may be left out (3306), as may the
    /// password (see [`Endpoint::with_password`]).
    pub fn from_url(_url: &str) -> Result<(Self, SchemaName), EndpointError> {
        todo!()
    }

    /// The same with this password: for passwords that come from a file or a Secret.
    pub fn with_password(mut self, password: Secret) -> Self {
        self.password = password;
        self
    }

    /// `host:port`, with brackets around an IPv6 address.
    pub fn address(&self) -> String {
        todo!()
    }
}
