//! Sealing: secrets that must be read again are stored encrypted (XChaCha20-Poly1305) under a key of their purpose.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use crate::Error;
use crate::secret::Key;

const NONCE: usize = 24;

/// What a secret is for and whom it belongs to; sealed for one, it opens for no other.
#[derive(Debug, Clone, Copy)]
pub struct Purpose<'a> {
    /// What it is for, `second factor`.
    pub what: &'a str,
    /// Whose it is.
    pub whose: uuid::Uuid,
}

fn cipher(key: &Key, purpose: Purpose<'_>) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&key.derive_bytes(&format!("seal {}", purpose.what)).into())
}

/// Encrypts a secret; the result is the nonce and the ciphertext.
///
/// # Errors
/// A fault when encryption fails.
pub fn seal(key: &Key, purpose: Purpose<'_>, secret: &[u8]) -> Result<Vec<u8>, Error> {
    let mut nonce = [0u8; NONCE];
    rand::fill(&mut nonce);
    let payload = Payload { msg: secret, aad: purpose.whose.as_bytes() };
    let sealed = cipher(key, purpose).encrypt(&XNonce::from(nonce), payload);
    let sealed = sealed.map_err(|_| Error::internal("a secret could not be sealed"))?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// Decrypts what [`seal`] made.
///
/// # Errors
/// A fault when it was sealed with another key, for another purpose, or is damaged.
pub fn open(key: &Key, purpose: Purpose<'_>, sealed: &[u8]) -> Result<Vec<u8>, Error> {
    let damaged = || Error::internal(format!("a sealed secret ({}) cannot be opened with this key", purpose.what));
    let (nonce, text) = sealed.split_at_checked(NONCE).ok_or_else(damaged)?;
    let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| damaged())?;
    let payload = Payload { msg: text, aad: purpose.whose.as_bytes() };
    cipher(key, purpose).decrypt(&XNonce::from(nonce), payload).map_err(|_| damaged())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_only_with_its_key_and_for_whom_it_was_sealed() {
        let (key, other) = (Key::new([1; 32]), Key::new([2; 32]));
        let purpose = |number| Purpose { what: "test", whose: uuid::Uuid::from_u128(number) };
        let sealed = seal(&key, purpose(1), b"secret").unwrap();
        assert_eq!(open(&key, purpose(1), &sealed).unwrap(), b"secret");
        assert!(open(&other, purpose(1), &sealed).is_err());
        assert!(open(&key, purpose(2), &sealed).is_err());
        assert!(open(&key, Purpose { what: "else", ..purpose(1) }, &sealed).is_err());
        assert!(open(&key, purpose(1), &sealed[..10]).is_err());
    }
}
