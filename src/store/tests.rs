//! The store against a real file.
use super::*;
use crate::domain::{
    CanvasSize, GuidanceScale, GuildSettings, Prompt, Recipe, SamplerName, Seed, Steps, Style,
};
use tempfile::TempDir;

async fn store() -> (Store, TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let cipher = PromptCipher::new(Some(&"key".into()));
    let store = Store::open(&folder.path().join("new/glyffuse.db"), cipher).await;
    (store.expect("opens"), folder)
}

fn new(guild: Option<u64>, user: u64, prompt: &str) -> NewDrawing {
    NewDrawing {
        guild,
        user,
        recipe: Recipe {
            model: "small@1".to_owned(),
            prompt: Prompt::new(prompt).expect("sound"),
            seed: Seed::new(u32::MAX),
            size: CanvasSize::Desktop,
            style: Style::Filled,
            charset: None,
            steps: Steps::try_from(12).expect("in range"),
            guidance_scale: GuidanceScale::try_from(2.5).expect("in range"),
            sampler: SamplerName::DpmSolver,
            kind: "any".to_owned(),
            change: 0,
            origin: None,
        },
        private: false,
        given_seed: Some(Seed::new(u32::MAX)),
        variation: 2,
        root: None,
    }
}

fn words(prompts: Vec<Prompt>) -> Vec<String> {
    prompts.into_iter().map(String::from).collect()
}

#[tokio::test]
async fn a_drawing_comes_back_as_it_went_in() {
    let (store, folder) = store().await;
    let first = new(Some(u64::MAX >> 1), 7, "a hidden 猫");
    let number = store.record(&first).await.expect("recorded");
    let found = store.drawing(number).await.expect("no failure").expect("there");
    assert_eq!((found.id, found.root()), (number, number));
    assert_eq!(found.drawing.recipe, first.recipe);
    assert_eq!(found.drawing.guild, first.guild);
    assert_eq!(found.drawing.given_seed, first.given_seed);
    let child = NewDrawing { root: Some(number), ..first };
    let child = store.record(&child).await.expect("recorded");
    assert_eq!(store.drawing(child).await.expect("no failure").expect("there").root(), number);
    assert!(store.drawing(99).await.expect("no failure").is_none());
    store.close().await;
    let file = std::fs::read(folder.path().join("new/glyffuse.db")).expect("readable");
    assert!(!file.windows(6).any(|part| part == b"hidden"), "the prompt lies open in the file");
}

#[tokio::test]
async fn what_was_written_is_there_after_a_restart() {
    let (store, folder) = store().await;
    let number = store.record(&new(None, 7, "cat")).await.expect("recorded");
    drop(store);
    let cipher = PromptCipher::new(Some(&"key".into()));
    let again = Store::open(&folder.path().join("new/glyffuse.db"), cipher).await.expect("opens");
    assert!(again.drawing(number).await.expect("no failure").is_some());
    let second = again.record(&new(None, 7, "cat")).await.expect("recorded");
    assert_eq!(again.drawing(second).await.expect("no failure").expect("there").root(), second);
}

#[tokio::test]
async fn no_two_buttons_give_the_same() {
    let (store, _folder) = store().await;
    let number = store.record(&new(None, 7, "cat")).await.expect("recorded");
    assert_eq!(store.next_variation(number).await.expect("no failure"), Some(3));
    assert_eq!(store.next_variation(number).await.expect("no failure"), Some(4));
    assert_eq!(store.next_change(number).await.expect("no failure"), Some(1));
    assert_eq!(store.next_change(number).await.expect("no failure"), Some(2));
    assert_eq!(store.next_variation(99).await.expect("no failure"), None);
}

#[tokio::test]
async fn suggestions_are_ones_own_and_what_several_asked_openly() {
    let (store, _folder) = store().await;
    for (user, prompt) in [(1, "cat"), (1, "dog"), (1, "CAT"), (2, "dog"), (2, "owl")] {
        store.record(&new(Some(5), user, prompt)).await.expect("recorded");
    }
    let private = NewDrawing { private: true, ..new(Some(5), 1, "owl") };
    store.record(&private).await.expect("recorded");
    let recent = store.recent_prompts(1, 10).await.expect("no failure");
    assert_eq!(words(recent), ["owl", "CAT", "dog"]);
    assert_eq!(words(store.popular_prompts(5, 10).await.expect("no failure")), ["dog"]);
    assert!(store.popular_prompts(6, 10).await.expect("no failure").is_empty());
}

