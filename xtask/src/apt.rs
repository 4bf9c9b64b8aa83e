//! Debian packages of other releases than the machine's own, without touching its package system.
//!
//! The mirror and the keyring are those that the machine's own apt configuration names. Apt itself checks the
//! signatures; its state lies in a directory of ours, and nothing is installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Error, Result};
use crate::host;

/// Where Debian's package `debian-archive-keyring` puts the keys; used when the configuration names none.
const KEYRINGS: [&str; 2] =
    ["/usr/share/keyrings/debian-archive-keyring.gpg", "/usr/share/keyrings/debian-archive-keyring.pgp"];

/// Names under which a machine's configuration can list Debian itself.
const RELEASES: [&str; 10] = [
    "bullseye",
    "bookworm",
    "trixie",
    "forky",
    "duke",
    "sid",
    "oldoldstable",
    "oldstable",
    "stable",
    "testing",
];

/// A mirror of Debian, as the machine knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mirror {
    /// URI of the archive.
    archive: String,
    /// URI of the security archive.
    security: String,
    /// File with the keys that sign both.
    keyring: PathBuf,
}

/// One entry of an apt configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Entry {
    uris: Vec<String>,
    suites: Vec<String>,
    components: Vec<String>,
    signed_by: Option<String>,
}

impl Entry {
    fn is_debian(&self, is_suite: impl Fn(&str) -> bool) -> bool {
        self.components.iter().any(|word| word == "main") && self.suites.iter().any(|suite| is_suite(suite))
    }
}

impl Mirror {
    /// The mirror that the machine's apt configuration names.
    pub(crate) fn of_this_machine() -> Result<Self> {
        let mut entries = entries_of_list(&fs::read_to_string("/etc/apt/sources.list").unwrap_or_default());
        let parts = fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten().flatten();
        let mut parts: Vec<PathBuf> = parts.map(|part| part.path()).collect();
        parts.sort();
        for path in parts {
            let text = fs::read_to_string(&path).unwrap_or_default();
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("list") => entries.extend(entries_of_list(&text)),
                Some("sources") => entries.extend(entries_of_deb822(&text)),
                _ => {}
            }
        }
        let keyring = KEYRINGS.map(PathBuf::from).into_iter().find(|path| path.is_file());
        mirror_of(&entries, keyring).ok_or_else(|| {
            let text = "the apt configuration names no Debian mirror, or the keyring of the Debian package \
                debian-archive-keyring is not there";
            Error::Missing(text.to_owned())
        })
    }

    /// The lines of a `sources.list` for these suites. `archived` asks the same mirror where Debian keeps
    /// releases that have ended.
    fn sources(&self, suites: &[&str], archived: bool) -> String {
        let line = |suite: &&str| {
            let uri = if suite.ends_with("-security") { &self.security } else { &self.archive };
            let uri = match uri.rsplit_once("/debian") {
                Some((host, rest)) if archived => format!("{host}/debian-archive/debian{rest}"),
                _ => uri.clone(),
            };
            format!("deb [arch=amd64 signed-by={}] {uri} {suite} main\n", self.keyring.display())
        };
        suites.iter().map(line).collect()
    }
}

fn mirror_of(entries: &[Entry], default_keyring: Option<PathBuf>) -> Option<Mirror> {
    let main = entries.iter().find(|entry| entry.is_debian(|suite| RELEASES.contains(&suite)))?;
    let archive = main.uris.first()?.trim_end_matches('/').to_owned();
    let is_security =
        |suite: &str| suite.strip_suffix("-security").is_some_and(|name| RELEASES.contains(&name));
    let security = entries.iter().find(|entry| entry.is_debian(is_security));
    let security = security.and_then(|entry| entry.uris.first());
    let security = match security {
        Some(uri) => uri.trim_end_matches('/').to_owned(),
        None => format!("{}/debian-security", archive.strip_suffix("/debian")?),
    };
    // An entry may hold the keys themselves instead of a file's name.
    let named = main.signed_by.as_deref().filter(|name| name.starts_with('/')).map(PathBuf::from);
    Some(Mirror { archive, security, keyring: named.or(default_keyring)? })
}

