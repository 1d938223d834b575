//! The second opinion: twilight's models and checks, Discord's rules, and Discord's own specification
//! where `../shared/discord/openapi.json` is present, or `DISCORD_SPECIFICATION` names it.
use super::State;
use jsonschema::Validator;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::Path;
use twilight_model::application::command::{Command, CommandOptionChoice};
use twilight_model::application::interaction::Interaction;
use twilight_model::channel::message::Component;
use twilight_model::gateway::payload::incoming::{GuildCreate, Ready};
use twilight_model::http::interaction::InteractionResponse;

/// What the fake invents must be an interaction to somebody else too.
pub(super) fn interaction(interaction: &Value) {
    if let Err(error) = serde_json::from_value::<Interaction>(interaction.clone()) {
        panic!("the fake invents what is no interaction: {error}\n{interaction}");
    }
}

/// What the fake invents must be an event to somebody else too.
pub(super) fn event(name: &str, data: &Value) {
    let read = match name {
        "READY" => serde_json::from_value::<Ready>(data.clone()).map(|_| ()),
        _ => serde_json::from_value::<GuildCreate>(data.clone()).map(|_| ()),
    };
    if let Err(error) = read {
        panic!("the fake invents what is no {name}: {error}\n{data}");
    }
}

/// The commands that are registered.
pub(super) fn commands(state: &State, commands: &[Value]) {
    for command in commands {
        let read =
            serde_json::from_value::<Command>(command.clone()).map_err(|error| error.to_string());
        let checked = read.and_then(|command| {
            // Menus of messages have no description, which is not what this check is about.
            if command.description.is_empty() {
                return Ok(());
            }
            twilight_validate::command::command(&command).map_err(|error| error.to_string())
        });
        if let Err(error) = checked {
            state.fault(format!("the command {}: {error}", command["name"]));
        }
    }
}

/// The first answer to an interaction; the error is what Discord would say.
pub(super) fn answer(state: &State, body: &Value) -> Result<(), String> {
    if let Err(error) = serde_json::from_value::<InteractionResponse>(body.clone()) {
        state.fault(format!("no interaction response: {error}"));
    }
    let data = &body["data"];
    match body["type"].as_u64() {
        Some(4 | 7) => message(state, data),
        Some(5) => {
            let flags = data["flags"].as_u64().unwrap_or(0);
            if flags & !64 != 0 {
                state.fault(format!("a deferral carries the flags {flags}"));
            }
            Ok(())
        }
        Some(8) => {
            let choices = data["choices"].as_array().cloned().unwrap_or_default();
            for choice in &choices {
                let read = serde_json::from_value::<CommandOptionChoice>(choice.clone());
                let read = read.map_err(|error| error.to_string());
                let checked = read.and_then(|choice| {
                    twilight_validate::command::choice(&choice).map_err(|error| error.to_string())
                });
                if let Err(error) = checked {
                    state.fault(format!("a suggestion: {error}"));
                }
            }
            if choices.len() > 25 { Err(format!("{} choices", choices.len())) } else { Ok(()) }
        }
        Some(9) => {
            let title = data["title"].as_str().unwrap_or_default().chars().count();
            rows_are_sound(state, data);
            if title == 0 || title > 45 { Err("the title".to_owned()) } else { Ok(()) }
        }
        _ => Ok(()),
    }
}

/// A message that is sent or changed; the error is what Discord would say.
pub(super) fn message(state: &State, body: &Value) -> Result<(), String> {
    let content = body["content"].as_str().unwrap_or_default();
    if content.is_empty() {
        return Err("Cannot send an empty message".to_owned());
    }
    // Discord counts code points; some clients count UTF-16 units, which are never fewer.
    if content.encode_utf16().count() > 2_000 {
        return Err(format!("{} characters", content.chars().count()));
    }
    if let Err(error) = twilight_validate::message::content(content) {
        state.fault(format!("content: {error}"));
    }
    let mentions = &body["allowed_mentions"];
    if mentions["parse"] != json!([]) || mentions.get("users").is_some_and(|u| u != &json!([])) {
        state.fault(format!("a message could ping: {mentions}"));
    }
    art_is_whole(state, content);
    rows_are_sound(state, body);
    files_are_sound(state, body);
    let mut ids: Vec<_> = custom_ids(&body["components"]);
    let count = ids.len();
    ids.sort();
    ids.dedup();
    if ids.len() != count {
        return Err("COMPONENT_CUSTOM_ID_DUPLICATED".to_owned());
    }
    Ok(())
}

