//! Each command once, as people use it.
use crate::fake::Place;
use crate::world::{ANNA, BERT, GUILD, World, art, ascii, seed};
use serde_json::{Value, json};

fn here() -> Place {
    Place::member(GUILD, ANNA)
}

/// Options behind a subcommand.
fn sub(name: &str, options: Value) -> Value {
    json!([{"name": name, "type": 1, "options": options}])
}

fn text(name: &str, value: &str) -> Value {
    json!({"name": name, "type": 3, "value": value})
}

#[tokio::test]
async fn ascii_draws_and_says_how() {
    let world = World::new().await;
    let first = world.ascii(here(), "ring", json!([])).await;
    assert_eq!(first.answer.as_ref().map(|answer| answer.0), Some(5), "it defers first");
    assert!(first.answered_in().expect("answered").as_secs() < 3);
    assert_eq!(art(&first).len(), 18);
    let line = first.content().lines().last().expect("a line").to_owned();
    assert!(line.starts_with("**ring** · seed ") && line.ends_with("36×18"), "{line}");
    for label in ["Again", "Vary", "Edit", "Recipe", "Delete", "Share"] {
        assert!(first.button(label).is_some(), "{label}");
    }
    // The same words give the same drawing, now from memory and at once.
    let again = world.ascii(Place::member(GUILD, BERT), "Ring", json!([])).await;
    assert_eq!(again.answer.as_ref().map(|answer| answer.0), Some(4));
    assert_eq!(art(&again), art(&first));
    let options = json!([
        text("size", "desktop"), text("style", "braille"),
        {"name": "seed", "type": 4, "value": 7}, {"name": "steps", "type": 4, "value": 4},
        {"name": "private", "type": 5, "value": true},
    ]);
    let private = world.ascii(here(), "ring", options).await;
    assert!(private.is_private());
    assert_eq!((art(&private).len(), seed(&private)), (30, 7));
    assert!(private.button("Share").is_none(), "what is private is not shared");
}

#[tokio::test]
async fn colours_are_shown_on_desktop_when_asked_for() {
    let world = World::with(&[("GLYFFUSE__LIMITS__MEMBER_PER_MINUTE", "100")]).await;
    let options = |size: &str, colour: bool| json!([text("size", size), {"name": "colour", "type": 5, "value": colour}]);
    let plain = world.ascii(here(), "a red ring", options("desktop", false)).await;
    let red = world.ascii(here(), "a red ring", options("desktop", true)).await;
    let without_codes = |content: &str| {
        let content = content.replace("```ansi\n", "```\n").replace("\u{1b}[31m", "");
        content.replace("\u{1b}[0m", "")
    };
    assert!(red.content().starts_with("```ansi\n"), "{}", red.content());
    assert!(red.content().contains("\u{1b}[31m") && red.content().contains("\u{1b}[0m\n```\n"));
    assert_eq!(without_codes(red.content()), plain.content());
    assert_eq!(art(&plain).len(), 30);
    // What comes of it is in colour too; its file and the gallery have the characters alone.
    let varied = world.press(here(), &red, "Vary").await;
    assert!(varied.content().starts_with("```ansi\n"), "{}", varied.content());
    let again = world.press(here(), &plain, "Again").await;
    assert!(again.content().starts_with("```\n"), "{}", again.content());
    let shared = world.press(here(), &red, "Share").await;
    assert!(shared.told_privately().is_some_and(|said| said.contains("number 1")));
    let hung = world.ask(here().command("gallery", &sub("new", json!([])))).await;
    assert_eq!(art(&hung), art(&plain));
    // Without a colour nothing changes, and phones show the codes as text.
    let none = world.ascii(here(), "a ring", options("desktop", true)).await;
    assert!(none.content().starts_with("```\n"), "{}", none.content());
    let phone = world.ascii(here(), "a red ring", options("phone", true)).await;
    assert!(phone.content().starts_with("-# Phones show no colour"), "{}", phone.content());
    assert!(art(&phone).len() == 18 && !phone.content().contains('\u{1b}'));
}