/// Reads the one-line form: `deb [options] URI suite component...`.
fn entries_of_list(text: &str) -> Vec<Entry> {
    let entry = |line: &str| {
        let rest = line.trim().strip_prefix("deb")?;
        let rest = rest.strip_prefix([' ', '\t'])?.trim_start();
        let (options, rest) = match rest.strip_prefix('[') {
            Some(rest) => rest.split_once(']')?,
            None => ("", rest),
        };
        let mut words = rest.split('#').next()?.split_whitespace().map(str::to_owned);
        Some(Entry {
            uris: vec![words.next()?],
            suites: vec![words.next()?],
            components: words.collect(),
            signed_by: options
                .split_whitespace()
                .find_map(|word| word.strip_prefix("signed-by="))
                .map(str::to_owned),
        })
    };
    text.lines().filter_map(entry).collect()
}

/// Reads the form of deb822: paragraphs of `Field: value`.
fn entries_of_deb822(text: &str) -> Vec<Entry> {
    let entry = |paragraph: &str| {
        let mut entry = Entry::default();
        let mut is_deb = false;
        for line in paragraph.lines().filter(|line| !line.starts_with('#')) {
            let Some((field, value)) = line.split_once(':') else { continue };
            let words = || value.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            match field.to_ascii_lowercase().as_str() {
                "types" => is_deb = words().iter().any(|word| word == "deb"),
                "uris" => entry.uris = words(),
                "suites" => entry.suites = words(),
                "components" => entry.components = words(),
                "signed-by" => entry.signed_by = words().into_iter().next(),
                "enabled" if value.trim() == "no" => return None,
                _ => {}
            }
        }
        is_deb.then_some(entry)
    };
    text.split("\n\n").filter_map(entry).collect()
}

/// Lists of packages, fetched and checked by apt into a directory of our own.
pub(crate) struct Lists {
    directory: PathBuf,
}

impl Lists {
    /// Fetches the lists of these suites. A suite that the mirror does not have is a line on standard error, and
    /// no package of it will be found.
    pub(crate) fn fetch(mirror: &Mirror, directory: &Path, suites: &[&str], archived: bool) -> Result<Self> {
        let lists = Self { directory: directory.to_owned() };
        for part in ["lists/partial", "cache/archives/partial"] {
            let path = directory.join(part);
            fs::create_dir_all(&path).map_err(Error::io(format!("create {}", path.display())))?;
        }
        let files = [("sources.list", mirror.sources(suites, archived)), ("status", String::new())];
        for (name, text) in files {
            let path = directory.join(name);
            fs::write(&path, text).map_err(Error::io(format!("write {}", path.display())))?;
        }
        let fetched = host::output(lists.apt("apt-get").args(["--error-on=any", "update"]));
        if let Err(Error::Command { message, .. }) = &fetched {
            eprintln!("apt: {message}");
            return Ok(lists);
        }
        fetched.map(|_| lists)
    }

    /// Names of the packages that begin like this.
    pub(crate) fn names(&self, prefix: &str) -> Result<Vec<String>> {
        let text = host::output(self.apt("apt-cache").args(["pkgnames", prefix]))?;
        let mut names: Vec<String> = String::from_utf8_lossy(&text).lines().map(str::to_owned).collect();
        names.sort();
        Ok(names)
    }

    /// The newest version of a package, if there is one.
    pub(crate) fn version(&self, name: &str) -> Result<Option<String>> {
        let text = host::output(self.apt("apt-cache").args(["madison", name]))?;
        let text = String::from_utf8_lossy(&text);
        let row = text.lines().next().and_then(|row| row.split('|').nth(1));
        Ok(row.map(|version| version.trim().to_owned()))
    }