#[tokio::test]
async fn prompts_are_saved_by_name() {
    let (store, _folder) = store().await;
    let prompt = |text: &str| Prompt::new(text).expect("sound");
    store.save_prompt(1, "pet", &prompt("cat")).await.expect("saved");
    store.save_prompt(1, "pet", &prompt("dog")).await.expect("saved");
    assert_eq!(store.saved_prompt(1, "pet").await.expect("no failure"), Some(prompt("dog")));
    assert_eq!(store.saved_prompt(2, "pet").await.expect("no failure"), None);
    for number in 1..Store::MOST_SAVED {
        store.save_prompt(1, &number.to_string(), &prompt("cat")).await.expect("saved");
    }
    let full = store.save_prompt(1, "one more", &prompt("cat")).await;
    assert!(matches!(full, Err(SaveError::TooMany(Store::MOST_SAVED))));
    store.save_prompt(1, "pet", &prompt("owl")).await.expect("a name that is there");
    assert!(store.delete_prompt(1, "pet").await.expect("no failure"));
    assert!(!store.delete_prompt(1, "pet").await.expect("no failure"));
    assert_eq!(store.saved_prompts(1).await.expect("no failure").len(), 49);
}

#[tokio::test]
async fn a_gallery_has_one_vote_a_member() {
    let (store, _folder) = store().await;
    let mut exhibits = Vec::new();
    for (user, prompt) in [(1, "cat"), (2, "dog"), (1, "owl")] {
        let number = store.record(&new(Some(5), user, prompt)).await.expect("recorded");
        let drawing = store.drawing(number).await.expect("no failure").expect("there");
        let (exhibit, fresh) = store.share(5, &drawing, "/\\").await.expect("shared");
        assert!(fresh);
        assert_eq!(store.share(5, &drawing, "/\\").await.expect("shared"), (exhibit, false));
        exhibits.push(exhibit);
    }
    assert!(store.toggle_vote(exhibits[1], 9).await.expect("votes"));
    assert!(store.toggle_vote(exhibits[1], 8).await.expect("votes"));
    assert!(!store.toggle_vote(exhibits[1], 8).await.expect("votes"));
    assert!(store.toggle_vote(99, 9).await.is_err(), "nothing to vote for");
    let at = async |view, user, offset| {
        let (exhibit, count) = store.exhibit_at(5, user, view, offset).await.expect("no failure");
        (exhibit.map(|exhibit| String::from(exhibit.recipe.prompt)), count)
    };
    assert_eq!(at(GalleryView::New, 0, 0).await, (Some("owl".to_owned()), 3));
    assert_eq!(at(GalleryView::Top, 0, 0).await, (Some("dog".to_owned()), 3));
    assert_eq!(at(GalleryView::Mine, 1, 1).await, (Some("cat".to_owned()), 2));
    assert_eq!(at(GalleryView::New, 0, 3).await, (None, 3));
    assert_eq!(at(GalleryView::Random, 0, 7).await.1, 3);
    assert!(store.remove_exhibit(exhibits[1]).await.expect("no failure"));
    assert!(store.exhibit(exhibits[1]).await.expect("no failure").is_none());
}

#[tokio::test]
async fn people_guilds_and_time_are_forgotten_everywhere() {
    let (store, _folder) = store().await;
    let mut exhibits = Vec::new();
    for (guild, user) in [(5, 1), (5, 2), (6, 1)] {
        let number = store.record(&new(Some(guild), user, "cat")).await.expect("recorded");
        let drawing = store.drawing(number).await.expect("no failure").expect("there");
        exhibits.push(store.share(guild, &drawing, "x").await.expect("shared").0);
    }
    store.toggle_vote(exhibits[1], 1).await.expect("votes");
    store.save_prompt(1, "pet", &Prompt::new("cat").expect("sound")).await.expect("saved");
    let export = store.export_user(1).await.expect("exports");
    assert_eq!(export["drawings"].as_array().map(Vec::len), Some(2));
    assert_eq!(export["drawings"][0]["prompt"], "cat");
    assert_eq!(export["saved_prompts"][0]["name"], "pet");
    assert_eq!(export["votes_for"][0], exhibits[1]);
    assert_eq!(store.forget_user(1).await.expect("forgets"), 6);
    let export = store.export_user(1).await.expect("exports");
    for part in ["drawings", "saved_prompts", "gallery", "votes_for"] {
        assert_eq!(export[part], serde_json::json!([]), "{part}");
    }
    assert_eq!(store.exhibit(exhibits[1]).await.expect("no failure").expect("there").votes, 0);
    let settings = GuildSettings { keep_days: Some(0), ..GuildSettings::default() };
    store.set_guild_settings(5, &settings).await.expect("kept");
    store.record(&new(None, 3, "cat")).await.expect("recorded");
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(
        store.forget_old(1).await.expect("forgets"),
        1,
        "the one of the guild that keeps nothing"
    );
    store.forget_guild(5).await.expect("forgets");
    assert!(store.exhibit(exhibits[1]).await.expect("no failure").is_none());
    assert_eq!(store.guild_settings(5).await.expect("no failure"), GuildSettings::default());
}

