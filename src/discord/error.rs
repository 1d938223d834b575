//! What people read when something does not work: one sentence with what to do. What happened is in
//! the log, under the request's number.
use super::pictures::PictureProblem;
use crate::domain::{CharsetError, PromptError, RecipeError, plain};
use crate::engine::{EngineError, SubmitError};
use crate::picture::AttachedError;
use crate::service::{DrawError, Refusal, StudioError};
use crate::store::{SaveError, StoreError};
use std::fmt;
use std::time::Duration;

/// Something that a person is told instead of an answer.
pub enum Problem {
    /// The text cannot be drawn.
    Prompt(PromptError),
    /// The characters cannot be used.
    Charset(CharsetError),
    /// The recipe cannot be read.
    Recipe(RecipeError),
    /// The recipe cannot be followed.
    Draw(DrawError),
    /// The picture cannot be drawn from.
    Picture(PictureProblem),
    /// Too early.
    Refused(Refusal),
    /// It was not drawn.
    Studio(StudioError),
    /// It could not be remembered or looked up.
    Store(StoreError),
    /// It could not be saved.
    Save(SaveError),
    /// The store takes longer than Discord waits.
    Slow,
    /// The member may not draw here.
    Blocked,
    /// Nobody may draw in this channel, but in those.
    OtherChannel(Vec<u64>),
    /// Only these people may do that.
    NotAllowed(&'static str),
    /// What the button belongs to is forgotten.
    TooOld,
    /// An option or a form is not what it should be.
    Wrong(String),
    /// The bot is about to stop.
    Stopping,
}

/// For the log: what people wrote does not show.
impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => write!(f, "{refusal}"),
            Self::Studio(error) => write!(f, "{error}"),
            Self::Store(error) | Self::Save(SaveError::Store(error)) => write!(f, "{error}"),
            Self::Save(SaveError::TooMany(_)) => f.write_str("too many saved prompts"),
            Self::Picture(problem) => write!(f, "{problem:?}"),
            Self::Prompt(_) => f.write_str("no prompt"),
            Self::Charset(_) => f.write_str("no character set"),
            Self::Recipe(_) => f.write_str("no recipe"),
            Self::Draw(_) => f.write_str("a recipe that cannot be followed"),
            Self::Slow => f.write_str("the database is slow"),
            Self::Blocked => f.write_str("a blocked member"),
            Self::OtherChannel(_) => f.write_str("not in this channel"),
            Self::NotAllowed(_) => f.write_str("not allowed"),
            Self::TooOld => f.write_str("forgotten"),
            Self::Wrong(_) => f.write_str("an option or a form is wrong"),
            Self::Stopping => f.write_str("stopping"),
        }
    }
}

macro_rules! from {
    ($($error:ident => $variant:ident),*) => {
        $(impl From<$error> for Problem {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        })*
    };
}

from!(PromptError => Prompt, CharsetError => Charset, RecipeError => Recipe, DrawError => Draw,
    PictureProblem => Picture, Refusal => Refused, StudioError => Studio, StoreError => Store, SaveError => Save);

impl Problem {
    /// Whether an operator should know, and how urgently.
    pub fn level(&self) -> Option<tracing::Level> {
        match self {
            Self::Studio(StudioError::Engine(EngineError::TooLate)) => Some(tracing::Level::WARN),
            Self::Studio(StudioError::Submit(SubmitError::Overloaded { .. }))
            | Self::Refused(_) => Some(tracing::Level::INFO),
            // A recipe that the model cannot follow is the person's affair.
            Self::Studio(StudioError::Engine(
                EngineError::UnknownKind { .. } | EngineError::PictureSize { .. },
            )) => None,
            Self::Studio(_) => Some(tracing::Level::ERROR),
            Self::Store(_) | Self::Save(SaveError::Store(_)) | Self::Slow => {
                Some(tracing::Level::WARN)
            }
            _ => None,
        }
    }

    /// What happened, for the log: without anything that a person wrote.
    pub fn for_log(&self) -> String {
        match self {
            Self::Charset(_) => "Charset".to_owned(),
            Self::Recipe(_) => "Recipe".to_owned(),
            Self::Draw(DrawError::OtherModel { .. }) => "Draw(OtherModel)".to_owned(),
            Self::Draw(DrawError::Engine(EngineError::UnknownKind { .. }))
            | Self::Studio(StudioError::Engine(EngineError::UnknownKind { .. })) => {
                "UnknownKind".to_owned()
            }
            Self::Draw(DrawError::Engine(EngineError::Lettering(_)))
            | Self::Studio(StudioError::Engine(EngineError::Lettering(_))) => {
                "Lettering".to_owned()
            }
            Self::Wrong(_) => "Wrong".to_owned(),
            other => format!("{other:?}"),
        }
    }

