//! Types as C text, for messages and listings.

use super::{Btf, BtfError, Kind, NESTING_MAX, RESOLVE_STEPS_MAX, Record, TYPE_TEXT_BYTES_MAX, TypeId, word};

impl<'a> Btf<'a> {
    /// The type in C, such as `const char *` or `struct list_head[4]`; a struct is named, not spelled out.
    pub fn type_name(&self, id: TypeId) -> Result<String, BtfError> {
        self.declaration(id, String::new(), NESTING_MAX)
    }

    /// The declaration of `declarator` as this type. Follows C from the inside out: each step wraps what is there.
    fn declaration(&self, id: TypeId, declarator: String, depth: u32) -> Result<String, BtfError> {
        let depth = depth.checked_sub(1).ok_or(BtfError::TypeText { id })?;
        let mut text = declarator;
        let mut qualifiers = String::new();
        let mut current = id;
        for _ in 0..RESOLVE_STEPS_MAX {
            if text.len() + qualifiers.len() > TYPE_TEXT_BYTES_MAX {
                return Err(BtfError::TypeText { id });
            }
            if current == TypeId::VOID {
                return Ok(declare(&qualifiers, "void", &text));
            }
            let record = self.record(current)?;
            let next = TypeId(record.size_or_type);
            current = match record.kind {
                Kind::Const | Kind::Volatile | Kind::Restrict => {
                    qualifiers = join(&qualifiers, record.kind.word());
                    next
                }
                Kind::TypeTag | Kind::DeclarationTag => next,
                Kind::Pointer => {
                    // Qualifiers of a pointer stand behind its star.
                    text = self.pointer_declarator(&qualifiers, &text, next)?;
                    qualifiers.clear();
                    next
                }
                Kind::Array => {
                    let array = record.array()?;
                    text = format!("{text}[{}]", array.count);
                    array.element
                }
                Kind::FunctionPrototype => {
                    let parameters = self.parameter_list(record, depth)?;
                    text = format!("{text}({parameters})");
                    next
                }
                Kind::Function => {
                    text = format!("{}{text}", self.text(record.name)?);
                    next
                }
                _ => return Ok(declare(&qualifiers, &self.leaf(record)?, &text)),
            };
        }
        Err(BtfError::Circle { id })
    }

    /// `*declarator`, in parentheses if `[]` or `()` follows, which bind tighter.
    fn pointer_declarator(&self, qualifiers: &str, declarator: &str, to: TypeId) -> Result<String, BtfError> {
        let pointer = format!("*{}", join(qualifiers, declarator));
        if to == TypeId::VOID {
            return Ok(pointer);
        }
        let binds_tighter = matches!(self.record(to)?.kind, Kind::Array | Kind::FunctionPrototype);
        Ok(if binds_tighter { format!("({pointer})") } else { pointer })
    }

    fn parameter_list(&self, record: Record<'a>, depth: u32) -> Result<String, BtfError> {
        let mut list = String::new();
        for element in record.tail.chunks_exact(8) {
            if !list.is_empty() {
                list.push_str(", ");
            }
            let name = self.text(word(element, 0)?)?;
            let type_id = TypeId(word(element, 4)?);
            let is_rest = type_id == TypeId::VOID && name.is_empty();
            let parameter =
                if is_rest { "...".to_owned() } else { self.declaration(type_id, name.to_owned(), depth)? };
            list.push_str(&parameter);
            if list.len() > TYPE_TEXT_BYTES_MAX {
                return Err(BtfError::TypeText { id: type_id });
            }
        }
        Ok(if list.is_empty() { "void".to_owned() } else { list })
    }

    /// A type that is named, not built from others.
    fn leaf(&self, record: Record<'a>) -> Result<String, BtfError> {
        let name = self.text(record.name)?;
        let word = match record.kind {
            Kind::Union => "union",
            Kind::Forward if record.flag => "union",
            Kind::Struct | Kind::Forward => "struct",
            Kind::Enum | Kind::Enum64 => "enum",
            _ => return Ok(name.to_owned()),
        };
        Ok(if name.is_empty() { format!("{word} {{...}}") } else { format!("{word} {name}") })
    }
}

/// The parts with one space between them, or the one that is there.
fn join(left: &str, right: &str) -> String {
    let space = if left.is_empty() || right.is_empty() { "" } else { " " };
    format!("{left}{space}{right}")
}

fn declare(qualifiers: &str, leaf: &str, declarator: &str) -> String {
    let leaf = join(qualifiers, leaf);
    if declarator.starts_with('[') { format!("{leaf}{declarator}") } else { join(&leaf, declarator) }
}