    /// Fetches a package, checked by apt against the signed lists, and returns its file, which lies in our directory.
    pub(crate) fn download(&self, name: &str, version: &str) -> Result<PathBuf> {
        let directory = self.directory.join("packages");
        fs::create_dir_all(&directory).map_err(Error::io(format!("create {}", directory.display())))?;
        let mut download = self.apt("apt-get");
        download.args(["download", &format!("{name}={version}")]).current_dir(&directory);
        host::output(&mut download)?;
        let begin = format!("{name}_");
        let files = fs::read_dir(&directory).map_err(Error::io(format!("list {}", directory.display())))?;
        let mut files = files.flatten().filter(|file| file.file_name().to_string_lossy().starts_with(&begin));
        let missing = || Error::Missing(format!("apt fetched {name} {version} and left no file"));
        files.next().map(|file| file.path()).ok_or_else(missing)
    }

    /// An apt that knows nothing but our lists; proxies and time-outs stay those of the machine.
    fn apt(&self, program: &str) -> Command {
        let here = |part: &str| self.directory.join(part).display().to_string();
        let options = [
            format!("Dir::Etc::sourcelist={}", here("sources.list")),
            "Dir::Etc::sourceparts=/dev/null".to_owned(),
            "Dir::Etc::preferences=/dev/null".to_owned(),
            "Dir::Etc::preferencesparts=/dev/null".to_owned(),
            format!("Dir::State={}", here("")),
            format!("Dir::State::lists={}", here("lists")),
            format!("Dir::State::status={}", here("status")),
            format!("Dir::Cache={}", here("cache")),
            "APT::Architecture=amd64".to_owned(),
            "Acquire::Languages=none".to_owned(),
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false".to_owned(),
        ];
        let mut command = Command::new(program);
        for option in options {
            command.args(["-o", &option]);
        }
        if host::is_root() {
            // The user that apt would change to for the download may not look into the cache of root.
            command.args(["-o", "APT::Sandbox::User=root"]);
        }
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYRING: &str = "/keys/debian.gpg";

    /// The lines for two suites of trixie that come out of a machine's configuration.
    fn check(entries: &[Entry], want: &str) {
        let mirror = mirror_of(entries, Some(PathBuf::from(KEYRING)));
        let text = mirror.map(|mirror| mirror.sources(&["trixie", "trixie-security"], false));
        assert_eq!(text.unwrap_or_default(), want);
    }

    #[test]
    fn one_line_entries_name_the_mirror() {
        let text = "# deb http://commented.example/debian trixie main\n\
            deb-src http://mirror.example/debian trixie main\n\
            deb http://other.example/linux/debian bookworm stable\n\
            deb [arch=amd64 signed-by=/keys/own.gpg] http://mirror.example/debian/ bookworm main contrib # note\n\
            deb http://safe.example/debian-security bookworm-security main\n";
        let want = "deb [arch=amd64 signed-by=/keys/own.gpg] http://mirror.example/debian trixie main\n\
            deb [arch=amd64 signed-by=/keys/own.gpg] http://safe.example/debian-security trixie-security main\n";
        check(&entries_of_list(text), want);
    }

    #[test]
    fn paragraphs_name_the_mirror_and_security_is_its_neighbour() {
        let text = "Types: deb\nEnabled: no\nURIs: http://off.example/debian\nSuites: trixie\nComponents: main\n\n\
            # A comment\nTypes: deb deb-src\nURIs: http://mirror.example/debian\nSuites: trixie trixie-updates\n\
            Components: main\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n";
        let want = "deb [arch=amd64 signed-by=/keys/debian.gpg] http://mirror.example/debian trixie main\n\
            deb [arch=amd64 signed-by=/keys/debian.gpg] http://mirror.example/debian-security trixie-security main\n";
        check(&entries_of_deb822(text), want);
    }

    #[test]
    fn a_machine_without_debian_has_no_mirror() {
        check(&entries_of_list("deb http://archive.example/ubuntu noble main\n"), "");
    }

    #[test]
    fn ended_releases_lie_beside_the_archive() {
        let entries = entries_of_list("deb http://mirror.example/debian trixie main\n");
        let mirror = mirror_of(&entries, Some(PathBuf::from(KEYRING))).expect("a mirror");
        let want = "deb [arch=amd64 signed-by=/keys/debian.gpg] \
            http://mirror.example/debian-archive/debian-security bullseye-security main\n";
        assert_eq!(mirror.sources(&["bullseye-security"], true), want);
    }
}