/// The rows of a message or a form.
fn rows_are_sound(state: &State, body: &Value) {
    let rows = body["components"].as_array().cloned().unwrap_or_default();
    let components: Result<Vec<Component>, _> =
        rows.into_iter().map(serde_json::from_value).collect();
    match components {
        Err(error) => state.fault(format!("components: {error}")),
        Ok(components) => {
            let checked = twilight_validate::message::components(&components, false);
            let each = components.iter().try_for_each(twilight_validate::component::component_v1);
            if let Err(error) = checked {
                state.fault(format!("components: {error}"));
            } else if let Err(error) = each {
                state.fault(format!("components: {error}"));
            }
        }
    }
}

/// The names and descriptions of files.
fn files_are_sound(state: &State, body: &Value) {
    let files = body["attachments"].as_array().cloned().unwrap_or_default();
    if files.len() > 10 {
        state.fault(format!("{} files", files.len()));
    }
    for file in files {
        let name = file["filename"].as_str().unwrap_or_default();
        let description = file["description"].as_str().unwrap_or_default();
        let checked = twilight_validate::message::attachment_filename(name)
            .and_then(|()| twilight_validate::message::attachment_description(description));
        if let Err(error) = checked {
            state.fault(format!("a file: {error}"));
        }
    }
}

fn custom_ids(components: &Value) -> Vec<String> {
    let mut ids = Vec::new();
    for component in components.as_array().into_iter().flatten() {
        ids.extend(component["custom_id"].as_str().map(str::to_owned));
        ids.extend(custom_ids(&component["components"]));
    }
    ids
}

/// Art holds no backtick, no trailing space, no control character, and fits a phone or a screen. In a
/// block that is labelled `ansi`, the codes of the eight colours are no part of it.
fn art_is_whole(state: &State, content: &str) {
    let fences = content.matches("```").count();
    if !fences.is_multiple_of(2) {
        state.fault("a code block is not closed".to_owned());
    }
    let (fence, codes) = match content.contains("```ansi\n") {
        true => ("```ansi\n", vec![0, 30, 31, 32, 33, 34, 35, 36, 37]),
        false => ("```\n", vec![]),
    };
    let Some((_, rest)) = content.split_once(fence) else { return };
    let Some((art, _)) = rest.split_once("\n```") else { return };
    let art = codes
        .into_iter()
        .fold(art.to_owned(), |art, code: u8| art.replace(&format!("\u{1b}[{code}m"), ""));
    // Recipes stand in code blocks too; they have one line.
    for line in art.lines() {
        if line.contains('`') || line.ends_with(' ') || line.chars().any(char::is_control) {
            state.fault(format!("a line of the art is {line:?}"));
        }
    }
}

/// Discord's specification of request bodies.
pub struct Specification {
    validators: HashMap<(String, String), Validator>,
}

impl Specification {
    /// Reads the file where it is present.
    pub fn load() -> Option<Self> {
        let text = match std::env::var_os("DISCORD_SPECIFICATION") {
            Some(file) => std::fs::read_to_string(file).expect("the named specification is there"),
            None => {
                let root = Path::new(env!("CARGO_MANIFEST_DIR"));
                std::fs::read_to_string(root.join("../shared/discord/openapi.json")).ok()?
            }
        };
        let document: Value = serde_json::from_str(&text).expect("the specification is JSON");
        let mut validators = HashMap::new();
        for (path, method) in [
            ("/applications/{application_id}/commands", "put"),
            ("/interactions/{interaction_id}/{interaction_token}/callback", "post"),
            ("/webhooks/{webhook_id}/{webhook_token}", "post"),
            ("/webhooks/{webhook_id}/{webhook_token}/messages/@original", "patch"),
        ] {
            let body = &document["paths"][path][method]["requestBody"]["content"];
            let mut schema = body["application/json"]["schema"].clone();
            assert!(!schema.is_null(), "the specification has no {method} {path}");
            schema["components"] = document["components"].clone();
            let validator = jsonschema::validator_for(&schema).expect("a schema");
            validators.insert((path.to_owned(), method.to_owned()), validator);
        }
        Some(Self { validators })
    }
}

