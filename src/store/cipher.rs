//! Prompts at rest: sealed with XChaCha20-Poly1305 when the operator gives a key, plain otherwise.
//!
//! A stored prompt begins with a byte: 0 and UTF-8, or 1, a nonce of 24 bytes and the sealed text.
use super::StoreError;
use crate::domain::Prompt;
use chacha20poly1305::aead::{Aead, Generate, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

const PLAIN: u8 = 0;
const SEALED: u8 = 1;
const NONCE: usize = 24;

/// Seals and opens prompts.
pub struct PromptCipher {
    sealing: Option<XChaCha20Poly1305>,
    /// Mixed into the hashes of prompts, so that they cannot be guessed from the file alone.
    hash_key: [u8; 32],
}

impl PromptCipher {
    /// A cipher with the operator's key, any text; without one, prompts are stored plainly.
    pub fn new(key: Option<&SecretString>) -> Self {
        let derive = |purpose: &str| {
            key.map(|key| -> [u8; 32] {
                let mut hash = Sha256::new();
                hash.update(purpose);
                hash.update(key.expose_secret());
                hash.finalize().into()
            })
        };
        let sealing = derive("glyffuse seals prompts\n");
        Self {
            sealing: sealing.map(|key| XChaCha20Poly1305::new(&key.into())),
            hash_key: derive("glyffuse hashes prompts\n").unwrap_or_default(),
        }
    }

    /// A prompt as it is stored.
    pub(super) fn seal(&self, prompt: &Prompt) -> Result<Vec<u8>, StoreError> {
        let text = prompt.as_str().as_bytes();
        let Some(cipher) = &self.sealing else {
            return Ok([&[PLAIN], text].concat());
        };
        let nonce = XNonce::generate();
        let sealed = cipher.encrypt(&nonce, text).map_err(|_| StoreError::Cipher)?;
        Ok([&[SEALED], nonce.as_slice(), &sealed].concat())
    }

    /// A stored prompt.
    pub(super) fn open(&self, stored: &[u8]) -> Result<Prompt, StoreError> {
        let text = match stored.split_first() {
            Some((&PLAIN, text)) => text.to_vec(),
            Some((&SEALED, rest)) => {
                let (nonce, sealed) =
                    rest.split_first_chunk::<NONCE>().ok_or(StoreError::Cipher)?;
                let cipher = self.sealing.as_ref().ok_or(StoreError::Cipher)?;
                let nonce = XNonce::from(*nonce);
                cipher.decrypt(&nonce, sealed).map_err(|_| StoreError::Cipher)?
            }
            _ => return Err(StoreError::Cipher),
        };
        let text = String::from_utf8(text).map_err(|_| StoreError::Cipher)?;
        Prompt::new(&text).map_err(|_| StoreError::Cipher)
    }

    /// Tells equal prompts apart from others, whatever their case.
    pub(super) fn hash(&self, prompt: &Prompt) -> Vec<u8> {
        let mut hash = Sha256::new();
        hash.update(self.hash_key);
        hash.update(prompt.as_str().to_lowercase());
        hash.finalize()[..16].to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cipher(key: Option<&str>) -> PromptCipher {
        PromptCipher::new(key.map(SecretString::from).as_ref())
    }

    #[test]
    fn what_is_sealed_opens_with_the_same_key_only() {
        let prompt = Prompt::new("a secret cat").expect("sound");
        let sealed = cipher(Some("key")).seal(&prompt).expect("seals");
        assert!(!sealed.windows(3).any(|part| part == b"cat"));
        assert_eq!(cipher(Some("key")).open(&sealed).ok(), Some(prompt.clone()));
        assert!(cipher(Some("other")).open(&sealed).is_err());
        assert!(cipher(None).open(&sealed).is_err());
        let plain = cipher(None).seal(&prompt).expect("writes");
        assert_eq!(cipher(Some("key")).open(&plain).ok(), Some(prompt));
    }

    #[test]
    fn the_same_prompt_is_sealed_differently_each_time_but_hashes_alike() {
        let cipher = cipher(Some("key"));
        let (cat, shouted) =
            (Prompt::new("cat").expect("sound"), Prompt::new("CAT").expect("sound"));
        assert_ne!(cipher.seal(&cat).expect("seals"), cipher.seal(&cat).expect("seals"));
        assert_eq!(cipher.hash(&cat), cipher.hash(&shouted));
        assert_ne!(cipher.hash(&cat), self::cipher(None).hash(&cat));
    }
}
