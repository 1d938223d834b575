//! What holds for any values at all: recipes and their codes, prompts, places on the page, scenes.
use glyffuse::domain::{
    CanvasSize, Charset, Dots, Drawing, GuidanceScale, InkMap, Origin, Place, Prompt, Recipe,
    SamplerName, Seed, Steps, Strength, Style,
};
use glyffuse::model::{Lexicon, Manifest, Subject, normalise, scene};
use proptest::prelude::*;
use proptest::sample::select;
use std::path::Path;
use std::sync::LazyLock;

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tiny");
    let manifest = Manifest::read(&folder).expect("sound");
    Lexicon::read(&folder, &manifest.lexicon).expect("sound")
});

/// The same cases in every run.
fn cases(number: u32) -> ProptestConfig {
    let rng_algorithm = proptest::test_runner::RngAlgorithm::ChaCha;
    ProptestConfig {
        cases: number,
        failure_persistence: None,
        rng_algorithm,
        rng_seed: proptest::test_runner::RngSeed::Fixed(7),
        ..ProptestConfig::default()
    }
}

fn prompts() -> impl Strategy<Value = Prompt> {
    any::<String>().prop_filter_map("no prompt", |text| {
        let text: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
        Prompt::new(&text).ok()
    })
}

fn charsets() -> impl Strategy<Value = Option<Charset>> {
    proptest::option::of("[!-_a-~]{1,94}".prop_map(|text| Charset::new(&text).expect("printable")))
}

