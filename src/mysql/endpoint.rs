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

/// The account to log in as.
///
/// Where its name comes from a Secret, messages name the place alone: whoever may say which key holds it could otherwise
/// have any key of that Secret printed.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    name: String,
    place: Option<String>,
}

impl User {
    /// One whose name may be shown.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), place: None }
    }

    /// One whose name is never shown; what is said instead: "the account in key `username` of Secret n/s".
    pub fn kept_in(place: impl Into<String>, name: impl Into<String>) -> Self {
        Self { name: name.into(), place: Some(place.into()) }
    }

    /// The name, for the login and for comparisons.
    pub(super) fn expose(&self) -> &str {
        &self.name
    }

    /// What is said of one whose name is never shown.
    pub(super) fn place(&self) -> Option<&str> {
        self.place.as_deref()
    }
}

impl fmt::Debug for User {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Display for User {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.place.as_deref().unwrap_or(&self.name))
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
    pub user: User,
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

/// A URL that does not name an endpoint. What was given is never echoed: it may hold a password in the wrong place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the server URL {problem}; it should look like mysql://USER:PASSWORD@HOST:3306/SCHEMA?tls=required, with \
     characters such as @ : / ? # % in the password written as %40 %3A %2F %3F %23 %25"
)]
pub struct EndpointError {
    problem: String,
}

fn wrong(problem: impl Into<String>) -> EndpointError {
    EndpointError { problem: problem.into() }
}