#[tokio::test]
async fn commands_are_registered_once_and_only_when_they_changed() {
    let mut world = World::new().await;
    let names: Vec<_> = world.discord.registrations()[0]
        .iter()
        .map(|command| command["name"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(
        names,
        ["ascii", "Draw as ASCII", "letters", "gallery", "prompts", "glyffuse", "privacy", "help"]
    );
    assert!(world.log().contains("permissions=0"), "the invite link: {}", world.log());
    world.terminate();
    assert!(world.ended().await.success());
    world.start();
    world.connected().await;
    assert_eq!(world.discord.registrations().len(), 1);
    world.terminate();
    assert!(world.ended().await.success());
    world.set("GLYFFUSE__LIMITS__MOST_STEPS", "60");
    world.start();
    world.connected().await;
    let registrations = world.discord.registrations();
    assert_eq!(registrations.len(), 2, "they are others now");
    let steps = |commands: &[Value]| commands[0]["options"][4]["max_value"].clone();
    assert_eq!((steps(&registrations[0]), steps(&registrations[1])), (json!(50), json!(60)));
}

#[tokio::test]
async fn a_key_seals_what_lies_in_the_database() {
    let mut world = World::with(&[("GLYFFUSE_PROMPT_KEY", "a key that nobody guesses")]).await;
    let drawn = world.ascii(here(), "a hidden ring", json!([])).await;
    world.terminate();
    assert!(world.ended().await.success());
    let file = std::fs::read(world.database()).expect("readable");
    assert!(!file.windows(6).any(|part| part == b"hidden"));
    world.start();
    world.connected().await;
    assert!(world.press(here(), &drawn, "Again").await.content().contains("**a hidden ring**"));
}

#[tokio::test]
async fn a_message_to_the_bot_and_a_user_install_are_answered() {
    let world = World::new().await;
    let direct = world.ascii(Place::direct(ANNA), "bar", json!([])).await;
    assert_eq!(art(&direct).len(), 18);
    assert!(direct.button("Share").is_none(), "there is no gallery outside servers");
    let mut brought = here().command("ascii", &ascii("bar", json!([])));
    brought["authorizing_integration_owners"] = json!({"1": ANNA.to_string()});
    assert_eq!(art(&world.ask(brought).await), art(&direct));
}

#[tokio::test]
async fn a_messages_text_is_drawn() {
    let world = World::new().await;
    let drawn = world.ask(here().message_command("Draw as ASCII", "what a nice ring!")).await;
    assert!(drawn.content().contains("**what a nice ring!**"), "{}", drawn.content());
    let long = world.ask(here().message_command("Draw as ASCII", &"ring ".repeat(300))).await;
    assert_eq!(art(&long).len(), 18);
    let empty = world.ask(here().message_command("Draw as ASCII", "")).await;
    assert!(empty.told_privately().is_some_and(|said| said.contains("no text")));
}

#[tokio::test]
async fn letters_are_written_large() {
    let world = World::new().await;
    let letters = world.ask(here().command("letters", &json!([text("text", "OHIO")]))).await;
    assert_eq!(art(&letters).len(), 18);
    assert!(letters.content().contains("**OHIO**"), "{}", letters.content());
    let slanted = json!([text("text", "OHIO"), text("style", "slant")]);
    let slanted = world.ask(here().command("letters", &slanted)).await;
    assert_ne!(art(&slanted), art(&letters));
    let unknown = world.ask(here().command("letters", &json!([text("text", "naïve")]))).await;
    assert!(unknown.told_privately().is_some_and(|said| said.contains("'ï'")));
}

#[tokio::test]
async fn prompts_are_kept_used_and_deleted() {
    let world = World::new().await;
    let prompts = |options| world.ask(here().command("prompts", &options));
    let none = prompts(sub("list", json!([]))).await;
    assert!(none.told_privately().is_some_and(|said| said.contains("no saved prompts")));
    let save = sub("save", json!([text("name", "pet"), text("text", "a ring")]));
    assert!(prompts(save).await.told_privately().is_some_and(|said| said.contains("Saved")));
    let listed = prompts(sub("list", json!([]))).await;
    assert!(listed.content().contains("**pet** a ring"), "{}", listed.content());
    let typing = sub("use", json!([{"name": "name", "type": 3, "value": "p", "focused": true}]));
    let offered = world.ask(here().autocomplete("prompts", &typing)).await;
    assert_eq!(offered.message()["choices"][0]["value"], "pet");
    let used = prompts(sub("use", json!([text("name", "pet")]))).await;
    assert!(used.content().contains("**a ring**"));
    let recipe = world.press(here(), &used, "Recipe").await;
    let code = recipe.content().lines().find(|line| line.starts_with("gly1-")).expect("a code");
    prompts(sub("save", json!([text("name", "pet"), text("text", code)]))).await;
    let redrawn = prompts(sub("use", json!([text("name", "pet")]))).await;
    assert_eq!(art(&redrawn), art(&used), "a recipe is kept as well");
    let gone = prompts(sub("delete", json!([text("name", "pet")]))).await;
    assert!(gone.content().contains("deleted"));
    let unknown = prompts(sub("use", json!([text("name", "pet")]))).await;
    assert!(unknown.told_privately().is_some_and(|said| said.contains("no prompt")));
}

#[tokio::test]
async fn suggestions_are_ones_own_then_the_servers_then_the_models() {
    let world = World::new().await;
    world.ascii(here(), "my own ring", json!([])).await;
    world.ascii(Place::member(GUILD, BERT), "shared ring", json!([])).await;
    world.ascii(Place::member(GUILD, BERT + 1), "shared ring", json!([])).await;
    let typed = |text: &str| json!([{"name": "text", "type": 3, "value": text, "focused": true}]);
    let offered = world.ask(here().autocomplete("ascii", &typed("ring"))).await;
    let values: Vec<_> = offered.message()["choices"]
        .as_array()
        .expect("choices")
        .iter()
        .map(|choice| choice["value"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(values, ["ring", "my own ring", "shared ring"]);
    let elsewhere =
        world.ask(Place::direct(BERT + 5).autocomplete("ascii", &typed("shared"))).await;
    assert_eq!(elsewhere.message()["choices"], json!([]), "that is the server's business");
    let closed = sub("settings", json!([{"name": "sharing", "type": 5, "value": false}]));
    world.ask(Place::admin(GUILD, BERT).command("glyffuse", &closed)).await;
    let offered = world.ask(here().autocomplete("ascii", &typed("shared"))).await;
    assert_eq!(offered.message()["choices"], json!([]), "the admins do not want it");
}

#[tokio::test]
async fn help_and_privacy_answer_the_one_who_asks() {
    let world = World::new().await;
    let help = world.ask(here().command("help", &json!([]))).await;
    assert!(help.told_privately().is_some_and(|said| said.contains("/ascii")));
    let privacy = world.ask(here().command("privacy", &json!([]))).await;
    assert!(privacy.told_privately().is_some_and(|said| said.contains("90 days")));
}

#[tokio::test]
async fn a_person_gets_everything_and_can_have_it_forgotten() {
    let world = World::new().await;
    let drawn = world.ascii(here(), "a ring of mine", json!([])).await;
    world.press(here(), &drawn, "Share").await;
    world.ascii(Place::direct(ANNA), "a bar", json!([])).await;
    let privacy = world.ask(here().command("privacy", &json!([]))).await;
    let export = world.press(here(), &privacy, "Export mine").await;
    let (name, bytes) = &export.files[0];
    let exported: Value = serde_json::from_slice(bytes).expect("JSON");
    assert_eq!(name, "glyffuse-my-data.json");
    assert_eq!(exported["drawings"].as_array().map(Vec::len), Some(2));
    assert_eq!(exported["drawings"][0]["prompt"], "a ring of mine");
    assert_eq!(exported["gallery"].as_array().map(Vec::len), Some(1));
    let sure = world.press(here(), &privacy, "Delete mine").await;
    let done = world.press(here(), &sure, "Yes, delete everything of mine").await;
    assert!(done.content().contains("3 entries"), "{}", done.content());
    let gallery = world.ask(here().command("gallery", &sub("new", json!([])))).await;
    assert!(gallery.content().contains("empty"));
    let old = world.press(here(), &drawn, "Again").await;
    assert!(old.told_privately().is_some_and(|said| said.contains("too old")));
}

#[tokio::test]
async fn admins_settle_what_holds_in_their_server() {
    let world = World::new().await;
    let admin = Place::admin(GUILD, BERT);
    let settings = |options| world.ask(admin.command("glyffuse", &sub("settings", options)));
    let shown = settings(json!([])).await;
    assert!(shown.content().contains("6 of a member (the bot's default)"), "{}", shown.content());
    let changed = settings(json!([
        text("size", "desktop"), text("style", "blocks"),
        {"name": "member_per_minute", "type": 4, "value": 2},
        {"name": "keep_days", "type": 4, "value": 3}, {"name": "sharing", "type": 5, "value": false},
    ]))
    .await;
    for part in ["as changed", "2 of a member,", "size desktop ·", "after 3 days\n", "off"] {
        assert!(changed.content().contains(part), "{part}: {}", changed.content());
    }
    let drawn = world.ascii(here(), "ring", json!([])).await;
    assert_eq!(art(&drawn).len(), 30);
    assert!(drawn.button("Share").is_none());
    // The other server has its own.
    let elsewhere = Place::member(crate::world::OTHER_GUILD, ANNA);
    assert_eq!(art(&world.ascii(elsewhere, "ring", json!([])).await).len(), 18);
    let refused = world.ask(here().command("glyffuse", &sub("settings", json!([])))).await;
    assert!(refused.told_privately().is_some_and(|said| said.contains("manage the server")));
    let status = world.ask(admin.command("glyffuse", &sub("status", json!([])))).await;
    for part in
        ["model `tiny@", "queue: 0", "cache: ", "median", "95 of 100", env!("CARGO_PKG_VERSION")]
    {
        assert!(status.content().contains(part), "{part}: {}", status.content());
    }
}

#[tokio::test]
async fn channels_and_members_can_be_shut_out() {
    let world = World::new().await;
    let admin = Place::admin(GUILD, BERT);
    let channel = (GUILD + 9).to_string();
    let resolved = json!({"channels": {channel.clone(): {
        "id": channel.clone(), "name": "art", "type": 0, "permissions": "0", "parent_id": null,
    }}});
    let option = json!([{"name": "allow_channel", "type": 7, "value": channel.clone()}]);
    let allow = admin.command_resolving("glyffuse", &sub("settings", option), &resolved);
    assert!(world.ask(allow).await.content().contains(&format!("<#{channel}>")));
    let refused = world.ascii(here(), "ring", json!([])).await;
    assert!(refused.told_privately().is_some_and(|said| said.contains(&format!("<#{channel}>"))));
    let there = Place { channel: GUILD + 9, ..here() };
    assert_eq!(art(&world.ascii(there, "ring", json!([])).await).len(), 18);
    // A thread of it, or a post of a forum, belongs to it.
    let in_thread = there.command("ascii", &ascii("ring", json!([])));
    assert_eq!(art(&world.ask(there.in_thread(GUILD + 99, in_thread)).await).len(), 18);
    let elsewhere = here().command("ascii", &ascii("ring", json!([])));
    let refused = world.ask(here().in_thread(GUILD + 98, elsewhere)).await;
    assert!(refused.told_privately().is_some_and(|said| said.contains("not allowed")));
    let member = |name: &str| {
        let options = sub(name, json!([{"name": "member", "type": 6, "value": ANNA.to_string()}]));
        let users = json!({"users": {ANNA.to_string(): {
            "id": ANNA.to_string(), "username": "anna", "discriminator": "0", "avatar": null,
            "global_name": null,
        }}});
        admin.command_resolving("glyffuse", &options, &users)
    };
    assert!(world.ask(member("block")).await.content().contains("no more"));
    let blocked = world.ascii(there, "ring", json!([])).await;
    assert!(blocked.told_privately().is_some_and(|said| said.contains("do not let you draw")));
    assert!(world.ask(member("unblock")).await.content().contains("again"));
    assert_eq!(art(&world.ascii(there, "ring", json!([])).await).len(), 18);
}
