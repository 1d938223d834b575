//! A request that has been checked, and the recipe that redraws it.
use super::recipe_code;
use super::{
    Candidates, CanvasSize, Charset, GuidanceScale, Origin, Prompt, SamplerName, Seed, Steps, Style,
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Everything that determines a drawing, given a model.
#[derive(Debug, Clone, PartialEq)]
pub struct DrawRequest {
    /// What to draw.
    pub prompt: Prompt,
    /// Size in cells.
    pub size: CanvasSize,
    /// How ink becomes characters.
    pub style: Style,
    /// The characters, where they are not the style's own.
    pub charset: Option<Charset>,
    /// Where the noise begins.
    pub seed: Seed,
    /// Denoising steps.
    pub steps: Steps,
    /// How strongly the text guides.
    pub guidance_scale: GuidanceScale,
    /// The stepping algorithm.
    pub sampler: SamplerName,
    /// The kind of drawing, one of the manifest's `kinds`.
    pub kind: String,
    /// Which small change of the drawing, from 1: partly noised again and redrawn; 0 is the drawing
    /// itself.
    pub change: u32,
    /// The picture that is redrawn toward the text, where it is not noise that is.
    pub origin: Option<Origin>,
    /// How many drawings are made, of this seed and those that follow from it; the most readable is
    /// kept.
    pub candidates: Candidates,
}

impl DrawRequest {
    /// The drawings that compete, each a request of its own; the first is of the request's own seed.
    pub fn entries(&self) -> impl Iterator<Item = Self> + '_ {
        (0..self.candidates.get()).map(|number| Self {
            seed: self.seed.of_candidate(number as u32),
            candidates: Candidates::ONE,
            ..self.clone()
        })
    }
}

/// A request written down, with the model that drew it: redraws the same characters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Name and version of the model, as its manifest says: `small@1`.
    #[serde(deserialize_with = "super::name::read")]
    pub model: String,
    /// What to draw.
    pub prompt: Prompt,
    /// Where the noise begins.
    pub seed: Seed,
    /// Size in cells.
    pub size: CanvasSize,
    /// How ink becomes characters.
    pub style: Style,
    /// The characters, where they are not the style's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charset: Option<Charset>,
    /// Denoising steps.
    pub steps: Steps,
    /// How strongly the text guides.
    pub guidance_scale: GuidanceScale,
    /// The stepping algorithm.
    pub sampler: SamplerName,
    /// The kind of drawing.
    #[serde(deserialize_with = "super::name::read")]
    pub kind: String,
    /// Which small change of the drawing, from 1; 0 is the drawing itself.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub change: u32,
    /// The picture that is redrawn toward the text, where it is not noise that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A recipe that cannot be followed.
#[derive(Debug, Error)]
#[error(
    "this is no recipe ({0}): copy the whole code, or the whole value of \"recipe\" that --format json wrote"
)]
pub struct RecipeError(String);

impl Recipe {
    /// Writes a request down.
    pub fn of(request: &DrawRequest, model: &str) -> Self {
        Self {
            model: model.to_owned(),
            prompt: request.prompt.clone(),
            seed: request.seed,
            size: request.size,
            style: request.style,
            charset: request.charset.clone(),
            steps: request.steps,
            guidance_scale: request.guidance_scale,
            sampler: request.sampler,
            kind: request.kind.clone(),
            change: request.change,
            origin: request.origin.clone(),
        }
    }

    /// Reads a recipe: its short code, the JSON object, or a whole line of `--format json` that holds
    /// one.
    ///
    /// # Errors
    /// [`RecipeError`] when the text is none of these, or holds what is not allowed.
    pub fn parse(text: &str) -> Result<Self, RecipeError> {
        let text = text.trim();
        if recipe_code::is_code(text) {
            return recipe_code::read(text).map_err(|reason| RecipeError(super::plain(&reason)));
        }
        let wrong = |error: serde_json::Error| RecipeError(super::plain(&error.to_string()));
        let value: serde_json::Value = serde_json::from_str(text).map_err(wrong)?;
        let inner = value.get("recipe").cloned().unwrap_or(value);
        serde_json::from_value(inner).map_err(wrong)
    }

