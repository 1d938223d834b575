//! What must hold for whatever comes in: one function a target. Shared by the fuzz targets, and by
//! `tests/fuzz.rs`, which holds the committed corpora against them in every run of the tests.
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use glyffuse::config::{Settings, with_setting};
use glyffuse::diffusion::NoiseSchedule;
use glyffuse::discord::{Payload, read_payload};
use glyffuse::domain::{CanvasSize, Dots, Lettering, Prompt, Recipe, Seed, Style, Variation};
use glyffuse::model::{Lexicon, Manifest, normalise, scene};
use glyffuse::picture;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// Panics where something does not hold.
pub type Check = fn(&[u8]);

/// Every target with its check.
pub const ALL: [(&str, Check); 6] = [
    ("prompt", prompt),
    ("recipe", recipe),
    ("config", config),
    ("manifest", manifest),
    ("interaction", interaction),
    ("picture", picture),
];

/// The files of the tiny model.
static TINY: LazyLock<PathBuf> = LazyLock::new(|| {
    let mut folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let found =
        folders.find_map(|folder| Some(folder.join("tests/data/tiny")).filter(|f| f.is_dir()));
    found.expect("the tiny model is there")
});
static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let manifest = Manifest::read(&TINY).expect("sound");
    Lexicon::read(&TINY, &manifest.lexicon).expect("sound")
});

/// What people read is one line, not empty, and steers no terminal.
fn is_one_line(error: impl Display, longest: usize) {
    let said = error.to_string();
    assert!(!said.trim().is_empty() && !said.chars().any(char::is_control), "{said:?}");
    assert!(said.chars().count() <= longest, "{} characters: {said}", said.chars().count());
}

/// The words of a request: what is accepted is tidy, is accepted again, and can be drawn from.
pub fn prompt(bytes: &[u8]) {
    let text = &String::from_utf8_lossy(bytes);
    let normal = normalise(text);
    assert_eq!(normalise(&normal), normal, "phrases have one form");
    match Prompt::new(text) {
        Err(error) => is_one_line(error, 200),
        Ok(prompt) => is_tidy(&prompt),
    }
}

fn is_tidy(prompt: &Prompt) {
    let text = prompt.as_str();
    assert!((1..=Prompt::LONGEST).contains(&text.chars().count()));
    assert!(text.trim() == text && !text.contains("  ") && !text.chars().any(char::is_control));
    let turns =
        |c: char| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200B}');
    assert!(!text.chars().any(turns), "{text:?}");
    assert_eq!(Prompt::new(text).as_ref(), Ok(prompt), "tidied once is tidied");
    let json = serde_json::to_string(prompt).expect("a string");
    assert_eq!(&serde_json::from_str::<Prompt>(&json).expect("a prompt"), prompt);
    let seed = |prompt: &Prompt| Seed::derive("tiny@1", prompt, Variation::FIRST);
    if let Ok(lower) = Prompt::new(&text.to_lowercase()) {
        assert_eq!(seed(prompt), seed(&lower), "case does not matter");
    }
    let concept = |text: &str| LEXICON.known(text).map(|meaning| meaning.concept);
    assert_eq!(concept(text), concept(&normalise(text)));
    match Lettering::of(prompt) {
        Err(error) => is_one_line(error, 200),
        Ok(letters) => {
            let lines = letters.lines();
            assert!((1..=3).contains(&lines.len()) && text.contains(&lines.join(" ")), "{lines:?}");
            assert!(lines.iter().all(|line| !line.is_empty() && line.is_ascii()), "{lines:?}");
        }
    }
    for part in scene(&LEXICON, prompt).into_iter().flatten() {
        let (place, room) = (part.place, 1.0 + 1e-4);
        assert!(place.top >= 0.0 && place.left >= 0.0 && place.height > 0.0 && place.width > 0.0);
        assert!(place.top + place.height <= room && place.left + place.width <= room, "{place:?}");
    }
}

/// A recipe, as a code or as JSON; bytes that begin as neither are the inside of a code, to which the
/// checksum is added here. What is accepted comes back from its code and from its JSON.
pub fn recipe(bytes: &[u8]) {
    let as_text = bytes.starts_with(b"gly1-") || bytes.trim_ascii_start().starts_with(b"{");
    let text = match as_text {
        true => String::from_utf8_lossy(bytes).into_owned(),
        false => {
            let sum = Sha256::digest(bytes);
            format!("gly1-{}", URL_SAFE_NO_PAD.encode([bytes, &sum[..2]].concat()))
        }
    };
    let recipe = match Recipe::parse(&text) {
        Err(error) => return is_one_line(error, 600),
        Ok(recipe) => recipe,
    };
    comes_back(&recipe);
    is_tidy(&recipe.prompt);
    if let Some(origin) = &recipe.origin {
        let map = origin.picture.map().expect("a picture has a side");
        assert_eq!(Dots::of(&map).as_ref(), Ok(&origin.picture));
    }
}

