//! Questions to BTF: of a file that gcc wrote from C (`corpus/btf/gcc.btf`), of made-up files, and of our writer's.

use bpf::btf::{
    Bits, Btf, BtfError, FieldKind, FieldLayout, Function, IntEncoding, Kind, LayoutLimits, Linkage,
    StructLayout, TypeId, Writer,
};

/// From gcc 12 `-gbtf`; the struct's offsets were compared with `offsetof`. This gcc writes the dimensions of
/// `int grid[2][3]` in reverse and does not say that an enumeration is signed.
const GCC: &[u8] = include_bytes!("corpus/btf/gcc.btf");

macro_rules! corpus {
    ($name:literal) => {
        include_bytes!(concat!("corpus/btf/", $name, ".btf"))
    };
}

fn parse(bytes: &[u8]) -> Btf<'_> {
    Btf::parse(bytes).expect("sound BTF")
}

/// Where `path` leads from a struct, as text.
fn member(bytes: &[u8], structure: &str, path: &str) -> String {
    let btf = parse(bytes);
    match btf.member_of(structure, path) {
        Ok(member) => {
            let place = if member.is_bitfield {
                format!("bits {}+{}", member.bit_offset, member.bits)
            } else {
                assert_eq!(member.bits, member.bytes * 8, "{path}");
                format!("byte {}", member.byte_offset())
            };
            let sign = if member.signed { " signed" } else { "" };
            let text = btf.type_name(member.type_id).expect("a type's text");
            format!("{place}, {} bytes{sign}: {text}", member.bytes)
        }
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn check(path: &str, expected: &str) {
    assert_eq!(member(GCC, "outer", path), expected);
}

#[test]
fn members_are_found_through_unnamed_structs_and_typedefs() {
    check("a", "byte 0, 4 bytes signed: int");
    check("b", "byte 8, 8 bytes signed: long int");
    check("e", "byte 8, 2 bytes signed: short int");
    check("f", "byte 12, 4 bytes: const alias");
    check("in", "byte 16, 8 bytes: struct inner");
    check("in.d", "byte 20, 4 bytes signed: volatile int");
    check("value.text", "byte 56, 8 bytes: char[8]");
    check("name", "byte 32, 16 bytes: char[16]");
    check("colour", "byte 52, 4 bytes: enum colour");
    check("grid", "byte 64, 24 bytes: int[3][2]");
    check("links", "byte 88, 32 bytes: struct list[2]");
    check("truth", "byte 168, 1 bytes: _Bool");
}

#[test]
fn types_have_their_c_text() {
    check("p", "byte 24, 8 bytes: struct inner *");
    check("call", "byte 120, 8 bytes: int (*)(struct outer *, const char *, ...)");
    check("table", "byte 128, 8 bytes: const void *const *");
    check("rows", "byte 152, 8 bytes: int (*)[4]");
    check("ratio", "byte 136, 8 bytes: double");
}

#[test]
fn bitfields_have_their_bits() {
    check("x", "bits 384+3, 4 bytes: unsigned int");
    check("y", "bits 387+7, 4 bytes signed: int");
    check("flag", "bits 394+1, 1 bytes: _Bool");
    check("wide", "bits 1152+40, 8 bytes: long long unsigned int");
    for bytes in [&corpus!("bitfields")[..], corpus!("bitfields_old")] {
        assert!(member(bytes, "s", "a").starts_with("bits 0+3, 4 bytes signed"));
        assert!(member(bytes, "s", "b").starts_with("bits 3+7, 4 bytes signed"));
    }
}

#[test]
fn a_path_that_leads_nowhere_says_at_which_step() {
    check("p.c", "`p` is a pointer: read it first, then ask what it points to for `c`");
    check("nothing", "`struct outer` has no member `nothing`");
    check("in.e", "`struct inner` has no member `e`");
    check("a.b", "`int` is no struct or union, so it has no member `b`");
    check("grid.b", "`int[3][2]` is no struct or union, so it has no member `b`");
    check("in..d", "the path `in..d` has an empty step");
    check("", "the path `` has an empty step");
    assert_eq!(member(GCC, "missing", "a"), "this kernel's BTF has no struct `missing`");
    assert_eq!(member(GCC, "value", "text"), "byte 0, 8 bytes: char[8]");
    assert_eq!(member(GCC, "alias", "a"), "`alias` is no struct or union, so it has no member `a`");
}

/// A field kind as short text.
fn kind_text(kind: &FieldKind) -> String {
    match kind {
        FieldKind::Signed { bytes } => format!("i{}", bytes * 8),
        FieldKind::Unsigned { bytes } => format!("u{}", bytes * 8),
        FieldKind::Bool { bytes } => format!("bool{bytes}"),
        FieldKind::Float { bytes } => format!("f{}", bytes * 8),
        FieldKind::CharArray { count } => format!("char[{count}]"),
        FieldKind::Array { element, element_bytes, count } => {
            format!("[{} by {element_bytes}; {count}]", kind_text(element))
        }
        FieldKind::Pointer => "pointer".to_owned(),
        FieldKind::Enum { bytes, signed } => format!("enum{bytes}{}", if *signed { " signed" } else { "" }),
        FieldKind::Struct(inner) => format!("struct {}", layout_text(inner)),
        FieldKind::Union(inner) => format!("union {}", layout_text(inner)),
    }
}

fn layout_text(layout: &StructLayout) -> String {
    let field = |field: &FieldLayout| {
        let bits =
            field.bits.map(|Bits { offset, count }| format!(" bits {offset}+{count}")).unwrap_or_default();
        format!("{} {}{bits} {}", field.byte_offset, field.name, kind_text(&field.kind))
    };
    let fields: Vec<String> = layout.fields.iter().map(field).collect();
    format!("{} {{{}}}", layout.name, fields.join(", "))
}

#[test]
fn a_layout_is_plain_values() {
    let layout = {
        let btf = parse(GCC);
        btf.layout(btf.structure("outer").expect("the struct"), LayoutLimits::default()).expect("its layout")
    };
    assert_eq!(layout.bytes, 176);
    let list = "struct list {0 next pointer, 8 prev pointer}";
    let expected = [
        "0 a i32, 8 b i64, 8 e i16, 12 f u32",
        "16 in struct inner {0 c i8, 4 d i32}",
        "24 p pointer, 32 name char[16], 48 x bits 384+3 u32, 48 y bits 387+7 i32, 49 flag bits 394+1 bool1",
        "52 colour enum4, 56 value union value {0 number i64, 0 text char[8]}",
        &format!("64 grid [[i32 by 4; 2] by 8; 3], 88 links [{list} by 16; 2]"),
        "120 call pointer, 128 table pointer, 136 ratio f64, 144 wide bits 1152+40 u64, 152 rows pointer",
        "160 big enum8, 168 truth bool1, 169 tail char[0]",
    ];
    assert_eq!(layout_text(&layout), format!("outer {{{}}}", expected.join(", ")));
}

#[test]
fn a_layout_stops_at_its_limits() {
    let btf = parse(GCC);
    let outer = btf.structure("outer").expect("the struct");
    let error = |depth, fields| btf.layout(outer, LayoutLimits { depth, fields }).map(|_| ());
    assert_eq!(error(3, 1_000), Ok(()));
    assert_eq!(error(2, 1_000), Err(BtfError::Nesting { id: outer }));
    assert_eq!(error(8, 10), Err(BtfError::TooManyMembers { id: outer, limit: 10 }));
    assert_eq!(error(0, 0), Err(BtfError::Nesting { id: outer }));
}

/// A function's parameters as C.
fn parameters(btf: &Btf<'_>, function: &Function) -> String {
    let text = |id| btf.type_name(id).expect("a type's text");
    let list: Vec<String> =
        function.parameters.iter().map(|one| format!("{}: {}", one.name, text(one.type_id))).collect();
    let rest = if function.variadic { ", ..." } else { "" };
    format!("({}{rest}) {}", list.join(", "), text(function.result))
}

#[test]
fn functions_and_tracepoints_tell_what_they_take() {
    let mut writer = Writer::new();
    let int = writer.int("int", 4, IntEncoding::Signed);
    let task = writer.structure("task", 4, &[("pid", int, 0)]);
    let task_pointer = writer.pointer(task);
    let void_pointer = writer.pointer(TypeId::VOID);
    let unnamed =
        writer.function_prototype(TypeId::VOID, &[("", void_pointer), ("", task_pointer), ("", int)]);
    let unnamed_pointer = writer.pointer(unnamed);
    let typedef = writer.typedef("btf_trace_exit", unnamed_pointer);
    let named =
        writer.function_prototype(int, &[("__data", void_pointer), ("who", task_pointer), ("code", int)]);
    // What is called like the iterator of this one takes something else, so its names are not taken.
    writer.typedef("btf_trace_other", unnamed_pointer);
    let short = writer.function_prototype(int, &[("wrong", void_pointer), ("wrong", task_pointer)]);
    writer.function("__traceiter_other", short, Linkage::Static);
    let function = writer.function("__traceiter_exit", named, Linkage::Static);
    let printf = writer.function_prototype(int, &[("format", void_pointer), ("", TypeId::VOID)]);
    writer.function("printf", printf, Linkage::Global);
    let bytes = writer.finish().expect("few types");

    let btf = parse(&bytes);
    let tracepoint = btf.tracepoint("exit").expect("the tracepoint");
    assert_eq!(tracepoint.id, typedef);
    assert_eq!(parameters(&btf, &tracepoint), "(who: struct task *, code: int) void");
    let found = btf.function("__traceiter_exit").expect("the function");
    assert_eq!(found.id, function);
    assert_eq!(parameters(&btf, &found), "(__data: void *, who: struct task *, code: int) int");
    assert_eq!(parameters(&btf, &btf.function("printf").expect("it")), "(format: void *, ...) int");
    assert_eq!(
        btf.type_name(function).as_deref(),
        Ok("int __traceiter_exit(void *__data, struct task *who, int code)")
    );
    let other = btf.tracepoint("other").expect("the tracepoint");
    assert_eq!(parameters(&btf, &other), "(: struct task *, : int) void");
    let missing = btf.tracepoint("enter").expect_err("there is none").to_string();
    assert_eq!(missing, "this kernel's BTF has no typedef `btf_trace_enter`");
    assert_eq!(btf.target(task_pointer), Ok(task));
}

#[test]
fn several_names_are_found_in_one_pass() {
    let btf = parse(GCC);
    let wanted =
        [(Kind::Struct, "inner"), (Kind::Union, "inner"), (Kind::Typedef, "alias"), (Kind::Struct, "")];
    let found = btf.find_all(&wanted);
    assert_eq!(found[0], btf.find(Kind::Struct, "inner"));
    assert_eq!(btf.name(found[0].expect("it is there")), Ok("inner"));
    assert_eq!((found[1], found[3]), (None, None));
    let alias = found[2].expect("it is there");
    assert_eq!(btf.resolve(alias).and_then(|id| btf.name(id)), Ok("unsigned int"));
    assert_eq!(btf.size_of(alias), Ok(4));
    assert_eq!(btf.find(Kind::Struct, "inn"), None);
    assert_eq!(btf.find_all(&[(Kind::Struct, "inner"), (Kind::Struct, "inner")]), [found[0], found[0]]);
}

#[test]
fn values_of_enumerations_keep_their_sign() {
    let values = |bytes, name| {
        let btf = parse(bytes);
        let id =
            btf.find(Kind::Enum, name).or_else(|| btf.find(Kind::Enum64, name)).expect("the enumeration");
        let values = btf.enum_values(id).expect("its values");
        values.iter().map(|one| format!("{}={}", one.name, one.value)).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(values(corpus!("enum64"), "s"), "a=-1 b=-9223372036854775808");
    assert_eq!(values(corpus!("enum64"), "u"), "a=18446744073709551615");
    let mut writer = Writer::new();
    writer.enumeration("signed", &[("low", i32::MIN), ("high", i32::MAX)]);
    writer.enumeration("plain", &[("one", 1)]);
    let bytes = writer.finish().expect("few types");
    assert_eq!(values(&bytes, "signed"), "low=-2147483648 high=2147483647");
    assert_eq!(values(&bytes, "plain"), "one=1");
}

#[test]
fn the_writers_types_come_back() {
    let mut writer = Writer::new();
    let long = writer.int("u64", 8, IntEncoding::Unsigned);
    let char_ = writer.int("letter", 1, IntEncoding::Char);
    let flag = writer.int("bool", 1, IntEncoding::Bool);
    let text = writer.array(char_, long, 16);
    let both = writer.union("both", 16, &[("number", long, 0), ("text", text, 0)]);
    let constant = writer.constant(long);
    let key = writer.structure("key", 40, &[("pid", constant, 0), ("", both, 64), ("on", flag, 192)]);
    let bytes = writer.finish().expect("few types");
    let btf = parse(&bytes);
    let layout = btf.layout(key, LayoutLimits::default()).expect("the layout");
    assert_eq!(layout_text(&layout), "key {0 pid u64, 8 number u64, 8 text char[16], 24 on bool1}");
    assert_eq!((btf.size_of(key), btf.size_of(text), btf.type_count()), (Ok(40), Ok(16), 8));

    let mut writer = Writer::new();
    writer.enumeration("many", &vec![("one", 1); 0x1_0000]);
    assert!(matches!(writer.finish(), Err(BtfError::Writer { .. })));
}

#[test]
fn a_modules_btf_goes_on_where_the_kernels_ends() {
    let mut writer = Writer::new();
    let int = writer.int("int", 4, IntEncoding::Signed);
    let base_bytes = writer.finish().expect("few types");
    let base = parse(&base_bytes);
    // Id 2 is the module's first; its names begin behind the 5 bytes of the base's strings ("", "int").
    let mut module = vec![0x9f, 0xeb, 1, 0];
    for number in [24, 0, 24, 24, 5, 5, 4 << 24 | 1, 4, 5, int.0, 0] {
        module.extend_from_slice(&u32::to_le_bytes(number));
    }
    let types_bytes = u32::to_le_bytes(24);
    module[12..16].copy_from_slice(&types_bytes);
    module.extend_from_slice(b"own\0\0");
    let split = Btf::parse_split(&module, &base).expect("sound BTF");
    let own = split.find(Kind::Struct, "own").expect("the module's struct");
    assert_eq!((own, split.type_count()), (TypeId(2), 3));
    assert_eq!(split.find(Kind::Int, "int"), Some(int));
    assert_eq!(split.member(own, "own").map(|member| member.type_id), Ok(int));
    assert_eq!(split.type_name(int).as_deref(), Ok("int"));
}

#[test]
fn longer_headers_are_honoured() {
    for bytes in [&corpus!("header_24")[..], corpus!("header_28"), corpus!("header_32"), corpus!("header_40")]
    {
        assert_eq!(parse(bytes).find(Kind::Int, "int"), Some(TypeId(1)));
    }
}

#[test]
fn an_unknown_kind_is_skipped_if_its_layout_is_told() {
    let with = parse(corpus!("unknown_kind_with_layout"));
    assert_eq!((with.incomplete(), with.find(Kind::Struct, "s")), (None, Some(TypeId(3))));
    assert_eq!(with.size_of(TypeId(2)), Err(BtfError::Undescribed { id: TypeId(2) }));

    // Kind 0 is no kind, whatever a layout says of it.
    assert_eq!(parse(corpus!("kind_0_with_layout")).incomplete().map(|stop| stop.kind), Some(0));
    for bytes in [&corpus!("unknown_kind_without_layout")[..], corpus!("unknown_kind_layout_outside")] {
        let without = parse(bytes);
        let incomplete = without.incomplete().expect("it stops there");
        assert_eq!((incomplete.kind, incomplete.first), (25, TypeId(2)));
        assert_eq!(
            (without.find(Kind::Int, "int"), without.find(Kind::Struct, "s")),
            (Some(TypeId(1)), None)
        );
    }
}

#[test]
fn bytes_that_are_no_btf_are_refused_with_the_reason() {
    let check = |bytes: &[u8], message: &str| {
        assert_eq!(Btf::parse(bytes).expect_err(message).to_string(), message);
    };
    check(b"", "BTF is cut short: the header would end at byte 24 of 0");
    check(corpus!("short"), "BTF is cut short: the header would end at byte 24 of 20");
    check(corpus!("no_magic"), "not BTF: it begins with 0x457f, not 0xeb9f");
    check(corpus!("big_endian"), "BTF of a big-endian machine, which this build does not read");
    check(corpus!("version_2"), "BTF version 2, only 1 is known");
    check(corpus!("header_16"), "BTF header of 16 bytes, at least 24 are needed");
    check(corpus!("cut_in_strings"), "BTF is cut short: strings would end at byte 53 of 50");
    check(corpus!("cut_in_type"), "BTF is cut short: a type would end at byte 16 of 14");
    check(corpus!("strings_without_nul"), "BTF string section does not begin and end with a NUL byte");
    check(corpus!("strings_not_begun"), "BTF string section does not begin and end with a NUL byte");
    check(corpus!("section_overflow"), "BTF is cut short: types would end at byte 8589934599 of 53");
    check(corpus!("huge_count"), "BTF is cut short: a type would end at byte 201326608 of 28");
}

#[test]
fn types_that_lie_get_an_error() {
    let first = TypeId(1);
    let circle = Err(BtfError::Circle { id: first });
    assert_eq!(parse(corpus!("typedef_circle")).size_of(first), circle);
    assert_eq!(parse(corpus!("typedef_of_itself")).size_of(first), circle);
    assert_eq!(parse(corpus!("pointer_circle")).type_name(first), Err(BtfError::Circle { id: first }));
    assert_eq!(parse(corpus!("array_of_itself")).size_of(first), Err(BtfError::TooLarge { id: first }));
    assert_eq!(
        parse(corpus!("array_too_large")).size_of(TypeId(3)),
        Err(BtfError::TooLarge { id: TypeId(3) })
    );
    assert_eq!(parse(corpus!("name_outside")).name(first), Err(BtfError::NoString { offset: 0x7fff_ffff }));
    assert_eq!(parse(corpus!("name_not_utf8")).name(first), Err(BtfError::NotText { offset: 1 }));
    let outside = Err(BtfError::NoType { id: TypeId(77), count: 3 });
    assert_eq!(parse(corpus!("id_outside")).resolve(first), outside);
    let long = parse(corpus!("function_type_doubling")).type_name(first);
    assert!(matches!(long, Err(BtfError::TypeText { .. })), "{long:?}");
}

#[test]
fn structs_that_hold_themselves_get_an_error() {
    let first = TypeId(1);
    let seek = |bytes: &[u8]| parse(bytes).member(first, "missing").map(|_| ());
    let describe = |bytes: &[u8]| parse(bytes).layout(first, LayoutLimits::WIDEST).map(|_| ());
    assert_eq!(seek(corpus!("unnamed_struct_in_itself")), Err(BtfError::Nesting { id: first }));
    assert_eq!(describe(corpus!("struct_in_itself")), Err(BtfError::Nesting { id: first }));
    assert!(matches!(seek(corpus!("doubling_unnamed")), Err(BtfError::TooManyMembers { .. })));
    assert!(matches!(describe(corpus!("doubling_unnamed")), Err(BtfError::TooManyMembers { .. })));
    assert!(matches!(describe(corpus!("doubling_named")), Err(BtfError::TooManyMembers { .. })));
    let large = parse(corpus!("size_overflow"));
    assert_eq!(large.size_of(first), Ok(u32::MAX));
    assert_eq!(large.member(TypeId(2), "a"), Err(BtfError::TooLarge { id: first }));
    let overflow = parse(corpus!("offset_overflow"));
    assert_eq!(overflow.member(TypeId(3), "a.b"), Err(BtfError::TooLarge { id: TypeId(3) }));
}