fn origins() -> impl Strategy<Value = Option<Origin>> {
    let picture = (1_usize..=255, any::<u64>()).prop_map(|(side, seed)| {
        // Noise, which is the least that can be packed.
        let ink = |(y, x): (usize, usize)| {
            let mixed = (seed ^ ((y * 256 + x) as u64)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            if mixed >> 63 == 1 { 1.0 } else { -1.0 }
        };
        let map = ndarray::Array2::from_shape_fn((side, side), ink);
        Dots::of(&InkMap::new(map).expect("square")).expect("small enough")
    });
    let origin = (0.0_f32..=1.0, picture).prop_map(|(strength, picture)| Origin {
        strength: Strength::try_from(strength).expect("in range"),
        picture,
    });
    proptest::option::of(origin)
}

fn recipes() -> impl Strategy<Value = Recipe> {
    let how = (
        any::<u32>(),
        select(CanvasSize::ALL.to_vec()),
        select(Style::ALL.to_vec()),
        select(SamplerName::ALL.to_vec()),
        1_usize..=1000,
        0.0_f32..=10.0,
        any::<u32>(),
    );
    let names = ("[\\p{L}0-9_.+-]{1,20}@[0-9]{1,9}", "[a-z][a-z-]{0,30}");
    (prompts(), how, names, charsets(), origins()).prop_map(
        |(
            prompt,
            (seed, size, style, sampler, steps, scale, change),
            (model, kind),
            charset,
            origin,
        )| {
            Recipe {
                model,
                prompt,
                seed: Seed::new(seed),
                size,
                style,
                charset,
                steps: Steps::try_from(steps).expect("in range"),
                guidance_scale: GuidanceScale::try_from(scale).expect("in range"),
                sampler,
                kind,
                change,
                origin,
            }
        },
    )
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn a_recipe_comes_back_from_its_code_and_its_json(recipe in recipes()) {
        let code = recipe.code();
        prop_assert_eq!(&Recipe::parse(&code).expect("a code of ours"), &recipe);
        let json = serde_json::to_string(&recipe).expect("JSON");
        prop_assert_eq!(&Recipe::parse(&json).expect("JSON of ours"), &recipe);
        prop_assert_eq!(Recipe::of(&recipe.request(), &recipe.model).code(), code);
    }

    #[test]
    fn a_code_that_lost_or_changed_a_character_is_refused(
        recipe in recipes(), place in any::<prop::sample::Index>(), other in "[A-Za-z0-9_-]"
    ) {
        let code = recipe.code();
        let place = 5 + place.index(code.len() - 5);
        let lost = [&code[..place], &code[place + 1..]].concat();
        let changed = [&code[..place], &other, &code[place + 1..]].concat();
        for wrong in [lost, changed].into_iter().filter(|wrong| *wrong != code) {
            // Two bytes of checksum let one in 65,536 pass.
            prop_assert!(Recipe::parse(&wrong).map_or(true, |other| other != recipe));
        }
    }

    #[test]
    fn a_prompt_is_tidied_once_and_for_all(text in any::<String>()) {
        if let Ok(prompt) = Prompt::new(&text) {
            prop_assert_eq!(Prompt::new(prompt.as_str()), Ok(prompt.clone()));
            prop_assert_eq!(Prompt::new(&format!(" \u{200B}{text}\n")), Ok(prompt));
        }
        let normal = normalise(&text);
        prop_assert_eq!(normalise(&normal), normal);
    }

    #[test]
    fn cells_lie_apart_and_inside_their_place(
        count in 1_usize..60, top in 0.0_f32..0.8, left in 0.0_f32..0.8,
        height in 0.05_f32..0.2, width in 0.05_f32..0.2
    ) {
        let place = Place { top, left, height, width };
        let cells = place.cells(count);
        prop_assert_eq!(cells.len(), count);
        let tiny = 1e-5;
        for (number, cell) in cells.iter().enumerate() {
            prop_assert!(cell.top >= top - tiny && cell.left >= left - tiny);
            prop_assert!(cell.top + cell.height <= top + height + tiny);
            prop_assert!(cell.left + cell.width <= left + width + tiny);
            for other in &cells[..number] {
                let beside = cell.left + tiny >= other.left + other.width
                    || other.left + tiny >= cell.left + cell.width;
                let below = cell.top + tiny >= other.top + other.height;
                prop_assert!(beside || below, "{:?} and {:?}", cell, other);
            }
        }
    }

    #[test]
    fn a_drawing_has_the_cells_of_its_size_and_no_others(
        size in select(CanvasSize::ALL.to_vec()), more in -3_isize..=3, character in any::<char>()
    ) {
        let wanted = size.columns() * size.rows();
        let count = wanted.checked_add_signed(more).expect("many");
        let allowed = matches!(character, ' '..='~' | '\u{2800}'..='\u{28FF}' | '\u{2580}'..='\u{259F}')
            && character != '`';
        let drawing = Drawing::new(size, vec![character; count]);
        prop_assert_eq!(drawing.is_ok(), allowed && count == wanted);
        if let Ok(drawing) = drawing {
            prop_assert!(drawing.lines().all(|line| line.chars().count() == size.columns()));
            // In a code block it fits into a message.
            prop_assert!(drawing.to_string().chars().count() + 8 <= 2_000);
        }
    }
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn a_scene_has_what_was_named_inside_the_page(
        words in prop::collection::vec(
            select(vec![
                "ring", "bar", "a", "cross", "square", "and", ",", "two", "three", "6", "under", "on",
                "in", "to", "the", "left", "of", "next", "saying", "HI", "with", "behind", "unknown",
            ]),
            1..14,
        )
    ) {
        let prompt = Prompt::new(&words.join(" ")).expect("words");
        let Some(parts) = scene(&LEXICON, &prompt) else { return Ok(()) };
        prop_assert!((2..=6).contains(&parts.len()), "{} parts", parts.len());
        for part in &parts {
            let Place { top, left, height, width } = part.place;
            prop_assert!(top >= 0.0 && left >= 0.0 && height > 0.05 && width > 0.05);
            prop_assert!(top + height <= 1.0001 && left + width <= 1.0001);
            if let Subject::Thing(thing) = &part.subject {
                prop_assert!(LEXICON.concepts().contains(&thing.concept));
            }
        }
        prop_assert_eq!(scene(&LEXICON, &prompt), Some(parts));
    }
}

#[test]
fn phrases_of_the_models_stand_in_their_normal_form() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    for folder in glyffuse::model::list(&[models]) {
        let phrases = std::fs::read_to_string(folder.join("phrases.tsv")).expect("phrases");
        for phrase in phrases.lines().filter_map(|line| line.split('\t').next()) {
            assert_eq!(normalise(phrase), phrase);
        }
    }
}