impl Endpoint {
    /// Reads `mysql://user:password@host:port/schema?tls=disabled|required|verify-ca|verify-identity&tls-ca=FILE`
    /// (also `tls-cert=FILE&tls-key=FILE`). Parts are percent-decoded; the port may be left out (3306), as may the
    /// password (see [`Endpoint::with_password`]).
    pub fn from_url(url: &str) -> Result<(Self, SchemaName), EndpointError> {
        let url = url::Url::parse(url).map_err(|error| wrong(format!("cannot be read ({error})")))?;
        if !matches!(url.scheme(), "mysql" | "mariadb") {
            return Err(wrong("does not begin with mysql://"));
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| wrong("names no host"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let user = decoded(url.username(), "user name")?;
        if user.is_empty() {
            return Err(wrong("names no user"));
        }
        let password = Secret::new(decoded(url.password().unwrap_or_default(), "password")?);
        let path = url.path().trim_start_matches('/');
        if path.contains('/') {
            return Err(wrong("names more than a schema after the host"));
        }
        let schema = decoded(path, "schema name")?;
        if schema.is_empty() {
            return Err(wrong("names no schema"));
        }
        if url.fragment().is_some() {
            return Err(wrong("has a part after #"));
        }
        let endpoint = Self {
            host: decoded(host, "host name")?,
            port: url.port().unwrap_or(3306),
            user: User::named(user),
            password,
            tls: tls(&url)?,
        };
        Ok((endpoint, SchemaName::new(schema)))
    }

    /// The same with this password: for passwords that come from a file or a Secret.
    pub fn with_password(mut self, password: Secret) -> Self {
        self.password = password;
        self
    }

    /// `host:port`, with brackets around an IPv6 address.
    pub fn address(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

fn tls(url: &url::Url) -> Result<Tls, EndpointError> {
    let mut tls = Tls::default();
    let (mut mode, mut certificate, mut key) = (None, None, None);
    for (name, value) in url.query_pairs() {
        match name.as_ref() {
            "tls" => {
                mode = Some(match value.as_ref() {
                    "disabled" => TlsMode::Disabled,
                    "required" => TlsMode::Required,
                    "verify-ca" => TlsMode::VerifyCa,
                    "verify-identity" => TlsMode::VerifyIdentity,
                    _ => {
                        return Err(wrong("has a tls= that is none of disabled, required, verify-ca, verify-identity"));
                    }
                });
            }
            "tls-ca" => tls.ca = Some(Pem::File(value.as_ref().into())),
            "tls-cert" => certificate = Some(Pem::File(value.as_ref().into())),
            "tls-key" => key = Some(Pem::File(value.as_ref().into())),
            _ => return Err(wrong("has a parameter other than tls, tls-ca, tls-cert, tls-key")),
        }
    }
    tls.client = match (certificate, key) {
        (Some(certificate), Some(key)) => Some(ClientCertificate { certificate, key }),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => return Err(wrong("needs tls-cert and tls-key together")),
    };
    // Whoever names an authority wants it asked.
    tls.mode = mode.unwrap_or(if tls.ca.is_some() { TlsMode::VerifyCa } else { TlsMode::Required });
    if tls.mode == TlsMode::Disabled && (tls.ca.is_some() || tls.client.is_some()) {
        return Err(wrong("has tls=disabled together with certificates"));
    }
    Ok(tls)
}

fn decoded(text: &str, what: &str) -> Result<String, EndpointError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits: Option<(u32, u32)> = rest
            .next()
            .and_then(|digit| char::from(digit).to_digit(16))
            .zip(rest.next().and_then(|digit| char::from(digit).to_digit(16)));
        let value = digits.and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        bytes.push(value.ok_or_else(|| wrong(format!("has a % in its {what} that is not followed by two digits")))?);
    }
    String::from_utf8(bytes).map_err(|_| wrong(format!("has a {what} that is not UTF-8")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_all_parts() {
        let (endpoint, schema) = Endpoint::from_url(
            "mysql://us%40er:p%3Aw%2F%25@db.example:3307/my%20blog?tls=verify-identity&tls-ca=/ca.pem",
        )
        .unwrap();
        assert_eq!(endpoint.user.expose(), "us@er");
        assert_eq!(endpoint.password, Secret::new("p:w/%"));
        assert_eq!(endpoint.address(), "db.example:3307");
        assert_eq!(endpoint.tls.mode, TlsMode::VerifyIdentity);
        assert_eq!(endpoint.tls.ca, Some(Pem::File("/ca.pem".into())));
        assert_eq!(schema, SchemaName::new("my blog"));
    }

    #[test]
    fn requires_tls_and_takes_the_default_port_when_nothing_is_said() {
        let (endpoint, _) = Endpoint::from_url("mysql://u@[::1]/s").unwrap();
        assert_eq!((endpoint.port, endpoint.tls.mode), (3306, TlsMode::Required));
        assert_eq!(endpoint.address(), "[::1]:3306");
    }

    #[test]
    fn says_what_is_wrong_and_never_the_password() {
        for (url, said) in [
            ("http://u:hunter2@h/s", "does not begin with mysql://"),
            ("mysql://u:hunter2@h/", "no schema"),
            ("mysql://:hunter2@h/s", "no user"),
            ("mysql://u:hunter2@h/s?tls=hunter2", "tls="),
            ("mysql://u:hunter2@h/s?x=hunter2", "parameter"),
            ("mysql://u:hunter2@h:port/s", "cannot be read"),
            ("mysql://u:hunter2%zz@h/s", "password"),
            ("mysql://u:hunter2@h/s/hunter2", "more than a schema"),
            ("hunter2", "cannot be read"),
            ("mysql://u:hunter2@h/s?tls=disabled&tls-ca=hunter2", "tls=disabled"),
            ("mysql://u:hunter2@h/s?tls-cert=a", "together"),
        ] {
            let text = Endpoint::from_url(url).unwrap_err().to_string();
            assert!(text.contains(said), "{url}: {text}");
            assert!(!text.contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn the_name_of_an_account_that_a_secret_holds_is_never_shown() {
        let (mut endpoint, _) = Endpoint::from_url("mysql://u@h/s").unwrap();
        endpoint.user = User::kept_in("the account in key `username` of Secret n/s", "hunter2");
        assert!(!format!("{endpoint:?} {}", endpoint.user).contains("hunter2"));
    }

    #[test]
    fn a_secret_is_never_shown() {
        let (endpoint, _) = Endpoint::from_url("mysql://u:hunter2@h/s").unwrap();
        assert!(!format!("{endpoint:?} {}", endpoint.password).contains("hunter2"));
    }
}
