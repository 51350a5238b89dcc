//! Passwords: argon2id, with imported bcrypt hashes verified and marked for replacement.

use std::sync::LazyLock;

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use runtime::Error;
use tokio::sync::Semaphore;

/// Memory in KiB, passes and lanes, after OWASP's recommendation for argon2id (19 MiB, 2, 1).
const PARAMS: (u32, u32, u32) = (19 * 1024, 2, 1);

/// Hashing takes a core and 19 MiB; more at a time would only slow each other and everything else down.
static PLACES: Semaphore = Semaphore::const_new(4);

/// A password as somebody typed it. Shows nothing of itself in logs.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// What was typed, for checking it against a stored hash.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

/// Why a text may not be a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordError {
    /// Fewer than ten characters.
    Short,
    /// More than 1000 bytes.
    Long,
    /// One that everybody tries first.
    Common,
}

impl std::fmt::Display for PasswordError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Short => "must have at least 10 characters",
            Self::Long => "must have at most 1000 bytes",
            Self::Common => "is one of the first that anybody would try",
        })
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Password(hidden)")
    }
}

impl std::str::FromStr for Password {
    type Err = PasswordError;
    fn from_str(text: &str) -> Result<Self, PasswordError> {
        let plain = text.to_lowercase();
        let one_letter = text.chars().all(|letter| text.starts_with(letter));
        if text.len() > 1000 {
            Err(PasswordError::Long)
        } else if text.chars().count() < 10 {
            Err(PasswordError::Short)
        } else if one_letter
            || ["1234567890", "password", "qwertyuiop"]
                .iter()
                .any(|common| plain == *common || plain == format!("{common}123"))
        {
            Err(PasswordError::Common)
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}
impl<'de> serde::Deserialize<'de> for Password {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        kernel::text::deserialize_from_str(input)
    }
}
impl utoipa::PartialSchema for Password {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
        let format = SchemaFormat::KnownFormat(KnownFormat::Password);
        Schema::Object(
            ObjectBuilder::new()
                .schema_type(Type::String)
                .format(Some(format))
                .min_length(Some(10))
                .max_length(Some(1000))
                .build(),
        )
        .into()
    }
}
impl utoipa::ToSchema for Password {}

/// A stored hash.
#[derive(Debug, Clone)]
pub struct Hashed(pub String);

/// What a check of a password found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is the password.
    Right,
    /// It is the password, and the hash should be replaced by a better one.
    RightButOld,
    /// It is not.
    Wrong,
}

fn argon() -> Argon2<'static> {
    let (memory, passes, lanes) = PARAMS;
    Params::new(memory, passes, lanes, None)
        .map_or_else(|_| Argon2::default(), |params| Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

async fn on_a_core<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    let _place = PLACES.acquire().await.map_err(Error::unavailable)?;
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::internal(error.to_string()))
}

/// Hashes a new password.
///
/// # Errors
/// A fault when hashing fails.
pub async fn hash(password: Password) -> Result<Hashed, Error> {
    let hashed = on_a_core(move || argon().hash_password(password.0.as_bytes()).map(|hash| hash.to_string())).await?;
    hashed.map(Hashed).map_err(|error| Error::internal(error.to_string()))
}

/// Hashes a password that was just found to be right, to replace an older hash; it need not meet today's rules.
///
/// # Errors
/// A fault when hashing fails.
pub async fn hash_again(presented: String) -> Result<Hashed, Error> {
    hash(Password(presented)).await
}

/// A hash of nobody's password, so that an unknown address takes as long as a wrong password.
static NOBODY: LazyLock<String> =
    LazyLock::new(|| argon().hash_password(b"nobody's password").map(|hash| hash.to_string()).unwrap_or_default());

/// Checks a presented password; without a stored hash it takes as long and is wrong.
///
/// # Errors
/// A fault when the check could not be made.
pub async fn verify(presented: String, stored: Option<Hashed>) -> Result<Verdict, Error> {
    on_a_core(move || match stored {
        Some(Hashed(hash)) if hash.starts_with("$2") => match bcrypt::verify(&presented, &hash) {
            Ok(true) => Verdict::RightButOld,
            _ => Verdict::Wrong,
        },
        Some(Hashed(hash)) => verify_argon(&presented, &hash),
        None => {
            verify_argon(&presented, &NOBODY);
            Verdict::Wrong
        }
    })
    .await
}

fn verify_argon(presented: &str, hash: &str) -> Verdict {
    let Ok(parsed) = PasswordHash::new(hash) else { return Verdict::Wrong };
    if argon().verify_password(presented.as_bytes(), &parsed).is_err() {
        return Verdict::Wrong;
    }
    let (memory, passes, lanes) = PARAMS;
    let current = format!("m={memory},t={passes},p={lanes}");
    if hash.starts_with("$argon2id$") && hash.contains(&current) { Verdict::Right } else { Verdict::RightButOld }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_again_and_others_are_not() {
        let hashed = hash("correct horse battery".parse().unwrap()).await.unwrap();
        assert!(hashed.0.starts_with("$argon2id$"));
        assert_eq!(verify("correct horse battery".to_owned(), Some(hashed.clone())).await.unwrap(), Verdict::Right);
        assert_eq!(verify("correct horse".to_owned(), Some(hashed)).await.unwrap(), Verdict::Wrong);
        assert_eq!(verify("anything".to_owned(), None).await.unwrap(), Verdict::Wrong);
    }

    #[tokio::test]
    async fn an_imported_bcrypt_hash_works_and_asks_to_be_replaced() {
        let imported = Hashed(bcrypt::hash("sesame open now", 4).unwrap());
        assert_eq!(verify("sesame open now".to_owned(), Some(imported.clone())).await.unwrap(), Verdict::RightButOld);
        assert_eq!(verify("sesame".to_owned(), Some(imported)).await.unwrap(), Verdict::Wrong);
    }

    #[test]
    fn a_password_that_anybody_would_try_is_refused() {
        assert_eq!("short".parse::<Password>().unwrap_err(), PasswordError::Short);
        assert_eq!("password123".parse::<Password>().unwrap_err(), PasswordError::Common);
        assert_eq!("aaaaaaaaaaaa".parse::<Password>().unwrap_err(), PasswordError::Common);
    }
}
