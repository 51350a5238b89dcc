//! Secrets that are handed out once and stored only as a hash, and the installation's key.

use sha2::Digest;
use std::fmt;

/// 256 random bits for a link, a cookie or an API token. Shows nothing of itself in logs.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// A new token, written `prefix_` and 52 letters and digits.
    pub fn new(prefix: &str) -> Self {
        let mut bytes = [0u8; 32];
        rand::fill(&mut bytes);
        let (high, low) = bytes.split_at(16);
        let part = |half: &[u8]| kernel::id::encode(u128::from_be_bytes(half.try_into().unwrap_or([0; 16])));
        Self(format!("{prefix}_{}{}", part(high), part(low)))
    }

    /// The secret itself, for the one place that hands it out.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored.
    pub fn hash(&self) -> Vec<u8> {
        hash(&self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Token(hidden)")
    }
}

/// SHA-256 of a presented secret; a fast hash is enough for 256 random bits.
pub fn hash(secret: &str) -> Vec<u8> {
    sha2::Sha256::digest(secret.as_bytes()).to_vec()
}

/// The installation's key, from which passwords of database roles and sealing keys are derived.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl Key {
    /// Wraps 32 bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A fresh key.
    pub fn generate() -> Self {
        let mut bytes = [0u8; 32];
        rand::fill(&mut bytes);
        Self(bytes)
    }

    /// Reads 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let bytes = hex::decode(text.trim()).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }

    /// The 64 hexadecimal digits, for the key file.
    pub fn to_hex(&self) -> String {
        hex::encode(self.0)
    }

    /// A key for one purpose, in hexadecimal (HMAC-SHA-256 of the purpose).
    pub fn derive(&self, purpose: &str) -> String {
        hex::encode(self.derive_bytes(purpose))
    }

    /// A key for one purpose.
    pub fn derive_bytes(&self, purpose: &str) -> [u8; 32] {
        use hmac::{KeyInit, Mac};
        let mac = <hmac::Hmac<sha2::Sha256> as KeyInit>::new_from_slice(&self.0);
        mac.map(|mac| mac.chain_update(purpose.as_bytes()).finalize().into_bytes().into()).unwrap_or([0; 32])
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Key(hidden)")
    }
}
