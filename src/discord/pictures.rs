//! Pictures that a drawing starts from: attachments and avatars. Fetched from Discord's own hosts only,
//! within limits of time, bytes and pixels, a few at a time.
use crate::domain::Dots;
use crate::picture::{AttachedError, LONGEST_SIDE, dots};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use serenity::all::{Attachment, PartialMember, User};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Largest file, in bytes.
const LARGEST: usize = 8 << 20;
/// How long fetching may take.
const PATIENCE: Duration = Duration::from_secs(8);
/// Files that are fetched at a time, and pictures that are decoded at a time: this bounds the memory.
const FETCHES: usize = 4;
const DECODINGS: usize = 1;
/// Where Discord keeps files.
const HOSTS: [&str; 2] = ["cdn.discordapp.com", "media.discordapp.net"];

/// Why a picture cannot be drawn from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PictureProblem {
    /// More bytes than are fetched.
    TooHeavy,
    /// It does not lie with Discord.
    Elsewhere,
    /// Discord did not hand it out.
    NotFetched,
    /// What was fetched is of no use.
    Attached(AttachedError),
}

/// The address of a picture with Discord.
#[derive(Debug, Clone)]
pub struct Source(Url);

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Fetches pictures.
pub struct Pictures {
    client: Client,
    /// What stands in for Discord, in tests.
    base: Option<Url>,
    fetches: Semaphore,
    decodings: Semaphore,
}

impl Pictures {
    /// Fetches from Discord, or from the server of `api_base` where that is not empty.
    pub fn new(api_base: &str) -> Self {
        Self::patient(api_base, PATIENCE)
    }

    fn patient(api_base: &str, patience: Duration) -> Self {
        let base = Url::parse(api_base).ok();
        let builder = Client::builder().redirect(Policy::none()).timeout(patience);
        let builder = match base {
            // A server on this machine is reached directly.
            Some(_) => builder.no_proxy(),
            None => builder.https_only(true),
        };
        let client = builder.build().expect("a client that reads no files");
        let (fetches, decodings) = (Semaphore::new(FETCHES), Semaphore::new(DECODINGS));
        Self { client, base, fetches, decodings }
    }

    /// An attachment, by what Discord says of it.
    ///
    /// # Errors
    /// [`PictureProblem`] for what is not worth fetching.
    pub fn attachment(&self, attachment: &Attachment) -> Result<Source, PictureProblem> {
        if attachment.size as usize > LARGEST {
            return Err(PictureProblem::TooHeavy);
        }
        let kind = attachment.content_type.as_deref().unwrap_or("image/png");
        if !["image/png", "image/jpeg"].iter().any(|known| kind.starts_with(known)) {
            return Err(PictureProblem::Attached(AttachedError::NotAPicture));
        }
        let sides = [attachment.width, attachment.height];
        if sides.into_iter().flatten().any(|side| side > LONGEST_SIDE) {
            return Err(PictureProblem::Attached(AttachedError::TooLarge));
        }
        self.source(&attachment.url)
    }

    /// The picture that a user shows: in the guild, everywhere, or the one that Discord gave.
    ///
    /// # Errors
    /// [`PictureProblem::Elsewhere`].
    pub fn avatar(
        &self,
        user: &User,
        member: Option<&PartialMember>,
        guild: Option<u64>,
    ) -> Result<Source, PictureProblem> {
        let given = user.default_avatar_url();
        let own = member.and_then(|member| member.avatar.as_ref()).zip(guild);
        let path = match (own, &user.avatar) {
            (Some((hash, guild)), _) => {
                format!("/guilds/{guild}/users/{}/avatars/{hash}.png?size=256", user.id)
            }
            (None, Some(hash)) => format!("/avatars/{}/{hash}.png?size=256", user.id),
            (None, None) => given.trim_start_matches("https://cdn.discordapp.com").to_owned(),
        };
        let base = self.base.as_ref().map(|base| base.as_str().trim_end_matches('/').to_owned());
        self.source(&(base.unwrap_or_else(|| format!("https://{}", HOSTS[0])) + &path))
    }

    fn source(&self, address: &str) -> Result<Source, PictureProblem> {
        let url = Url::parse(address).ok().filter(|url| self.is_discords(url));
        url.map(Source).ok_or(PictureProblem::Elsewhere)
    }

    fn is_discords(&self, url: &Url) -> bool {
        let named = !url.username().is_empty() || url.password().is_some();
        !named
            && match &self.base {
                Some(base) => url.origin() == base.origin(),
                None => {
                    let host = url.host_str().unwrap_or_default();
                    url.scheme() == "https" && url.port().is_none() && HOSTS.contains(&host)
                }
            }
    }

    /// Fetches a picture as dots, `side` along each side.
    ///
    /// # Errors
    /// [`PictureProblem`].
    pub async fn dots(&self, source: &Source, side: usize) -> Result<Dots, PictureProblem> {
        let bytes = {
            let _turn = self.fetches.acquire().await;
            self.fetch(&source.0).await?
        };
        let _turn = self.decodings.acquire().await;
        let decoded = tokio::task::spawn_blocking(move || dots(bytes, side)).await;
        decoded.map_err(|_| PictureProblem::NotFetched)?.map_err(PictureProblem::Attached)
    }

    async fn fetch(&self, url: &Url) -> Result<Vec<u8>, PictureProblem> {
        // The error's text holds the address: nobody needs it.
        let lost = |_| PictureProblem::NotFetched;
        let mut response = self.client.get(url.clone()).send().await.map_err(lost)?;
        if !response.status().is_success() {
            return Err(PictureProblem::NotFetched);
        }
        let mut bytes = Vec::new();
        while let Some(part) = response.chunk().await.map_err(lost)? {
            if bytes.len() + part.len() > LARGEST {
                return Err(PictureProblem::TooHeavy);
            }
            bytes.extend_from_slice(&part);
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_fetched_from_elsewhere() {
        let real = Pictures::new("");
        for address in [
            "https://cdn.discordapp.com/attachments/1/2/cat.png?ex=1&is=2&hm=3",
            "https://media.discordapp.net/attachments/1/2/cat.png",
        ] {
            assert!(real.source(address).is_ok(), "{address}");
        }
        for address in [
            "http://cdn.discordapp.com/cat.png",
            "https://cdn.discordapp.com.evil.example/cat.png",
            "https://cdn.discordapp.com@evil.example/cat.png",
            "https://me:you@cdn.discordapp.com/cat.png",
            "https://cdn.discordapp.com:8443/cat.png",
            "https://evil.example/cdn.discordapp.com/cat.png",
            "https://127.0.0.1/cat.png",
            "file:///etc/passwd",
            "cat.png",
            "",
        ] {
            assert!(real.source(address).is_err(), "{address}");
        }
        let tested = Pictures::new("http://127.0.0.1:7777");
        assert!(tested.source("http://127.0.0.1:7777/cat.png").is_ok());
        for address in ["http://127.0.0.1:7778/cat.png", "https://cdn.discordapp.com/cat.png"] {
            assert!(tested.source(address).is_err(), "{address}");
        }
    }

    #[tokio::test]
    async fn a_server_that_never_ends_is_not_waited_for() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        // Takes the connection and says nothing.
        let held = tokio::spawn(async move { listener.accept().await });
        let pictures = Pictures::patient(&address, Duration::from_millis(100));
        let source = pictures.source(&format!("{address}/cat.png")).expect("on this machine");
        assert_eq!(pictures.dots(&source, 72).await, Err(PictureProblem::NotFetched));
        drop(held);
    }
}