fn comes_back(recipe: &Recipe) {
    let code = recipe.code();
    assert!(
        Recipe::is_code(&code)
            && code.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    );
    let read = Recipe::parse(&code).unwrap_or_else(|error| panic!("{error}: {code}"));
    assert_eq!(&read, recipe, "a code gives back its recipe");
    assert_eq!(read.code(), code, "a recipe has one code");
    let json = serde_json::to_string(recipe).expect("a recipe is JSON");
    assert_eq!(&Recipe::parse(&json).expect("JSON of ours"), recipe);
    assert_eq!(&Recipe::of(&recipe.request(), &recipe.model), recipe);
}

/// Settings: a file, and behind a line `---` variables, one a line. What is accepted is in range, and
/// still accepted when `glyffuse setup` has written into it.
pub fn config(bytes: &[u8]) {
    let text = &String::from_utf8_lossy(bytes);
    let (file, variables) = text.split_once("\n---\n").unwrap_or((text, ""));
    let variables = variables.lines().filter_map(|line| line.split_once('='));
    let variables: Vec<_> =
        variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let settings = match Settings::of_text(file, variables.clone()) {
        Err(error) => return is_one_line(error, usize::MAX),
        Ok(settings) => settings,
    };
    assert!((1..=10_000).contains(&settings.engine.queue) && settings.engine.batch >= 1);
    assert!((1..=600).contains(&settings.limits.member_per_minute));
    assert!((1..=1_000).contains(&settings.limits.most_steps));
    assert!(!settings.runtime.providers.is_empty() && !settings.model.name.is_empty());
    assert!(
        settings.discord.api_base.is_empty() || settings.discord.api_base.starts_with("http://")
    );
    let written =
        with_setting((Path::new("file"), file), ("discord", "token_file"), "/run/a \"b\"");
    let written = written.expect("what was read is TOML");
    let again = Settings::of_text(&written, variables.clone());
    let mut again = again.unwrap_or_else(|error| panic!("{error}\n{written}"));
    let by_variable =
        variables.iter().any(|(name, _)| name.to_ascii_lowercase().contains("discord__token_file"));
    assert!(by_variable || again.discord.token_file == "/run/a \"b\"", "{written}");
    again.discord.token_file.clone_from(&settings.discord.token_file);
    assert_eq!(again, settings, "nothing else changed: {written}");
}

/// A manifest: what is accepted can be drawn with and written down.
pub fn manifest(bytes: &[u8]) {
    let manifest = match Manifest::of_text(&String::from_utf8_lossy(bytes)) {
        Err(error) => return is_one_line(error, 600),
        Ok(manifest) => manifest,
    };
    is_one_line(manifest.id(), 100);
    let schedules =
        [Some(&manifest.noise_schedule), manifest.low_res.as_ref().map(|l| &l.noise_schedule)];
    for schedule in schedules.into_iter().flatten() {
        NoiseSchedule::shifted_cosine(schedule.num_train_timesteps, schedule.signal_scale)
            .expect("a schedule that was accepted");
    }
    if let Some(letters) = &manifest.letters {
        let hands = 1..=letters.hands.len() as i64;
        for style in letters.styles().into_iter().chain([""]) {
            let found = letters.hands_of(style);
            assert!(!found.is_empty() && found.iter().all(|hand| hands.contains(hand)), "{style}");
        }
    }
    for (file, hash) in &manifest.files {
        assert_eq!(TINY.join(file).parent(), Some(TINY.as_path()), "{file} leaves the folder");
        assert!(hash.len() == 64 && hash.bytes().all(|digit| digit.is_ascii_hexdigit()));
    }
    assert_eq!(manifest.fingerprint().len(), 64);
    let defaults = &manifest.defaults;
    let styles = manifest.letters.iter().flat_map(|letters| letters.styles());
    let kinds = manifest.denoiser.kinds.iter().cloned().chain(styles.map(Lettering::kind_of));
    for kind in kinds {
        comes_back(&Recipe {
            model: manifest.id(),
            prompt: Prompt::new("cat").expect("sound"),
            seed: Seed::new(1),
            size: CanvasSize::Phone,
            style: Style::Line,
            charset: None,
            steps: defaults.steps,
            guidance_scale: defaults.guidance_scale,
            sampler: defaults.sampler,
            kind,
            change: 0,
            origin: None,
        });
    }
}

