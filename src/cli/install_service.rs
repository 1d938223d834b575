//! `glyffuse install-service`: the bot as a systemd service. The unit is `deploy/glyffuse.service`.
use crate::app::App;
use crate::backend::find;
use crate::config::{
    SecretError, Settings, Written, commented_defaults, write_secret, write_settings,
};
use crate::model::Manifest;
use anyhow::{Context, Result, bail};
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Copies program, model, library, settings and token to where the service finds them, installs the
/// unit and starts it. Run it again after an upgrade.
#[derive(Debug, Args)]
pub struct InstallServiceArgs {
    /// Print the unit, and on stderr what would be done; do nothing.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Folder for program, model and ONNX Runtime.
    #[arg(long, value_name = "FOLDER", default_value = FOLDER)]
    pub(super) folder: PathBuf,
    /// Install below this folder instead of /, and start nothing: for packages and tests.
    #[arg(long, value_name = "FOLDER")]
    pub(super) root: Option<PathBuf>,
    /// Leave the service stopped.
    #[arg(long)]
    pub(super) no_start: bool,
}

impl Default for InstallServiceArgs {
    fn default() -> Self {
        Self { dry_run: false, folder: FOLDER.into(), root: None, no_start: false }
    }
}

/// The unit, with the paths that are usual.
const UNIT: &str = include_str!("../../deploy/glyffuse.service");
/// The folder that the unit names.
const FOLDER: &str = "/usr/local/lib/glyffuse";
const SETTINGS: &str = "/etc/glyffuse/glyffuse.toml";
const TOKEN: &str = "/etc/glyffuse/token";
const UNIT_FILE: &str = "/etc/systemd/system/glyffuse.service";
const LINK: &str = "/usr/local/bin/glyffuse";

/// Installs the service.
///
/// # Errors
/// One sentence saying what is wrong and what to do.
pub fn run(args: &InstallServiceArgs, app: &App) -> Result<()> {
    let model = app.model_folder()?;
    let name = model.file_name().and_then(|name| name.to_str()).context("the model has no name")?;
    // A model that was chosen by its path is found by its name beside the program.
    let chosen = (app.settings().model.name != name).then_some(name);
    let unit = unit(&args.folder, chosen)?;
    if args.dry_run {
        super::output::write(unit.as_bytes(), None)?;
    } else if args.root.is_none() && !has_systemd() {
        bail!(
            "this machine does not run systemd, so nothing was installed: start `glyffuse bot` with what it has instead, or see --dry-run and --root"
        );
    }
    let install = Install { root: args.root.as_deref(), dry: args.dry_run };
    install.program(&args.folder)?;
    install.model(&model, &args.folder.join("models").join(name))?;
    install.library(app, &args.folder)?;
    install.link(&args.folder.join("glyffuse"))?;
    install.settings()?;
    install.token(app)?;
    install.unit(&unit)?;
    if args.root.is_none() {
        install.systemctl(&["daemon-reload"])?;
        install.systemctl(&["enable", "glyffuse.service"])?;
        if !args.no_start {
            install.systemctl(&["restart", "glyffuse.service"])?;
        }
    }
    Ok(())
}

/// Whether systemd is the service manager of the running system.
pub(super) fn has_systemd() -> bool {
    Path::new("/run/systemd/system").is_dir()
}

/// The unit for a program in this folder.
fn unit(folder: &Path, model: Option<&str>) -> Result<String> {
    let folder = folder.to_str().filter(|folder| folder.starts_with('/'));
    let folder = folder.context("--folder has to be an absolute path in UTF-8")?;
    let strange = |text: &str| {
        text.chars().any(|c| c.is_whitespace() || c.is_control() || "\"'\\;$".contains(c))
    };
    if strange(folder) || model.is_some_and(strange) {
        bail!("systemd would not understand the path {folder}: use one without spaces and quotes");
    }
    let model = model.map(|name| format!(" --model {name}")).unwrap_or_default();
    let command = format!("{folder}/glyffuse{model} bot");
    let command = command.replace('%', "%%");
    Ok(UNIT.replace(&format!("{FOLDER}/glyffuse bot"), &command))
}

/// Does one thing after the other, or only says what it would do.
struct Install<'a> {
    root: Option<&'a Path>,
    dry: bool,
}