/// Checks a body by the specification, where that is present.
pub(super) fn body(state: &State, path: &str, method: &str, body: &Value) {
    let Some(specification) = &state.specification else { return };
    let validator = &specification.validators[&(path.to_owned(), method.to_owned())];
    let mut body = body.clone();
    // Permissions are numbers in the specification's words, and strings in Discord's documents.
    for command in body.as_array_mut().into_iter().flatten() {
        if let Some(bits) = command["default_member_permissions"].as_str() {
            command["default_member_permissions"] = bits.parse::<u64>().expect("bits").into();
        }
    }
    // Likewise the places of files, which are numbers in Discord's documents.
    let data = if body["data"].is_object() { &mut body["data"] } else { &mut body };
    if data["attachments"].is_array() {
        for file in data["attachments"].as_array_mut().into_iter().flatten() {
            file["id"] = file["id"].to_string().into();
        }
    }
    if let Err(error) = validator.validate(&body) {
        let mut shown = error.to_string();
        shown.truncate(600);
        state.fault(format!("{method} {path}: {shown}"));
    }
}

/// What is wrong must be found: else all the checking is worth nothing.
mod tests {
    use super::*;

    fn state() -> State {
        State { specification: Specification::load(), ..State::default() }
    }

    fn letter(changes: Value) -> Value {
        let mut letter = json!({
            "content": "```\n/\\\n```\n**cat**", "allowed_mentions": {"parse": []},
            "components": [{"type": 1, "components": [
                {"type": 2, "style": 2, "label": "Again", "custom_id": "1:again:1"}]}],
        });
        let fields = letter.as_object_mut().expect("an object");
        fields.extend(changes.as_object().expect("an object").clone());
        letter
    }

    #[test]
    fn a_sound_message_passes() {
        let state = state();
        assert_eq!(message(&state, &letter(json!({}))), Ok(()));
        let coloured = json!({"content": "```ansi\n \u{1b}[31m/\\\u{1b}[0m\n```\n**cat**"});
        assert_eq!(message(&state, &letter(coloured)), Ok(()));
        assert_eq!(*state.faults.lock().expect("sound"), Vec::<String>::new());
    }

    #[test]
    fn an_unsound_message_is_found_out() {
        let row = |button: Value| json!([{"type": 1, "components": [button]}]);
        for changes in [
            json!({"content": ""}),
            json!({"content": "x".repeat(2_001)}),
            json!({"content": "```\nart \n```"}),
            json!({"content": "```\na`b\n```"}),
            json!({"content": "```\n\u{1b}[31mart\n```"}),
            json!({"content": "```ansi\n\u{1b}[38mart\n```"}),
            json!({"content": "```ansi\n\u{1b}[31mart \u{1b}[0m \n```"}),
            json!({"content": "```\nart"}),
            json!({"allowed_mentions": {"parse": ["users"]}}),
            json!({"allowed_mentions": null}),
            json!({"components": row(json!({"type": 2, "style": 2, "custom_id": "x".repeat(101)}))}),
            json!({"components": row(json!({"type": 9}))}),
            json!({"attachments": [{"id": 0, "filename": "a/b.txt"}]}),
        ] {
            let state = state();
            let refused = message(&state, &letter(changes.clone())).is_err();
            let faults = state.faults.lock().expect("sound").len();
            assert!(refused || faults > 0, "{changes}");
        }
    }

    #[test]
    fn the_specification_finds_what_is_wrong_where_it_is_present() {
        let state = state();
        if state.specification.is_none() {
            return;
        }
        let path = "/interactions/{interaction_id}/{interaction_token}/callback";
        body(&state, path, "post", &json!({"type": 4, "data": letter(json!({}))}));
        assert_eq!(*state.faults.lock().expect("sound"), Vec::<String>::new());
        body(&state, path, "post", &json!({"type": 4, "data": letter(json!({"content": 7}))}));
        body(&state, path, "post", &json!({"type": 77}));
        assert_eq!(state.faults.lock().expect("sound").len(), 2);
    }
}
