//! The options that say how a drawing looks, shared by `draw` and `trace`.
use crate::domain::{CanvasSize, Charset, Style};
use anyhow::Result;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

/// Size, style and characters.
#[derive(Debug, Clone, Args)]
pub struct StyleArgs {
    /// Size in characters: phone is 36×18, desktop 60×30.
    #[arg(long, default_value_t, value_parser = PossibleValuesParser::new(
        CanvasSize::ALL.map(CanvasSize::name)).try_map(|name| name.parse::<CanvasSize>()))]
    pub size: CanvasSize,
    /// How ink becomes characters [default: line; filled for letters].
    #[arg(long, value_parser = PossibleValuesParser::new(
        Style::ALL.map(Style::name)).try_map(|name| name.parse::<Style>()))]
    pub style: Option<Style>,
    /// The characters that may be used, for line and filled [default: the style's own].
    #[arg(long, value_name = "CHARACTERS", allow_hyphen_values = true)]
    pub charset: Option<String>,
}

impl StyleArgs {
    /// The character set, checked.
    ///
    /// # Errors
    /// One sentence when a character may not be used, or the style has a fixed set.
    pub fn charset(&self) -> Result<Option<Charset>> {
        let Some(characters) = &self.charset else { return Ok(None) };
        if let Some(style @ (Style::Braille | Style::Blocks)) = self.style {
            anyhow::bail!("the {style} style has fixed characters: leave --charset out");
        }
        Ok(Some(Charset::new(characters)?))
    }
}