/// The payload of an interaction: JSON, or a digit that says into which field of a sound one the rest
/// goes. Whatever comes, a person is told sound sentences, and nothing is fetched from elsewhere.
pub fn interaction(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let text = match text.chars().next() {
        Some(field @ '0'..='9') => payload(field, &text[1..]).to_string(),
        _ => text.into_owned(),
    };
    if serde_json::from_str(&text).is_ok_and(|value: Value| breaks_serenity(&value)) {
        return;
    }
    let Some(payload) = read_payload(&text) else { return };
    let Payload { user, guild, brought, action, prompt, offers, picture, said, .. } = payload;
    assert!(user > 0 && !(brought && guild.is_some()), "a guest has no guild");
    if let Some(action) = action {
        assert!(action.len() <= 100, "{action}");
        let pressed = read_payload(&self::payload('0', &action).to_string()).expect("sound");
        assert_eq!(pressed.action, Some(action), "a button stands for one thing");
    }
    prompt.iter().for_each(is_tidy);
    let unlike: BTreeSet<_> = offers.iter().map(|offer| offer.to_lowercase()).collect();
    assert!(offers.len() <= 25 && unlike.len() == offers.len(), "{offers:?}");
    assert!(offers.iter().all(|offer| offer.chars().count() <= 100));
    if let Some(address) = picture {
        let hosts = ["https://cdn.discordapp.com/", "https://media.discordapp.net/"];
        assert!(hosts.iter().any(|host| address.starts_with(host)), "{address}");
    }
    for sentence in said {
        is_one_line(&sentence, 2_000);
        assert!(sentence.encode_utf16().count() <= 2_000);
    }
}

/// Whether a text has the length of a picture's hash and is none: Serenity 0.12 panics where a character
/// lies across two of its bytes. The bot lives through it (`tests/bot/outages.rs`).
fn breaks_serenity(value: &Value) -> bool {
    match value {
        Value::String(text) => matches!(text.len(), 32 | 34) && !text.is_ascii(),
        Value::Array(values) => values.iter().any(breaks_serenity),
        Value::Object(fields) => fields.values().any(breaks_serenity),
        _ => false,
    }
}

/// A sound payload with a text in one field.
fn payload(field: char, text: &str) -> Value {
    let number = text.trim().parse::<i64>().unwrap_or(7);
    let option =
        |name: &str, kind: u64, value: Value| json!({"name": name, "type": kind, "value": value});
    let words = option("text", 3, json!("cat"));
    let (kind, data) = match field {
        '0' => (3, json!({"custom_id": text, "component_type": 2})),
        '1' | '2' => {
            let custom_id = if field == '1' { text } else { "1:edit:1" };
            let input = json!({"type": 4, "custom_id": "text", "value": text});
            (5, json!({"custom_id": custom_id, "components": [{"type": 1, "components": [input]}]}))
        }
        '3' => {
            let mut typed = option("text", 3, json!(text));
            typed["focused"] = true.into();
            (4, json!({"options": [typed]}))
        }
        '4' => (2, json!({"options": [option("text", 3, json!(text))]})),
        '5' => (2, json!({"options": [words, option("size", 3, json!(text))]})),
        '6' => (
            2,
            json!({"options": [words, option("seed", 4, json!(number)),
            option("steps", 4, json!(number)), option("strength", 4, json!(number))]}),
        ),
        '7' => {
            let file = json!({"id": "9", "filename": "a.png", "size": 9, "url": text,
                "proxy_url": text, "content_type": "image/png"});
            (
                2,
                json!({"options": [words, option("picture", 11, json!("9"))],
                "resolved": {"attachments": {"9": file}}}),
            )
        }
        '8' => {
            let mut user = user();
            user["avatar"] = text.into();
            (
                2,
                json!({"options": [words, option("avatar", 6, json!("5"))],
                "resolved": {"users": {"5": user}}}),
            )
        }
        _ => (2, json!({"options": [{"name": text, "type": 1, "options": [words]}]})),
    };
    let mut data = data;
    if kind == 2 || kind == 4 {
        data["id"] = "3".into();
        data["name"] = "ascii".into();
        data["type"] = 1.into();
    }
    json!({
        "id": "1500000000000000001", "application_id": "2", "type": kind, "data": data,
        "channel_id": "4", "token": "t", "version": 1, "user": user(), "locale": "en-US",
        "entitlements": [], "authorizing_integration_owners": {"1": "5"}, "context": 1,
        "app_permissions": "0", "attachment_size_limit": 1, "message": {
            "id": "6", "channel_id": "4", "author": user(), "content": "", "timestamp":
            "2026-01-01T00:00:00+00:00", "edited_timestamp": null, "tts": false,
            "mention_everyone": false, "mentions": [], "mention_roles": [], "attachments": [],
            "embeds": [], "pinned": false, "type": 0, "components": [],
        },
    })
}

fn user() -> Value {
    json!({"id": "5", "username": "anna", "discriminator": "0", "global_name": null,
        "avatar": null, "bot": false})
}

/// A picture that a stranger sends: dots of the wanted size with ink in them, or a plain refusal.
pub fn picture(bytes: &[u8]) {
    match picture::dots(bytes.to_vec(), 24) {
        Err(error) => is_one_line(error, 200),
        Ok(dots) => {
            let map = dots.map().expect("dots have a side");
            assert!(dots.side() == 24 && map.view().iter().any(|ink| *ink > 0.0));
            assert_eq!(Dots::try_from(String::from(dots.clone())), Ok(dots));
        }
    }
}
