//! From the name of a function to its place in a program's or library's file, which is what an uprobe wants.
//!
//! The file may be anybody's: every length is checked before it is believed, and what is read has a limit. It is read
//! rather than mapped, because whoever may shorten a mapped file can kill its reader. It does not look for separate
//! files with debugging symbols.

use std::cell::Cell;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use object::Endianness;
use object::elf::{
    FileHeader32, FileHeader64, PF_X, PT_LOAD, SHN_UNDEF, SHT_DYNSYM, SHT_SYMTAB, STB_LOCAL, STT_FUNC,
    STT_GNU_IFUNC,
};
use object::read::elf::{FileHeader, ProgramHeader, SectionHeader, Sym};
use object::{FileKind, ReadCache, ReadRef};

use crate::limits::{ELF_BYTES_MAX, SYMBOL_BYTES_MAX};
use crate::symbol::{Near, near_text};

/// Why there is no place for a symbol.
#[derive(Debug)]
#[non_exhaustive]
pub enum ElfError {
    /// The file is not there or may not be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the kernel said.
        error: io::Error,
    },
    /// The file is no program or library, or is damaged.
    NotElf {
        /// The file.
        path: PathBuf,
        /// What does not hold.
        reason: String,
    },
    /// The file has no function of this name.
    NoSuchSymbol {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        symbol: String,
        /// Names that are there and look like it, the nearest first.
        near: Vec<String>,
        /// Functions that the file names. 0 for a stripped one.
        functions: usize,
    },
}

impl std::fmt::Display for ElfError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable { path, error } => write!(f, "{} cannot be probed: {error}", path.display()),
            Self::NotElf { path, reason } => {
                write!(f, "{} is no program or library that can be probed: {reason}", path.display())
            }
            Self::NoSuchSymbol { path, symbol, functions: 0, .. } => {
                let path = path.display();
                write!(
                    f,
                    "{path} names no functions, so `{symbol}` cannot be found: give its offset in the file"
                )
            }
            Self::NoSuchSymbol { path, symbol, near, .. } => {
                let near = near_text(near);
                write!(f, "{} has no function `{symbol}`{near}", path.display())
            }
        }
    }
}

impl std::error::Error for ElfError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreadable { error, .. } => Some(error),
            Self::NotElf { .. } | Self::NoSuchSymbol { .. } => None,
        }
    }
}

/// Bytes from the start of the file to the first instruction of the function.
pub fn file_offset(path: &Path, symbol: &str) -> Result<u64, ElfError> {
    let unreadable = |error| ElfError::Unreadable { path: path.to_owned(), error };
    let not_elf = |reason: String| ElfError::NotElf { path: path.to_owned(), reason };
    let file = File::open(path).map_err(unreadable)?;
    // A pipe or a terminal would never end.
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(not_elf("it is no regular file".to_owned()));
    }
    let cache = ReadCache::new(file);
    let left = Cell::new(ELF_BYTES_MAX);
    match find(Bounded { cache: &cache, left: &left }, symbol) {
        Ok(Found::At(offset)) => Ok(offset),
        Ok(Found::Missing { near, functions }) => {
            Err(ElfError::NoSuchSymbol { path: path.to_owned(), symbol: symbol.to_owned(), near, functions })
        }
        Err(_) if left.get() == 0 => Err(not_elf(format!("its symbol tables exceed {ELF_BYTES_MAX} bytes"))),
        Err(Damaged(reason)) => Err(not_elf(reason)),
    }
}

/// Reads of a file, as long as there is something left of what may be read.
#[derive(Clone, Copy)]
struct Bounded<'a> {
    cache: &'a ReadCache<File>,
    left: &'a Cell<u64>,
}

impl<'a> ReadRef<'a> for Bounded<'a> {
    fn len(self) -> Result<u64, ()> {
        self.cache.len()
    }

    fn read_bytes_at(self, offset: u64, size: u64) -> Result<&'a [u8], ()> {
        let left = self.left.get().checked_sub(size);
        self.left.set(left.unwrap_or_default());
        left.ok_or(()).and_then(|_| self.cache.read_bytes_at(offset, size))
    }

    fn read_bytes_at_until(self, range: std::ops::Range<u64>, delimiter: u8) -> Result<&'a [u8], ()> {
        self.cache.read_bytes_at_until(range, delimiter)
    }
}

/// What a look-up gave.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    /// Bytes from the start of the file.
    At(u64),
    /// It is not there.
    Missing { near: Vec<String>, functions: usize },
}

/// What does not hold in a file.
struct Damaged(String);

