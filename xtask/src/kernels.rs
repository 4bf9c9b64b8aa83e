//! The kernels of the test machine: Debian's cloud kernels, one for each series that we promise to run on.
//!
//! A kernel is fetched once and kept in the cache; it is unpacked there and never installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::apt::{Lists, Mirror};
use crate::error::{Error, Result};
use crate::host::{self, Scratch};

/// A series of kernels and where Debian keeps it.
struct Series {
    /// What it is called here; also how its release numbers begin, but for the newest.
    short: &'static str,
    suites: &'static [&'static str],
}

/// The short name of whatever Debian has newest.
const NEWEST: &str = "newest";

/// All series, in the order in which they are tested.
const SERIES: [Series; 4] = [
    Series { short: "5.10", suites: &["bullseye", "bullseye-security"] },
    Series { short: "6.1", suites: &["bookworm", "bookworm-security"] },
    Series { short: "6.12", suites: &["trixie", "trixie-security"] },
    Series { short: NEWEST, suites: &["trixie-backports", "sid"] },
];

/// Debian release that the static busybox is taken from.
const BUSYBOX_SUITES: [&str; 1] = ["bookworm"];

/// One kernel, ready to boot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kernel {
    /// The series' name, such as `6.1`.
    pub(crate) short: &'static str,
    /// What the kernel calls itself, such as `6.1.0-56-cloud-amd64`.
    pub(crate) release: String,
    /// The Debian package it was taken from: name and version.
    pub(crate) package: String,
    /// The bootable image.
    pub(crate) image: PathBuf,
}

/// Short names of all series.
pub(crate) fn all() -> Vec<&'static str> {
    SERIES.iter().map(|series| series.short).collect()
}

/// The short name that a word of the command line means.
pub(crate) fn named(word: &str) -> Result<&'static str> {
    let series = SERIES.iter().find(|series| series.short == word);
    let unknown = || Error::Usage(format!("no kernel is called {word}: there are {}", all().join(", ")));
    series.map(|series| series.short).ok_or_else(unknown)
}

/// The kernel of this short name: out of the cache, or from Debian when it is not there or `refresh` is set.
pub(crate) fn obtain(short: &'static str, refresh: bool) -> Result<Kernel> {
    let directory = host::cache()?.join("kernels").join(short);
    if !refresh && let Some(kernel) = kept(short, &directory) {
        return Ok(kernel);
    }
    let mirror = Mirror::of_this_machine()?;
    let scratch = Scratch::create(&directory)?;
    let suites = SERIES.iter().find(|series| series.short == short).map_or(&[][..], |series| series.suites);
    for archived in [false, true] {
        let lists = Lists::fetch(&mirror, scratch.path(), suites, archived)?;
        if let Some(kernel) = fetch(&lists, short, &directory, &scratch)? {
            return Ok(kernel);
        }
    }
    let text = format!("the mirror has no {short} cloud kernel in {}", suites.join(", "));
    Err(Error::Missing(text))
}

/// A static busybox: out of the cache, or from Debian when it is not there or `refresh` is set.
pub(crate) fn busybox(refresh: bool) -> Result<PathBuf> {
    let directory = host::cache()?.join("busybox");
    let program = directory.join("busybox");
    if !refresh && program.is_file() {
        return Ok(program);
    }
    let scratch = Scratch::create(&directory)?;
    let lists = Lists::fetch(&Mirror::of_this_machine()?, scratch.path(), &BUSYBOX_SUITES, false)?;
    let name = "busybox-static";
    let missing = || Error::Missing(format!("the mirror has no {name} in {}", BUSYBOX_SUITES.join(", ")));
    let version = lists.version(name)?.ok_or_else(missing)?;
    let unpacked = unpack(&lists.download(name, &version)?, scratch.path(), "*/bin/busybox")?;
    eprintln!("busybox: {name} {version}");
    keep(&unpacked, &program)?;
    Ok(program)
}

/// The kernel that an earlier run left.
fn kept(short: &'static str, directory: &Path) -> Option<Kernel> {
    let text = fs::read_to_string(directory.join("package")).ok()?;
    let (release, package) = text.trim_end().split_once('\n')?;
    let image = directory.join("vmlinuz");
    let kernel = Kernel { short, release: release.to_owned(), package: package.to_owned(), image };
    kernel.image.is_file().then_some(kernel)
}

