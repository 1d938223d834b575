//! The ways to answer a call: at once, promised and then edited, or with what is wrong.
use super::call::Call;
use super::error::Problem;
use super::gateway::{code, counted, status};
use serenity::all::{
    Builder, CreateActionRow, CreateAllowedMentions, CreateAttachment, CreateInteractionResponse,
    CreateInteractionResponseFollowup, CreateInteractionResponseMessage, EditInteractionResponse,
    InteractionResponseFlags, MessageFlags,
};
use std::sync::PoisonError;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What a command, a button or a form answers: the outer error is said to the person, the inner one is
/// Discord's.
pub type Answered = Result<serenity::Result<()>, Problem>;

/// When something must have been answered at the latest; Discord waits for 3 seconds.
const PATIENCE: Duration = Duration::from_millis(2_200);

/// Discord's code for an interaction that was answered already.
const ALREADY_ANSWERED: isize = 40_060;

/// Waits between the tries of one answer.
const PAUSES: [Duration; 2] = [Duration::from_millis(400), Duration::from_millis(1_200)];

/// How far an answer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nothing was sent.
    Unanswered,
    /// An answer was promised.
    Deferred {
        /// To the one who asks only.
        private: bool,
    },
    /// The last word is said, or on its way.
    Answered,
}

/// A message to be sent.
#[derive(Debug, Clone, Default)]
pub struct Letter {
    /// The text.
    pub content: String,
    /// Buttons.
    pub rows: Vec<CreateActionRow>,
    /// Files.
    pub files: Vec<CreateAttachment>,
    /// Whether only the one who asks sees it.
    pub private: bool,
}

impl Letter {
    /// A text for everybody.
    pub fn open(content: impl Into<String>) -> Self {
        Self { content: content.into(), ..Self::default() }
    }

    /// A text for the one who asks.
    pub fn private(content: impl Into<String>) -> Self {
        Self { private: true, ..Self::open(content) }
    }

    fn response(self) -> CreateInteractionResponseMessage {
        let mut flags = InteractionResponseFlags::SUPPRESS_EMBEDS;
        flags.set(InteractionResponseFlags::EPHEMERAL, self.private);
        CreateInteractionResponseMessage::new()
            .content(self.content)
            .components(self.rows)
            .files(self.files)
            .flags(flags)
            .allowed_mentions(CreateAllowedMentions::new())
    }
}

impl Call {
    /// Sees a call to its end: what goes wrong is said, and so is that nothing can be answered in time
    /// or that the bot leaves (`leaving`) before there is an answer.
    ///
    /// # Errors
    /// When Discord does not take the answer.
    pub async fn settle(
        &self,
        leaving: &CancellationToken,
        work: impl Future<Output = Answered>,
    ) -> serenity::Result<()> {
        let overdue = async {
            tokio::time::sleep(PATIENCE).await;
            self.unless(|stage| stage != Stage::Unanswered).await;
        };
        let left = async {
            leaving.cancelled().await;
            self.unless(|stage| stage == Stage::Answered).await;
        };
        let answered = tokio::select! {
            biased;
            answered = work => answered,
            () = overdue => Err(Problem::Slow),
            () = left => Err(Problem::Stopping),
        };
        match answered {
            Ok(sent) => sent,
            Err(problem) => self.say(&problem).await,
        }
    }

    /// Waits for ever where the stage is `past`.
    async fn unless(&self, past: impl Fn(Stage) -> bool) {
        if past(self.stage()) {
            std::future::pending::<()>().await;
        }
    }

