//! Types by name, and what functions and tracepoints take.
//!
//! No index of names is kept: a search reads each type's kind and, where that fits, its name. Use
//! [`Btf::find_all`] for several names at once; it reads the types once.

use super::{Btf, BtfError, Head, Kind, NESTING_MAX, Record, TypeId, word};

/// A parameter of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name, empty if BTF does not tell it.
    pub name: String,
    /// Its type.
    pub type_id: TypeId,
}

/// What a function takes and returns, or what a tracepoint hands to its programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// The id to attach to: of the function, or of a tracepoint's `btf_trace_` typedef.
    pub id: TypeId,
    /// What it returns; `void` for a tracepoint.
    pub result: TypeId,
    /// What it takes, in order.
    pub parameters: Vec<Parameter>,
    /// More arguments may follow (`...`).
    pub variadic: bool,
}

impl Function {
    /// Names the parameters that have no name as those of `named`, if it takes as many.
    fn take_names(&mut self, named: Self) {
        if named.parameters.len() != self.parameters.len() {
            return;
        }
        for (parameter, named) in self.parameters.iter_mut().zip(named.parameters) {
            if parameter.name.is_empty() {
                parameter.name = named.name;
            }
        }
    }
}

impl<'a> Btf<'a> {
    /// The first type of this kind and name; for a name shared by several static functions, only one of them.
    pub fn find(&self, kind: Kind, name: &str) -> Option<TypeId> {
        self.find_all(&[(kind, name)]).into_iter().next().flatten()
    }

    /// The first type of each kind and name, in the order of `wanted`, with one pass over all types.
    pub fn find_all(&self, wanted: &[(Kind, &str)]) -> Vec<Option<TypeId>> {
        let mut search = Search::new(wanted);
        self.search(&mut search);
        search.found
    }

    /// Looks through the own types, then the base's.
    fn search(&self, search: &mut Search<'_>) {
        for (offset, id) in self.offsets.iter().zip(self.first()..) {
            if search.missing == 0 {
                return;
            }
            let Ok(head) = Head::read(self.types, *offset) else { continue };
            if !search.wants(head.kind) {
                continue;
            }
            if let Some(name) = self.string_bytes(head.name) {
                search.offer(head.kind, name, TypeId(id));
            }
        }
        if let Some(base) = self.base {
            base.search(search);
        }
    }

    /// What the function takes and returns; its id is what fentry and fexit attach to.
    pub fn function(&self, name: &str) -> Result<Function, BtfError> {
        let id = self.find(Kind::Function, name).ok_or_else(|| not_found(Kind::Function, name))?;
        self.prototype(id)
    }

    /// What a tracepoint hands to a `tp_btf` program, without the `void *__data` that the kernel keeps.
    ///
    /// The names come from `__traceiter_NAME`, because the typedef has none.
    pub fn tracepoint(&self, name: &str) -> Result<Function, BtfError> {
        let typedef_name = format!("btf_trace_{name}");
        let iterator_name = format!("__traceiter_{name}");
        let found = self.find_all(&[(Kind::Typedef, &typedef_name), (Kind::Function, &iterator_name)]);
        let typedef = found.first().copied().flatten();
        let iterator = found.get(1).copied().flatten();
        let id = typedef.ok_or_else(|| not_found(Kind::Typedef, &typedef_name))?;

        let mut tracepoint = self.prototype(id)?;
        if let Some(named) = iterator.and_then(|id| self.prototype(id).ok()) {
            tracepoint.take_names(named);
        }
        if tracepoint.parameters.is_empty() {
            let found = Kind::FunctionPrototype;
            return Err(BtfError::WrongKind { id, found, wanted: "a tracepoint's, which has a parameter" });
        }
        tracepoint.parameters.remove(0);
        Ok(tracepoint)
    }

    /// Result and parameters of a function, a function type, or a pointer or typedef that leads to one.
    pub fn prototype(&self, id: TypeId) -> Result<Function, BtfError> {
        let mut current = id;
        for _ in 0..NESTING_MAX {
            let record = self.resolved_record(current)?;
            match record.kind {
                Kind::FunctionPrototype => return self.read_prototype(id, record),
                Kind::Pointer | Kind::Function => current = TypeId(record.size_or_type),
                found => return Err(BtfError::WrongKind { id, found, wanted: "a function" }),
            }
        }
        Err(BtfError::Circle { id })
    }

    fn read_prototype(&self, id: TypeId, record: Record<'a>) -> Result<Function, BtfError> {
        let mut parameters = Vec::new();
        let mut variadic = false;
        for element in record.tail.chunks_exact(8) {
            let type_id = TypeId(word(element, 4)?);
            let name = self.text(word(element, 0)?)?.to_owned();
            // A parameter of type void without a name is how `...` is written.
            variadic = type_id == TypeId::VOID && name.is_empty();
            if !variadic {
                parameters.push(Parameter { name, type_id });
            }
        }
        Ok(Function { id, result: TypeId(record.size_or_type), parameters, variadic })
    }
}

pub(super) fn not_found(kind: Kind, name: &str) -> BtfError {
    BtfError::NotFound { kind: kind.word(), name: name.to_owned() }
}

/// Names that are sought, and what was found.
struct Search<'w> {
    wanted: &'w [(Kind, &'w str)],
    found: Vec<Option<TypeId>>,
    missing: usize,
    /// Bit n: kind n is wanted.
    kinds: u32,
    /// Whether a wanted name begins with this byte: most others are passed over by one look.
    first_bytes: [bool; 256],
}

impl<'w> Search<'w> {
    fn new(wanted: &'w [(Kind, &'w str)]) -> Self {
        let mut search =
            Self { wanted, found: vec![None; wanted.len()], missing: 0, kinds: 0, first_bytes: [false; 256] };
        for (kind, name) in wanted {
            // Types without a name are many and none is the one that is meant.
            let Some(first) = name.bytes().next() else { continue };
            search.missing += 1;
            search.kinds |= 1 << kind.number();
            if let Some(begins) = search.first_bytes.get_mut(usize::from(first)) {
                *begins = true;
            }
        }
        search
    }

    fn wants(&self, kind: u8) -> bool {
        kind < 32 && self.kinds & (1 << kind) != 0
    }

    /// A type whose name begins where `strings` does.
    fn offer(&mut self, kind: u8, strings: &[u8], id: TypeId) {
        let begins = strings.first().and_then(|first| self.first_bytes.get(usize::from(*first)));
        if begins != Some(&true) {
            return;
        }
        for ((wanted_kind, name), found) in self.wanted.iter().zip(&mut self.found) {
            if found.is_none()
                && wanted_kind.number() == kind
                && strings.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.first() == Some(&0))
                && !name.is_empty()
            {
                *found = Some(id);
                self.missing -= 1;
            }
        }
    }
}
