//! The operator's files: settings with comments, and secrets apart from them. What stood there is
//! never lost.
use super::DEFAULTS;
use secrecy::{ExposeSecret, SecretString};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use thiserror::Error;
use toml_edit::DocumentMut;

/// Permissions of a secret, and of what anybody may read.
const SECRET: u32 = 0o600;
const OPEN: u32 = 0o644;

/// Why the operator's files cannot be written.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The system does not let us.
    #[error("cannot write {path} ({source}): make it writable, or write it as another user")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The settings are no TOML.
    #[error("{path} is no TOML ({reason}): correct it, or move it away to start afresh")]
    Toml {
        /// The file.
        path: String,
        /// Where, and what is wrong.
        reason: String,
    },
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// There was none.
    Fresh,
    /// It held that already.
    Same,
    /// What it held stands in a file beside it that ends in `.previous`.
    Replaced,
}

/// A settings file to begin with: every setting of the defaults with its explanation, none in force.
pub fn commented_defaults() -> String {
    let mut text = String::from(
        "# Glyffuse's settings. What stands behind a # is the default, explained above it: take the #\n\
         # away to change it. The environment wins over this file.\n",
    );
    // The head of the defaults speaks of the defaults.
    let body = DEFAULTS.split_once("\n\n").map_or(DEFAULTS, |(_, body)| body);
    for line in body.lines() {
        text.push('\n');
        let is_key = !line.is_empty() && !line.starts_with(['#', '[']);
        text.push_str(if is_key { "# " } else { "" });
        text.push_str(line);
    }
    text.push('\n');
    text
}

/// Sets a text in a settings file; everything else stays as it is, comments included.
///
/// # Errors
/// [`WriteError::Toml`], with `path` for its name.
pub fn with_setting(
    (path, text): (&Path, &str),
    (section, key): (&str, &str),
    value: &str,
) -> Result<String, WriteError> {
    let wrong = |error: toml_edit::TomlError| WriteError::Toml {
        path: path.display().to_string(),
        reason: error.message().to_owned(),
    };
    let mut document: DocumentMut = text.parse().map_err(wrong)?;
    let is_set = document.get(section).is_some_and(|table| table.get(key).is_some());
    if !is_set && let Some(text) = in_place_of_default(text, (section, key), value) {
        return Ok(text);
    }
    if document.get(section).is_none() {
        let value = toml_edit::Value::from(value);
        let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        return Ok(format!("{text}{gap}\n[{section}]\n{key} = {value}\n"));
    }
    document[section][key] = toml_edit::value(value);
    Ok(document.to_string())
}

/// Puts a setting where its commented default stands.
fn in_place_of_default(text: &str, (section, key): (&str, &str), value: &str) -> Option<String> {
    let default = format!("# {key} = ");
    let mut inside = false;
    let mut found = false;
    let lines = text.lines().map(|line| {
        if line.starts_with('[') {
            inside = line.trim_end() == format!("[{section}]");
        }
        if inside && !found && line.starts_with(&default) {
            found = true;
            return format!("{key} = {}\n", toml_edit::Value::from(value));
        }
        format!("{line}\n")
    });
    let text: String = lines.collect();
    // What looks like the default may stand inside a text.
    let document = found.then(|| text.parse::<DocumentMut>().ok()).flatten()?;
    let set = document.get(section).and_then(|table| table.get(key)?.as_str());
    (set == Some(value)).then_some(text)
}

/// Writes settings, which anybody may read unless the file that stands there says otherwise.
///
/// # Errors
/// [`WriteError::File`].
pub fn write_settings(path: &Path, text: &str) -> Result<Written, WriteError> {
    write(path, text.as_bytes(), None)
}

/// Writes a secret into a file that only its owner may read.
///
/// # Errors
/// [`WriteError::File`].
pub fn write_secret(path: &Path, secret: &SecretString) -> Result<Written, WriteError> {
    write(path, format!("{}\n", secret.expose_secret()).as_bytes(), Some(SECRET))
}

/// Replaces a file as a whole; its folder is made where it is absent.
fn write(path: &Path, bytes: &[u8], mode: Option<u32>) -> Result<Written, WriteError> {
    // What a link points to is replaced, not the link.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let wrong = |source| WriteError::File { path: path.display().to_string(), source };
    let before = match fs::read(path) {
        Ok(before) => Some(before),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(wrong(error)),
    };
    if before.as_deref() == Some(bytes) {
        restrict(path, mode).map_err(wrong)?;
        return Ok(Written::Same);
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(wrong)?;
    }
    let fresh = beside(path, &format!(".{}", std::process::id()));
    let written = replace(path, &fresh, bytes, mode, before.is_some());
    if written.is_err() {
        let _ = fs::remove_file(&fresh);
    }
    written.map_err(wrong)?;
    Ok(if before.is_some() { Written::Replaced } else { Written::Fresh })
}