impl From<object::read::Error> for Damaged {
    fn from(error: object::read::Error) -> Self {
        Self(error.to_string())
    }
}

fn find<'a, R: ReadRef<'a>>(file: R, symbol: &str) -> Result<Found, Damaged> {
    match FileKind::parse(file)? {
        FileKind::Elf64 => find_in::<FileHeader64<Endianness>, R>(file, symbol),
        FileKind::Elf32 => find_in::<FileHeader32<Endianness>, R>(file, symbol),
        other => Err(Damaged(format!("it is {other:?}, not ELF"))),
    }
}

fn find_in<'a, Elf: FileHeader, R: ReadRef<'a>>(file: R, symbol: &str) -> Result<Found, Damaged> {
    let header = Elf::parse(file)?;
    let endian = header.endian()?;
    let sections = header.section_headers(endian, file)?;
    let mut functions = Functions { wanted: symbol, near: Near::new(symbol), count: 0, best: None };
    for kind in [SHT_SYMTAB, SHT_DYNSYM] {
        // A file has one of each; what names more would only make the look-up long.
        if let Some(section) = sections.iter().find(|section| section.sh_type(endian) == kind) {
            let symbols = section.data_as_array::<Elf::Sym, R>(endian, file)?;
            let names = sections.get(section.link(endian).0);
            let names = names.ok_or_else(|| Damaged("a symbol table has no names".to_owned()))?;
            functions.add::<Elf>(endian, symbols, names.data(endian, file)?);
        }
    }
    let Some((address, _)) = functions.best else {
        return Ok(Found::Missing { near: functions.near.names(), functions: functions.count });
    };
    let segments = header.program_headers(endian, file)?;
    let offset = segments.iter().find_map(|segment| offset_in::<Elf>(endian, segment, address));
    offset
        .map(Found::At)
        .ok_or_else(|| Damaged(format!("address {address:#x} of `{symbol}` lies in no code of it")))
}

/// The functions of the symbol tables that have been read.
struct Functions<'a> {
    wanted: &'a str,
    near: Near<'a>,
    count: usize,
    /// Address of the wanted one, and whether it is a local name: of several, one that others can call is meant.
    best: Option<(u64, bool)>,
}

impl Functions<'_> {
    fn add<Elf: FileHeader>(&mut self, endian: Elf::Endian, symbols: &[Elf::Sym], names: &[u8]) {
        for symbol in symbols {
            let kind = symbol.st_type();
            if (kind != STT_FUNC && kind != STT_GNU_IFUNC) || symbol.st_shndx(endian) == SHN_UNDEF {
                continue;
            }
            self.count += 1;
            let start = usize::try_from(symbol.st_name(endian)).unwrap_or(usize::MAX);
            let name = names.get(start..).unwrap_or_default();
            if is_name(name, self.wanted) {
                self.take(symbol.st_value(endian).into(), symbol.st_bind() == STB_LOCAL);
            } else if self.best.is_none() {
                let limit = self.wanted.len().saturating_mul(2).min(SYMBOL_BYTES_MAX);
                let end = name.iter().take(limit).position(|&byte| byte == 0);
                self.near.offer(&name[..end.unwrap_or_default()]);
            }
        }
    }

    fn take(&mut self, address: u64, local: bool) {
        if self.best.is_none_or(|(_, best_is_local)| best_is_local && !local) {
            self.best = Some((address, local));
        }
    }
}

/// Whether a table of names has this one at its start.
fn is_name(names: &[u8], wanted: &str) -> bool {
    names.strip_prefix(wanted.as_bytes()).is_some_and(|rest| rest.first() == Some(&0))
}

/// Where in the file an address of this segment is, if it is code of it.
fn offset_in<Elf: FileHeader>(
    endian: Elf::Endian,
    segment: &Elf::ProgramHeader,
    address: u64,
) -> Option<u64> {
    let is_code = segment.p_type(endian) == PT_LOAD && segment.p_flags(endian).contains(PF_X);
    let into = address.checked_sub(segment.p_vaddr(endian).into())?;
    (is_code && into < segment.p_filesz(endian).into())
        .then(|| into.checked_add(segment.p_offset(endian).into()))?
}

/// The body of the fuzz target: looks for symbols in any bytes.
#[doc(hidden)]
pub fn fuzz_elf(bytes: &[u8]) {
    for symbol in ["main", "readline", "", "probity_target"] {
        if let Ok(Found::Missing { near, functions }) = find(bytes, symbol) {
            assert!(near.len() <= functions, "what is near was there");
        }
    }
}