/// Fetches the newest kernel of a series, unless the lists have none.
fn fetch(lists: &Lists, short: &'static str, directory: &Path, scratch: &Scratch) -> Result<Option<Kernel>> {
    let images = lists.names("linux-image-")?;
    let Some(release) = newest(images.iter().map(String::as_str), short) else { return Ok(None) };
    // Since 6.19 the image lies in a package of its own.
    let names = [format!("linux-binary-{release}"), format!("linux-image-{release}")];
    for name in names {
        let Some(version) = lists.version(&name)? else { continue };
        let package = format!("{name} {version}");
        eprintln!("{short}: fetching {package}");
        let file = lists.download(&name, &version)?;
        let unpacked = unpack(&file, scratch.path(), "*/vmlinuz*")?;
        let image = directory.join("vmlinuz");
        keep(&unpacked, &image)?;
        let path = directory.join("package");
        let text = format!("{release}\n{package}\n");
        fs::write(&path, text).map_err(Error::io(format!("write {}", path.display())))?;
        return Ok(Some(Kernel { short, release, package, image }));
    }
    Ok(None)
}

/// The newest release among names of packages, such as `linux-image-6.1.0-56-cloud-amd64`.
fn newest<'a>(packages: impl Iterator<Item = &'a str>, short: &str) -> Option<String> {
    let release = |package: &'a str| {
        let release = package.strip_prefix("linux-image-")?;
        let numbers = numbers(release.strip_suffix("-cloud-amd64")?);
        let series: Vec<u64> = short.split('.').filter_map(|number| number.parse().ok()).collect();
        // The packages that only depend on the newest one have fewer numbers.
        (numbers.len() > 3 && numbers.starts_with(&series)).then_some((numbers, release))
    };
    packages.filter_map(release).max().map(|(_, release)| release.to_owned())
}

/// The numbers in a text, in their order: 6.12.107+deb13 is 6, 12, 107, 13.
fn numbers(text: &str) -> Vec<u64> {
    text.split(|letter: char| !letter.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect()
}

/// Unpacks the one file of a package that `pattern` fits, and returns where it lies.
fn unpack(package: &Path, directory: &Path, pattern: &str) -> Result<PathBuf> {
    host::require(&[("dpkg-deb", "dpkg"), ("tar", "tar")])?;
    let doing = || format!("unpack {}", package.display());
    let child = Command::new("dpkg-deb").arg("--fsys-tarfile").arg(package).stdout(Stdio::piped()).spawn();
    let mut child = child.map_err(Error::io(doing()))?;
    let files = child.stdout.take().map_or_else(Stdio::null, Stdio::from);
    let mut tar = Command::new("tar");
    tar.arg("--extract").arg("--directory").arg(directory).args(["--wildcards", "--verbose", pattern]);
    let output = tar.stdin(files).output().map_err(Error::io(doing()))?;
    let status = child.wait().map_err(Error::io(doing()))?;
    let listing = String::from_utf8_lossy(&output.stdout).into_owned();
    let name = listing.lines().next().filter(|_| status.success() && output.status.success());
    let missing = || Error::Missing(format!("{} holds no {pattern}", package.display()));
    name.map(|name| directory.join(name)).ok_or_else(missing)
}

/// Moves an unpacked file to its place in the cache.
fn keep(unpacked: &Path, place: &Path) -> Result<()> {
    fs::rename(unpacked, place).map_err(Error::io(format!("move {}", unpacked.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKAGES: [&str; 11] = [
        "linux-image-6.1.0-9-cloud-amd64",
        "linux-image-6.1.0-56-cloud-amd64",
        "linux-image-6.1.0-57-cloud-amd64-dbg",
        "linux-image-6.1.0-57-cloud-amd64-unsigned",
        "linux-image-6.1.0-58-rt-amd64",
        "linux-image-6.1.0-0.deb11.60-cloud-amd64",
        "linux-image-6.12-cloud-amd64",
        "linux-image-6.12.111+deb13-cloud-amd64",
        "linux-image-6.12.111+deb12-cloud-amd64",
        "linux-image-7.2.13+deb14-cloud-amd64",
        "linux-image-cloud-amd64",
    ];

    /// The release that is taken for this short name.
    fn check(short: &str, want: Option<&str>) {
        assert_eq!(newest(PACKAGES.into_iter(), short).as_deref(), want, "{short}");
    }

    #[test]
    fn the_newest_release_of_a_series_is_taken() {
        check("6.1", Some("6.1.0-56-cloud-amd64"));
        check("6.12", Some("6.12.111+deb13-cloud-amd64"));
        check(NEWEST, Some("7.2.13+deb14-cloud-amd64"));
        check("5.10", None);
    }

    #[test]
    fn an_unknown_name_is_answered_with_those_there_are() {
        let error = named("4.19").expect_err("no such series").to_string();
        assert_eq!(error, "no kernel is called 4.19: there are 5.10, 6.1, 6.12, newest");
    }
}
