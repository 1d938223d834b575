//! What the payload of an interaction says by itself, before anything is looked up or answered.
use super::call::Call;
use super::commands::{Arguments, Wanted};
use super::custom_id::Action;
use super::error::Problem;
use super::pictures::Pictures;
use super::{buttons, suggest};
use crate::domain::Prompt;
use serenity::all::{ActionRowComponent, Http, Interaction, ModalInteraction};
use std::sync::{Arc, LazyLock};

/// What can be told of an interaction without asking anybody.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Payload {
    /// Who asks.
    pub user: u64,
    /// The server that added the bot, where it comes from one.
    pub guild: Option<u64>,
    /// Whether the person brought the bot along.
    pub brought: bool,
    /// What the button or the form stands for, as its custom id.
    pub action: Option<String>,
    /// The command with its subcommand.
    pub command: Option<(String, Option<String>)>,
    /// The words to draw.
    pub prompt: Option<Prompt>,
    /// What is offered while somebody types.
    pub offers: Vec<String>,
    /// The address from which a picture would be fetched.
    pub picture: Option<String>,
    /// What the person would be told is wrong.
    pub said: Vec<String>,
}

/// Reads a payload as the gateway brings it; `None` for what is no interaction that is answered.
pub fn read(text: &str) -> Option<Payload> {
    static HTTP: LazyLock<Arc<Http>> = LazyLock::new(|| Arc::new(Http::new("")));
    static PICTURES: LazyLock<Pictures> = LazyLock::new(|| Pictures::new(""));
    let mut payload = Payload::default();
    let mut told = Vec::new();
    let http = Arc::clone(&HTTP);
    let call = match serde_json::from_str(text).ok()? {
        Interaction::Command(command) => {
            let call = Call::of_command(http, &command);
            let arguments = Arguments::of(&command);
            payload.command =
                Some((command.data.name.clone(), arguments.subcommand.map(str::to_owned)));
            payload.prompt = arguments.text("text").and_then(|text| prompt(text, &mut told));
            told.extend(Wanted::of(&arguments, 50).err());
            let guild = call.guild.map(|guild| guild.get());
            match PICTURES.named(&arguments, guild) {
                Ok(source) => payload.picture = source.map(|source| source.to_string()),
                Err(problem) => told.push(problem),
            }
            call
        }
        Interaction::Autocomplete(command) => {
            let option = command.data.autocomplete();
            let typed = option.map_or("", |option| option.value);
            let offers = [typed, "cat", "Cat", text].map(str::to_owned).to_vec();
            payload.offers = suggest::matching(offers, typed);
            Call::of_command(http, &command)
        }
        Interaction::Component(component) => {
            payload.action = action(&component.data.custom_id, &mut told);
            Call::of_component(http, &component)
        }
        Interaction::Modal(modal) => {
            payload.action = action(&modal.data.custom_id, &mut told);
            payload.prompt = prompt(field(&modal), &mut told);
            Call::of_modal(http, &modal)
        }
        _ => return None,
    };
    payload.user = call.user.get();
    payload.guild = call.guild.map(|guild| guild.get());
    payload.brought = call.brought;
    payload.said = told.iter().map(|problem| problem.say(call.request())).collect();
    Some(payload)
}

fn prompt(text: &str, told: &mut Vec<Problem>) -> Option<Prompt> {
    Prompt::new(text).map_err(|error| told.push(error.into())).ok()
}

fn action(custom_id: &str, told: &mut Vec<Problem>) -> Option<String> {
    let action = custom_id.parse::<Action>().map_err(|()| told.push(Problem::TooOld));
    action.ok().map(|action| action.to_string())
}

/// The text of a form's field.
pub(super) fn field(modal: &ModalInteraction) -> &str {
    let parts = modal.data.components.iter().flat_map(|row| &row.components);
    let texts = parts.filter_map(|part| match part {
        ActionRowComponent::InputText(input) if input.custom_id == buttons::FIELD => {
            input.value.as_deref()
        }
        _ => None,
    });
    texts.into_iter().next().unwrap_or_default()
}