    /// The sentence; `request` is the number under which the log knows it.
    pub fn say(&self, request: u64) -> String {
        match self {
            Self::Prompt(PromptError::Empty) => {
                "There is no text to draw: give one or more words, for example `cat`.".to_owned()
            }
            Self::Prompt(error @ PromptError::TooLong(_)) => sentence(&error.to_string()),
            Self::Prompt(PromptError::ControlCharacter(_)) => {
                "The text holds a control character: type it anew.".to_owned()
            }
            Self::Charset(error) => sentence(&error.to_string()),
            Self::Recipe(_) => {
                "That is no whole recipe code: copy all of it, from `gly1-` to the end.".to_owned()
            }
            Self::Picture(problem) => picture(problem).to_owned(),
            Self::Draw(DrawError::OtherModel { wanted, loaded }) => format!(
                "That recipe is for the model `{wanted}`, and this bot draws with `{loaded}`: its \
                 words may still be drawn with `/ascii`."
            ),
            Self::Draw(DrawError::Engine(error)) => engine(error, request),
            Self::Draw(DrawError::Stopped) | Self::Stopping => {
                "The bot is being restarted: try again in a minute.".to_owned()
            }
            Self::Refused(Refusal::User(wait)) => {
                format!("You have drawn a lot just now: try again in {}.", seconds(*wait))
            }
            Self::Refused(Refusal::Guild(wait)) => {
                format!("This server has drawn a lot just now: try again in {}.", seconds(*wait))
            }
            Self::Studio(StudioError::Submit(SubmitError::Overloaded { waiting, wait })) => {
                format!(
                    "Too many drawings are waiting ({waiting} before yours): try again in about {}. \
                 This one was not counted.",
                    seconds(*wait)
                )
            }
            Self::Studio(StudioError::Submit(SubmitError::Stopped)) => Self::Stopping.say(request),
            Self::Studio(StudioError::Engine(error)) => engine(error, request),
            Self::Studio(StudioError::Decoder) => engine(&EngineError::Stopped, request),
            Self::Save(SaveError::TooMany(most)) => format!(
                "You have {most} saved prompts already: delete one with `/prompts delete` first."
            ),
            Self::Store(_) | Self::Save(SaveError::Store(_)) | Self::Slow => format!(
                "The bot's memory does not answer just now: try again in a minute (request {request})."
            ),
            Self::Blocked => {
                "The admins of this server do not let you draw here: ask them.".to_owned()
            }
            Self::OtherChannel(channels) => {
                let shown: Vec<_> =
                    channels.iter().take(5).map(|channel| format!("<#{channel}>")).collect();
                format!("Drawing is not allowed in this channel: go to {}.", shown.join(", "))
            }
            Self::NotAllowed(who) => format!("Only {who} may do that."),
            Self::TooOld => "That drawing is too old, its recipe is forgotten: draw it anew with \
                             `/ascii`."
                .to_owned(),
            // It may quote what no client of Discord's would send.
            Self::Wrong(what) => plain(what),
        }
    }
}

fn picture(problem: &PictureProblem) -> &'static str {
    match problem {
        PictureProblem::TooHeavy => "That file is larger than 8 MiB: make it smaller.",
        PictureProblem::Elsewhere => {
            "That picture does not lie with Discord: attach the file itself."
        }
        PictureProblem::NotFetched => {
            "Discord did not hand that picture out just now: try again in a minute."
        }
        PictureProblem::Attached(AttachedError::NotAPicture) => {
            "That file is no PNG or JPEG picture that can be read: attach one of these."
        }
        PictureProblem::Attached(AttachedError::TooLarge) => {
            "That picture has too many pixels: make it smaller, 4096 along a side at most."
        }
        PictureProblem::Attached(AttachedError::Blank) => {
            "Nothing in that picture stands out from its ground: take one with clear dark lines on \
             light, or light ones on dark."
        }
    }
}

fn engine(error: &EngineError, request: u64) -> String {
    match error {
        EngineError::TooLate => {
            "It took too long until your drawing's turn came: try again. It was not counted."
                .to_owned()
        }
        EngineError::Stopped => Problem::Stopping.say(request),
        EngineError::UnknownKind { .. }
        | EngineError::Lettering(_)
        | EngineError::LettersFromPicture
        | EngineError::PictureSize { .. } => sentence(&error.to_string()),
        EngineError::Network(_) | EngineError::NoiseSchedule(_) => format!(
            "The drawing failed, and was not counted: try again, and tell the bot's admin if it \
             happens again (request {request})."
        ),
    }
}

/// A wait as people say it: never too short, never zero.
fn seconds(wait: Duration) -> String {
    match wait.as_millis().div_ceil(1_000).max(1) {
        1 => "1 second".to_owned(),
        seconds @ 2..=119 => format!("{seconds} seconds"),
        seconds => format!("{} minutes", seconds.div_ceil(60)),
    }
}

/// A program's message as a sentence.
fn sentence(message: &str) -> String {
    let mut characters = message.chars();
    let first = characters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", characters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_never_too_short() {
        for (milliseconds, said) in
            [(0, "1 second"), (1_001, "2 seconds"), (59_999, "60 seconds"), (121_000, "3 minutes")]
        {
            assert_eq!(seconds(Duration::from_millis(milliseconds)), said);
        }
    }

    #[test]
    fn the_log_does_not_hear_what_people_wrote() {
        let wrong = Problem::Wrong("You have no prompt “my secret”.".to_owned());
        let recipe = crate::domain::Recipe::parse("my secret").map_err(Problem::from);
        let shown = format!("{wrong:?} {:?}", recipe.expect_err("no recipe"));
        assert!(!shown.contains("secret"), "{shown}");
    }

    #[test]
    fn nobody_reads_what_is_meant_for_the_log() {
        let secret = "SQLITE_CORRUPT: /var/lib/secret.db";
        let problem = Problem::Store(StoreError::Corrupt(secret));
        assert!(!problem.say(7).contains("secret") && problem.say(7).contains('7'));
        let failed = EngineError::Network(crate::diffusion::NetworkError(secret.to_owned()));
        assert!(!Problem::Studio(failed.into()).say(7).contains("secret"));
    }
}