    /// The recipe as a short code of letters, digits, `-` and `_`: what people paste to each other.
    pub fn code(&self) -> String {
        recipe_code::write(self)
    }

    /// Whether a text looks like a recipe's code.
    pub fn is_code(text: &str) -> bool {
        recipe_code::is_code(text.trim())
    }

    /// The request again.
    pub fn request(&self) -> DrawRequest {
        DrawRequest {
            prompt: self.prompt.clone(),
            size: self.size,
            style: self.style,
            charset: self.charset.clone(),
            seed: self.seed,
            steps: self.steps,
            guidance_scale: self.guidance_scale,
            sampler: self.sampler,
            kind: self.kind.clone(),
            change: self.change,
            origin: self.origin.clone(),
            candidates: Candidates::ONE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> DrawRequest {
        DrawRequest {
            prompt: Prompt::new("a \"red\" 猫").expect("sound"),
            size: CanvasSize::Desktop,
            style: Style::Filled,
            charset: Some(Charset::new("/\\|-").expect("sound")),
            seed: Seed::new(4_000_000_000),
            steps: Steps::try_from(12).expect("in range"),
            guidance_scale: GuidanceScale::try_from(1.7).expect("in range"),
            sampler: SamplerName::DpmSolver,
            kind: "emoji".to_owned(),
            change: 3,
            origin: None,
            candidates: Candidates::ONE,
        }
    }

    #[test]
    fn a_recipe_gives_back_the_request() {
        let recipe = Recipe::of(&request(), "small@1");
        let text = serde_json::to_string(&recipe).expect("serialises");
        let read = Recipe::parse(&text).expect("a recipe");
        assert_eq!(read, recipe);
        assert_eq!(read.request(), request());
        let wrapped = format!("{{\"lines\": [], \"recipe\": {text}}}");
        assert_eq!(Recipe::parse(&wrapped).expect("a recipe"), recipe);
        assert_eq!(Recipe::parse(&format!(" {} ", recipe.code())).expect("a recipe"), recipe);
    }

    #[test]
    fn entries_differ_in_their_seed_alone() {
        let three = Candidates::try_from(3).expect("in range");
        let entries: Vec<_> = DrawRequest { candidates: three, ..request() }.entries().collect();
        assert_eq!(entries.len(), 3);
        assert_eq!(entries[0], request());
        assert!(entries[1].seed != entries[0].seed && entries[2].seed != entries[1].seed);
        assert_eq!(DrawRequest { seed: entries[0].seed, ..entries[2].clone() }, request());
    }

    #[test]
    fn a_tampered_recipe_is_refused() {
        let text = serde_json::to_string(&Recipe::of(&request(), "small@1")).expect("serialises");
        for (from, to) in [
            ("\"steps\":12", "\"steps\":0"),
            ("1.7", "99"),
            ("dpm++", "magic"),
            ("\"seed\"", "\"sead\""),
            ("red", "\\u001b"),
            ("/", "`"),
            ("\"change\":3", "\"change\":-1"),
        ] {
            assert!(text.contains(from));
            assert!(Recipe::parse(&text.replace(from, to)).is_err(), "{to}");
        }
        assert!(Recipe::parse("cat").is_err());
    }

    #[test]
    fn a_recipe_that_no_code_can_hold_is_refused() {
        let text = serde_json::to_string(&Recipe::of(&request(), "small@1")).expect("serialises");
        let long = "x".repeat(256);
        for (from, to) in
            [("small@1", long.as_str()), ("emoji", &long), ("emoji", ""), ("emoji", "`")]
        {
            let error = Recipe::parse(&text.replace(from, to)).expect_err(to).to_string();
            assert!(error.contains("1 to 100 letters"), "{error}");
        }
        let unknown = Recipe::parse("{\"a\\n\\u001b[2J\": 1}").expect_err("unknown field");
        assert!(!unknown.to_string().chars().any(char::is_control), "{unknown}");
    }
}