impl Install<'_> {
    /// Where something that belongs to an absolute path is put.
    fn place(&self, path: &Path) -> PathBuf {
        match self.root {
            Some(root) => root.join(path.strip_prefix("/").unwrap_or(path)),
            None => path.to_owned(),
        }
    }

    /// Says what is done; false when it is only said.
    fn say(&self, verb: &str, what: &str) -> bool {
        let would = if self.dry { "would " } else { "" };
        eprintln!("glyffuse: {would}{verb} {what}");
        !self.dry
    }

    fn program(&self, folder: &Path) -> Result<()> {
        let program = std::env::current_exe().context("the program cannot find itself")?;
        self.copy(&program, &folder.join("glyffuse"), 0o755)
    }

    fn model(&self, from: &Path, to: &Path) -> Result<()> {
        let manifest = Manifest::read(from)?;
        let card = ["MODEL_CARD.md"].into_iter().filter(|card| from.join(card).is_file());
        let files = manifest.files.keys().map(String::as_str).chain(card).chain(["manifest.toml"]);
        for file in files {
            self.copy(&from.join(file), &to.join(file), 0o644)?;
        }
        Ok(())
    }

    /// The library of ONNX Runtime, with its providers where it has some.
    fn library(&self, app: &App, to: &Path) -> Result<()> {
        let search = app.library_search();
        let found = match find(&search)? {
            None if self.dry => {
                self.say("fetch", "ONNX Runtime once");
                return Ok(());
            }
            Some(found) => found,
            None => search.find_or_fetch(&mut |line| eprintln!("glyffuse: {line}"))?,
        };
        let folder = found.path.parent().context("the library has no folder")?;
        self.copy(&found.path, &to.join("libonnxruntime.so"), 0o644)?;
        for entry in fs::read_dir(folder)?.flatten() {
            let name = entry.file_name();
            if name.to_string_lossy().starts_with("libonnxruntime_providers") {
                self.copy(&entry.path(), &to.join(name), 0o644)?;
            }
        }
        Ok(())
    }

    fn link(&self, program: &Path) -> Result<()> {
        let link = self.place(Path::new(LINK));
        if link.symlink_metadata().is_ok_and(|found| !found.is_symlink()) {
            eprintln!("glyffuse: {} stays as it is: it is no link", link.display());
            return Ok(());
        }
        if self.say("link", &format!("{} to {}", link.display(), program.display())) {
            make_folder(&link)?;
            let _ = fs::remove_file(&link);
            symlink(program, &link).with_context(|| cannot(&link))?;
        }
        Ok(())
    }

    /// The settings in force, unless the service has its own already.
    fn settings(&self) -> Result<()> {
        let to = self.place(Path::new(SETTINGS));
        if to.exists() {
            eprintln!("glyffuse: {} stays as it is", to.display());
            return Ok(());
        }
        let (from, _) = Settings::file();
        let text = if from.is_file() {
            fs::read_to_string(&from).with_context(|| format!("cannot read {}", from.display()))?
        } else {
            commented_defaults()
        };
        if self.say("write", &to.display().to_string()) {
            write_settings(&to, &text)?;
        }
        Ok(())
    }

    fn token(&self, app: &App) -> Result<()> {
        let to = self.place(Path::new(TOKEN));
        let token = match app.settings().token() {
            Ok(token) => token,
            Err(SecretError::NoToken) if to.is_file() => {
                eprintln!("glyffuse: {} stays as it is", to.display());
                return Ok(());
            }
            Err(SecretError::NoToken) if self.dry => {
                eprintln!("glyffuse: there is no token yet: run `glyffuse setup` first");
                return Ok(());
            }
            Err(error) => bail!("{error}; `glyffuse setup` asks for it"),
        };
        if self.say("write", &format!("{} (mode 600)", to.display()))
            && write_secret(&to, &token)? == Written::Replaced
        {
            eprintln!("glyffuse: what it held before is in {}.previous", to.display());
        }
        Ok(())
    }

    fn unit(&self, unit: &str) -> Result<()> {
        let to = self.place(Path::new(UNIT_FILE));
        if self.say("write", &to.display().to_string()) {
            write_settings(&to, unit)?;
        }
        Ok(())
    }

    fn systemctl(&self, words: &[&str]) -> Result<()> {
        if self.say("run", &format!("systemctl {}", words.join(" "))) {
            let done = Command::new("systemctl").args(words).status();
            let done = done.context("systemctl cannot be run")?;
            if !done.success() {
                bail!("systemctl {} failed: `journalctl -u glyffuse` says more", words.join(" "));
            }
        }
        Ok(())
    }

    /// Replaces a file as a whole, also while it is in use.
    fn copy(&self, from: &Path, to: &Path, mode: u32) -> Result<()> {
        let to = self.place(to);
        let same = |a: &Path, b: &Path| fs::canonicalize(a).ok() == fs::canonicalize(b).ok();
        if to.exists() && same(from, &to) {
            return Ok(());
        }
        if self.say("copy", &format!("{} to {}", from.display(), to.display())) {
            make_folder(&to)?;
            let fresh = to.with_extension("part");
            fs::copy(from, &fresh)
                .and_then(|_| permit(&fresh, mode))
                .and_then(|()| fs::rename(&fresh, &to))
                .with_context(|| cannot(&to))?;
        }
        Ok(())
    }
}

fn cannot(path: &Path) -> String {
    format!("cannot write {}: root may, with sudo", path.display())
}

/// Makes the folder of a file, so that everybody may look into it.
fn make_folder(file: &Path) -> Result<()> {
    let folder = file.parent().context("a file without a folder")?;
    let fresh = folder.ancestors().take_while(|folder| !folder.exists()).collect::<Vec<_>>();
    fs::create_dir_all(folder).with_context(|| cannot(folder))?;
    fresh.into_iter().try_for_each(|folder| permit(folder, 0o755)).with_context(|| cannot(folder))
}

#[cfg(unix)]
fn permit(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(unix)]
fn symlink(target: &Path, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(not(unix))]
fn permit(_path: &Path, _mode: u32) -> std::io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn symlink(_target: &Path, _link: &Path) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_names_the_folder_of_the_program() {
        assert_eq!(unit(Path::new(FOLDER), None).expect("sound"), UNIT);
        let unit = unit(Path::new("/opt/100%/glyffuse"), Some("tiny")).expect("sound");
        assert!(unit.contains("\nExecStart=/opt/100%%/glyffuse/glyffuse --model tiny bot\n"));
        for folder in ["relative", "/a folder", "/a\nb", "/a\"b", "/a$b"] {
            assert!(super::unit(Path::new(folder), None).is_err(), "{folder}");
        }
    }
}