fn replace(
    path: &Path,
    fresh: &Path,
    bytes: &[u8],
    mode: Option<u32>,
    before: bool,
) -> io::Result<()> {
    // Nobody else reads it at any moment.
    let mut file = create(fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    match mode {
        Some(mode) => restrict(fresh, Some(mode))?,
        None if before => fs::set_permissions(fresh, fs::metadata(path)?.permissions())?,
        None => restrict(fresh, Some(OPEN))?,
    }
    if before {
        let previous = beside(path, ".previous");
        restrict(path, mode)?;
        fs::copy(path, &previous)?;
    }
    fs::rename(fresh, path)
}

/// The path with something behind its name.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

#[cfg(unix)]
fn create(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    fs::OpenOptions::new().write(true).create(true).truncate(true).mode(SECRET).open(path)
}

#[cfg(unix)]
fn restrict(path: &Path, mode: Option<u32>) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    mode.map_or(Ok(()), |mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)))
}

#[cfg(not(unix))]
fn create(path: &Path) -> io::Result<File> {
    File::create(path)
}

#[cfg(not(unix))]
fn restrict(_path: &Path, _mode: Option<u32>) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    fn set(text: &str, key: &str, value: &str) -> String {
        with_setting((Path::new("glyffuse.toml"), text), ("discord", key), value).expect("TOML")
    }

    #[test]
    fn the_commented_defaults_change_nothing_and_lose_nothing() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("glyffuse.toml");
        fs::write(&file, commented_defaults()).expect("writable");
        let none = Settings::read(Path::new("/nowhere"), false, []).expect("sound");
        assert_eq!(Settings::read(&file, true, []).expect("sound"), none);
        // With every # before a key taken away it is the defaults again.
        let keys = |line: &&str| line.strip_prefix("# ").is_some_and(|rest| rest.contains(" = "));
        let text = commented_defaults();
        for line in text.lines().filter(keys) {
            assert!(DEFAULTS.contains(&line[2..]), "{line}");
        }
        assert_eq!(
            text.lines().filter(keys).count(),
            DEFAULTS.lines().filter(|line| !line.starts_with('#') && line.contains(" = ")).count()
        );
    }

    #[test]
    fn a_setting_takes_the_place_of_its_default() {
        let before = commented_defaults();
        let after = set(&before, "token_file", "/a \"b\"/token");
        let changed: Vec<_> = before.lines().zip(after.lines()).filter(|(a, b)| a != b).collect();
        assert_eq!(changed.len(), 1);
        assert_eq!(changed[0].0, "# token_file = \"\"");
        let document: DocumentMut = after.parse().expect("TOML");
        assert_eq!(document["discord"]["token_file"].as_str(), Some("/a \"b\"/token"));
    }

    #[test]
    fn what_an_operator_wrote_is_kept() {
        let own = "# mine\n[limits] # tight\nmember_per_minute = 2 # two\n\n[discord]\nsize = \"desktop\"\n";
        let after = set(own, "token_file", "t");
        assert!(after.starts_with(own), "{after}");
        assert!(after.ends_with("token_file = \"t\"\n"), "{after}");
        let again = set(&after, "token_file", "u");
        assert_eq!(again, after.replace("\"t\"", "\"u\""));
        let none = set("# nothing yet", "token_file", "t");
        assert_eq!(none, "# nothing yet\n\n[discord]\ntoken_file = \"t\"\n");
        let inline = set("discord = { size = \"phone\" }\n", "token_file", "t");
        assert_eq!(inline, "discord = { size = \"phone\" , token_file = \"t\" }\n");
        let inside = "[model]\nname = \"\"\"\n[discord]\n# token_file = \"\"\n\"\"\"\n";
        assert!(set(inside, "token_file", "t").starts_with(inside));
        let broken = (Path::new("my.toml"), "[discord");
        let error = with_setting(broken, ("discord", "size"), "phone").expect_err("no TOML");
        assert!(error.to_string().contains("my.toml"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_is_its_owners_alone_and_the_previous_one_stays() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("new/token");
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!(write_secret(&file, &"one".into()).expect("written"), Written::Fresh);
        assert_eq!(write_secret(&file, &"one".into()).expect("written"), Written::Same);
        assert_eq!(write_secret(&file, &"two".into()).expect("written"), Written::Replaced);
        let previous = beside(&file, ".previous");
        assert_eq!(fs::read_to_string(&file).expect("readable"), "two\n");
        assert_eq!(fs::read_to_string(&previous).expect("readable"), "one\n");
        assert_eq!((mode(&file), mode(&previous)), (0o600, 0o600));
        let (settings, link) = (folder.path().join("own.toml"), folder.path().join("link"));
        assert_eq!(write_settings(&settings, "# a\n").expect("written"), Written::Fresh);
        assert_eq!(mode(&settings), 0o644);
        fs::set_permissions(&settings, fs::Permissions::from_mode(0o640)).expect("set");
        std::os::unix::fs::symlink(&settings, &link).expect("linked");
        assert_eq!(write_settings(&link, "# b\n").expect("written"), Written::Replaced);
        assert_eq!(fs::read_to_string(&settings).expect("readable"), "# b\n");
        assert_eq!(mode(&settings), 0o640);
        assert!(link.is_symlink());
        let blocked = write_secret(&file.join("below"), &"three".into());
        assert!(blocked.expect_err("a file is no folder").to_string().contains("token"));
    }
}
