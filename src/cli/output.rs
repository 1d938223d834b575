//! Where results go: stdout or a file, in one of four formats.
use crate::domain::Drawing;
use crate::picture::{png, svg};
use anyhow::{Context, Result};
use clap::ValueEnum;
use std::io::{self, IsTerminal, Write};
use std::{fs, path::Path};

/// The format of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The characters themselves.
    Text,
    /// One line of JSON a drawing, with its recipe.
    Json,
    /// A picture, 16×32 pixels a character.
    Png,
    /// A picture of text elements.
    Svg,
}

/// Whether text is printed in the colours that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColourWhen {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Also into a pipe.
    Always,
    /// Never.
    Never,
}

impl ColourWhen {
    /// Whether stdout gets colours now.
    pub fn now(self) -> bool {
        let unwanted = || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        match self {
            Self::Auto => io::stdout().is_terminal() && !unwanted(),
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// A drawing as PNG or SVG bytes, or as text with a last newline.
pub fn encode(drawing: &Drawing, format: Format) -> Vec<u8> {
    match format {
        Format::Png => png(drawing),
        Format::Svg => svg(drawing).into_bytes(),
        Format::Text | Format::Json => format!("{drawing}\n").into_bytes(),
    }
}

/// Writes bytes to the file, or to stdout. A reader that has gone away is no fault.
///
/// # Errors
/// When the file cannot be written.
pub fn write(bytes: &[u8], output: Option<&Path>) -> Result<()> {
    match output {
        Some(path) => {
            fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
        }
        None => {
            let mut stdout = io::stdout().lock();
            match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                other => other.context("cannot write to stdout"),
            }
        }
    }
}