    fn stage(&self) -> Stage {
        *self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reach(&self, stage: Stage) {
        *self.stage.lock().unwrap_or_else(PoisonError::into_inner) = stage;
    }

    /// Answers at once, or in place of what was promised.
    pub async fn answer(&self, letter: Letter) -> serenity::Result<()> {
        if self.stage() != Stage::Unanswered {
            self.reach(Stage::Answered);
            return self.show(letter).await;
        }
        self.respond(CreateInteractionResponse::Message(letter.response())).await
    }

    /// Answers by changing the message that the button hangs on.
    pub async fn update(&self, letter: Letter) -> serenity::Result<()> {
        self.respond(CreateInteractionResponse::UpdateMessage(letter.response())).await
    }

    /// Says that the answer will take a while; once is enough.
    pub async fn defer(&self, private: bool) -> serenity::Result<()> {
        if self.stage() != Stage::Unanswered {
            return Ok(());
        }
        self.reach(Stage::Deferred { private });
        let message = CreateInteractionResponseMessage::new().ephemeral(private);
        self.send(CreateInteractionResponse::Defer(message)).await
    }

    /// Any other first answer.
    pub async fn respond(&self, response: CreateInteractionResponse) -> serenity::Result<()> {
        self.reach(Stage::Answered);
        self.send(response).await
    }

    async fn send(&self, response: CreateInteractionResponse) -> serenity::Result<()> {
        let mut tries = 0;
        let sent = patiently(|| {
            tries += 1;
            response.clone().execute(&self.http, (self.id, &self.token))
        })
        .await;
        match sent {
            // The try before was taken, although Discord said that it failed.
            Err(error) if tries > 1 && code(&error) == Some(ALREADY_ANSWERED) => Ok(()),
            sent => sent,
        }
    }

    /// Shows something in place of the deferred answer. Buttons are taken away where the letter has
    /// none.
    pub async fn show(&self, letter: Letter) -> serenity::Result<()> {
        let mut edit = EditInteractionResponse::new()
            .content(letter.content)
            .components(letter.rows)
            .allowed_mentions(CreateAllowedMentions::new())
            .flags(MessageFlags::SUPPRESS_EMBEDS);
        for file in letter.files {
            edit = edit.new_attachment(file);
        }
        patiently(|| edit.clone().execute(&self.http, &self.token)).await.map(|_| ())
    }

    /// Takes the deferred answer, or the message that the button hangs on, away.
    pub async fn delete(&self) -> serenity::Result<()> {
        patiently(|| self.http.delete_original_interaction_response(&self.token)).await
    }

    /// Sends a further message to the one who asks.
    async fn follow_up_privately(&self, content: String) -> serenity::Result<()> {
        let message = CreateInteractionResponseFollowup::new()
            .content(content)
            .flags(MessageFlags::EPHEMERAL | MessageFlags::SUPPRESS_EMBEDS)
            .allowed_mentions(CreateAllowedMentions::new());
        patiently(|| message.clone().execute(&self.http, (None, &self.token))).await.map(|_| ())
    }

    /// Says what is wrong, to the one who asks only. A private answer that was promised is replaced; an
    /// open one is taken away, and the person is told alone.
    pub async fn say(&self, problem: &Problem) -> serenity::Result<()> {
        self.note(problem);
        let sentence = problem.say(self.request());
        let Stage::Deferred { private: false } = self.stage() else {
            return self.answer(Letter::private(sentence)).await;
        };
        self.reach(Stage::Answered);
        // The follow-up comes first: should it fail, the person still sees the deferred answer.
        self.follow_up_privately(sentence).await?;
        self.delete().await
    }

    /// Writes a problem into the log.
    fn note(&self, problem: &Problem) {
        let (request, level, problem) = (self.request(), problem.level(), problem.for_log());
        match level {
            Some(tracing::Level::ERROR) => tracing::error!(request, problem, "not answered"),
            Some(tracing::Level::WARN) => tracing::warn!(request, problem, "not answered"),
            Some(_) => tracing::info!(request, problem, "refused"),
            None => tracing::debug!(request, problem, "refused"),
        }
    }
}

/// Sends, and sends again after a while what Discord could not take just now: refused for haste, or a
/// fault on its side. All pauses together stay within the three seconds of a first answer.
async fn patiently<T, Sent>(mut send: impl FnMut() -> Sent) -> serenity::Result<T>
where
    Sent: Future<Output = serenity::Result<T>>,
{
    for pause in PAUSES {
        match send().await.map_err(counted) {
            Err(error) if status(&error).is_some_and(|status| status == 429 || status >= 500) => {
                tokio::time::sleep(pause).await;
            }
            sent => return sent,
        }
    }
    send().await.map_err(counted)
}
