//! `glyffuse trace`: any picture through the decoder that draws the model's ink.
use super::output::{self, Format};
use super::style::StyleArgs;
use crate::domain::InkMap;
use crate::ink::{Decoder, fit};
use crate::picture::read;
use anyhow::{Result, bail};
use clap::Args;
use std::path::{Path, PathBuf};

/// Turns pictures (PNG, JPEG, SVG) into ASCII art. Simple pictures in one colour read best.
#[derive(Debug, Args)]
pub struct TraceArgs {
    /// The pictures.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    style: StyleArgs,
    /// The picture is light ink on a dark ground.
    #[arg(long)]
    invert: bool,
    /// Format of the result; json writes one line a picture.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Write to this file instead of stdout.
    #[arg(long, short)]
    output: Option<PathBuf>,
}

/// Traces every file.
///
/// # Errors
/// One sentence when a file cannot be read or the result cannot be written.
pub fn run(args: &TraceArgs) -> Result<()> {
    if matches!(args.format, Format::Png | Format::Svg) && args.files.len() > 1 {
        bail!(
            "one picture at a time makes a PNG or SVG: give a single file, or use --format text or json"
        );
    }
    let charset = args.style.charset()?;
    let decoder = Decoder::new(args.style.style.unwrap_or_default(), charset.as_ref());
    let mut bytes = Vec::new();
    for (index, file) in args.files.iter().enumerate() {
        let drawing = decoder.decode(&ink_map(file, args)?, args.style.size);
        if args.format == Format::Json {
            let lines: Vec<_> = drawing.trimmed_lines().collect();
            let record = serde_json::json!({
                "file": file.display().to_string(),
                "size": args.style.size,
                "style": args.style.style.unwrap_or_default(),
                "lines": lines,
            });
            bytes.extend(format!("{record}\n").into_bytes());
        } else {
            if index > 0 {
                bytes.push(b'\n');
            }
            bytes.extend(output::encode(&drawing, args.format));
        }
    }
    output::write(&bytes, args.output.as_deref())
}

fn ink_map(file: &Path, args: &TraceArgs) -> Result<InkMap> {
    let shadows = read(file, args.invert)?;
    Ok(fit(&shadows, 2 * args.style.size.columns())?)
}
