//! `/privacy`: what is stored, a copy of it, and forgetting it.
use super::Bot;
use super::call::{Answered, Call, Letter};
use super::custom_id::Action;
use super::draw::button;
use super::error::Problem;
use flate2::Compression;
use flate2::write::GzEncoder;
use serenity::all::{
    ButtonStyle, CreateActionRow, CreateAttachment, CreateButton, CreateInteractionResponse,
};
use std::io::Write;

/// Largest file that is sent as it is, in bytes; Discord takes 10 MiB.
const LARGEST: usize = 8 << 20;

impl Bot {
    /// What is stored, and the two ways on.
    pub async fn privacy(&self, call: &Call) -> Answered {
        let rules = self.rules_for(call).await;
        let days = rules.settings.keep_days.unwrap_or(self.keep_days);
        let content = format!(
            "**What this bot stores about you**\n\
             * Of every drawing you ask for: your user number, the server's, the words, how it was \
             drawn (of a picture that you gave along, its outline in dots), and when. It feeds the buttons under it and your own suggestions, and is forgotten \
             after {days} days here.\n\
             * Prompts that you save, drawings that you share in a gallery, and your votes, until you \
             take them away.\n\
             * Whether a server's admins blocked you there.\n\n\
             It stores no other messages, and nothing is sent to anybody else or used for training. \
             Words that at least two members of a server asked for openly may be suggested to others \
             there. The admin of this bot can be asked about everything else."
        );
        let row = vec![
            button(Action::ExportMine, '📦', "Export mine"),
            button(Action::DeleteMine, '❌', "Delete mine"),
        ];
        let rows = vec![CreateActionRow::Buttons(row)];
        Ok(call.answer(Letter { rows, ..Letter::private(content) }).await)
    }

    /// A copy of everything about the one who asks.
    pub async fn export(&self, call: &Call) -> Answered {
        // Collecting may take longer than Discord waits.
        if let Err(error) = call.defer(true).await {
            return Ok(Err(error));
        }
        let export = self.store.export_user(call.user.get()).await?;
        let text = serde_json::to_string_pretty(&export)
            .map_err(|error| Problem::Wrong(error.to_string()))?;
        let (bytes, name) = packed(text);
        let files = vec![CreateAttachment::bytes(bytes, name).description("Your data")];
        let letter = Letter { files, ..Letter::private("Everything that is stored about you:") };
        Ok(call.answer(letter).await)
    }

    /// Asks once more.
    pub async fn ask_to_forget(&self, call: &Call) -> Answered {
        let sure = CreateButton::new(Action::DeleteMineForSure.to_string())
            .style(ButtonStyle::Danger)
            .label("Yes, delete everything of mine");
        let rows = vec![CreateActionRow::Buttons(vec![sure])];
        let content = "This deletes your drawings' recipes, saved prompts, shared drawings and votes \
                       in every server, for good. Messages in channels stay; delete those yourself.";
        Ok(call.update(Letter { rows, ..Letter::private(content) }).await)
    }

    /// Forgets the one who asks, everywhere.
    pub async fn forget(&self, call: &Call) -> Answered {
        // So may deleting.
        if let Err(error) = call.respond(CreateInteractionResponse::Acknowledge).await {
            return Ok(Err(error));
        }
        let gone = self.store.forget_user(call.user.get()).await?;
        let content = match gone {
            0 => "There was nothing stored about you.".to_owned(),
            1 => "Done: one entry was deleted.".to_owned(),
            _ => format!("Done: {gone} entries were deleted."),
        };
        let sent = call.show(Letter::private(content)).await;
        self.scrub().await;
        Ok(sent)
    }

    /// Takes what was forgotten out of the database's journal too.
    pub async fn scrub(&self) {
        if let Err(error) = self.store.scrub().await {
            tracing::debug!(%error, "the journal keeps what was forgotten for a while");
        }
    }
}

/// A file with a text; packed where it would be too large.
fn packed(text: String) -> (Vec<u8>, &'static str) {
    const NAME: &str = "glyffuse-my-data.json";
    if text.len() <= LARGEST {
        return (text.into_bytes(), NAME);
    }
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    let packed = packer.write_all(text.as_bytes()).and_then(|()| packer.finish());
    (packed.expect("memory takes all"), "glyffuse-my-data.json.gz")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_copy_is_packed() {
        assert_eq!(packed("{}".to_owned()), (b"{}".to_vec(), "glyffuse-my-data.json"));
        let (bytes, name) = packed("{\"prompt\": \"cat\"}".repeat(1 << 20));
        assert!(bytes.len() < LARGEST && name.ends_with(".gz"));
    }
}