#[tokio::test]
async fn what_is_deleted_is_gone_from_the_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("glyffuse.db");
    let store = Store::open(&file, PromptCipher::new(None)).await.expect("opens");
    let lies_there = || {
        let files = std::fs::read_dir(folder.path()).expect("readable");
        let bytes = files.map(|entry| std::fs::read(entry.expect("an entry").path()));
        bytes.map(|bytes| bytes.expect("readable")).any(|bytes| {
            bytes.windows(b"a lasting secret".len()).any(|part| part == b"a lasting secret")
        })
    };
    store.record(&new(Some(5), 1, "a lasting secret")).await.expect("recorded");
    let prompt = Prompt::new("a lasting secret").expect("sound");
    store.save_prompt(1, "pet", &prompt).await.expect("saved");
    assert!(lies_there());
    store.forget_user(1).await.expect("forgets");
    store.scrub().await.expect("overwrites");
    assert!(!lies_there());
}

#[tokio::test]
async fn another_key_shuts_old_prompts_and_breaks_nothing() {
    let (store, folder) = store().await;
    let number = store.record(&new(Some(5), 1, "cat")).await.expect("recorded");
    store.save_prompt(1, "pet", &Prompt::new("cat").expect("sound")).await.expect("saved");
    store.close().await;
    let cipher = PromptCipher::new(Some(&"another key".into()));
    let store = Store::open(&folder.path().join("new/glyffuse.db"), cipher).await.expect("opens");
    store.record(&new(Some(5), 1, "dog")).await.expect("recorded");
    assert_eq!(words(store.recent_prompts(1, 10).await.expect("no failure")), ["dog"]);
    assert!(store.saved_prompts(1).await.expect("no failure").is_empty());
    assert!(matches!(store.drawing(number).await, Err(StoreError::Cipher)));
    let export = store.export_user(1).await.expect("exports");
    assert_eq!(export["drawings"][0]["prompt"], serde_json::Value::Null);
    assert_eq!(export["drawings"][1]["prompt"], "dog");
    assert_eq!(export["saved_prompts"][0]["name"], "pet");
    assert_eq!(store.forget_user(1).await.expect("forgets"), 3);
}

#[tokio::test]
async fn settings_and_blocks_are_kept() {
    let (store, _folder) = store().await;
    let settings = GuildSettings {
        member_per_minute: Some(3),
        guild_per_minute: None,
        channels: vec![11, u64::MAX >> 1],
        size: Some(CanvasSize::Desktop),
        style: Some(Style::Blocks),
        keep_days: Some(7),
        sharing: Some(false),
    };
    store.set_guild_settings(5, &settings).await.expect("kept");
    assert_eq!(store.guild_settings(5).await.expect("no failure"), settings);
    for _ in 0..2 {
        store.set_blocked(5, 9, true).await.expect("kept");
    }
    assert_eq!(store.blocked_members(5).await.expect("no failure"), [9]);
    store.set_blocked(5, 9, false).await.expect("kept");
    assert!(store.blocked_members(5).await.expect("no failure").is_empty());
    store.set_note("hash", "a").await.expect("kept");
    store.set_note("hash", "b").await.expect("kept");
    assert_eq!(store.note("hash").await.expect("no failure").as_deref(), Some("b"));
}

#[tokio::test]
async fn a_damaged_file_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("glyffuse.db");
    std::fs::write(&file, "this is no database, only text that is long enough".repeat(40))
        .expect("writable");
    assert!(Store::open(&file, PromptCipher::new(None)).await.is_err());
}

#[tokio::test]
async fn a_look_at_the_file_changes_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("new/glyffuse.db");
    let found = inspect(&file).await.expect("can be made");
    assert_eq!(found, Inspection::Absent(folder.path().to_owned()));
    assert!(!file.exists() && std::fs::read_dir(folder.path()).expect("there").next().is_none());

    let store = Store::open(&file, PromptCipher::new(None)).await.expect("opens");
    let Inspection::Sound { migrations, pending: 0 } = inspect(&file).await.expect("sound") else {
        panic!("steps are pending just after the start");
    };
    assert_eq!(migrations, sqlx::migrate!().iter().count());
    sqlx::query("UPDATE _sqlx_migrations SET version = 99999999999999 WHERE version = 1")
        .execute(&store.pool)
        .await
        .expect("written");
    store.close().await;
    assert!(matches!(inspect(&file).await, Err(StoreError::Newer)));

    std::fs::write(&file, vec![7; 8192]).expect("written");
    assert!(inspect(&file).await.is_err());
    assert!(matches!(
        inspect(Path::new("/dev/null/glyffuse.db")).await,
        Err(StoreError::Folder(_))
    ));
}
