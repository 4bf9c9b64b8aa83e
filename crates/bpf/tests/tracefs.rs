//! Formats of tracepoints: files of Linux 6.18, one as Linux 7 writes it, and made-up ones.

use bpf::tracefs::{Field, Format, Shape};

macro_rules! corpus {
    ($name:literal) => {
        include_str!(concat!("corpus/tracefs/", $name, ".format"))
    };
}

fn field_text(field: &Field) -> String {
    let Field { name, type_text, offset, bytes, signed, shape } = field;
    let sign = if *signed { " signed" } else { "" };
    let shape = match shape {
        Shape::Scalar => String::new(),
        Shape::Pointer => " pointer".to_owned(),
        Shape::Array { count: Some(count) } => format!(" array of {count}"),
        Shape::Array { count: None } => " array".to_owned(),
        Shape::DataLoc { element } => format!(" data of {element}"),
        Shape::RelLoc { element } => format!(" relative data of {element}"),
    };
    format!("{offset}+{bytes} {name}: {type_text}{sign}{shape}")
}

fn texts<'f>(fields: impl IntoIterator<Item = &'f Field>) -> Vec<String> {
    fields.into_iter().map(field_text).collect()
}

#[track_caller]
fn check(text: &str, fields: &[&str]) {
    assert_eq!(texts(&Format::parse(text).expect("a format").fields), fields);
}

#[track_caller]
fn check_error(text: &str, message: &str) {
    assert_eq!(Format::parse(text).expect_err(message).to_string(), message);
}

#[test]
fn name_id_and_common_fields_are_kept_apart() {
    let format = Format::parse(corpus!("sched_process_exec")).expect("a format");
    assert_eq!((format.name.as_str(), format.id), ("sched_process_exec", 365));
    let common = [
        "0+2 common_type: unsigned short",
        "2+1 common_flags: unsigned char",
        "3+1 common_preempt_count: unsigned char",
        "4+4 common_pid: int signed",
    ];
    assert_eq!(texts(&format.common), common);
    assert_eq!(format.field("old_pid").map(|field| field.offset), Some(16));
    assert_eq!(format.field("common_pid").map(|field| field.offset), Some(4));
    assert_eq!(format.field("nothing"), None);
    let print = "\"filename=%s pid=%d old_pid=%d\", __get_str(filename), REC->pid, REC->old_pid";
    assert_eq!(format.print, print);
}

#[test]
fn fields_have_their_shape() {
    let exec = [
        "8+4 filename: __data_loc char[] data of char",
        "12+4 pid: pid_t signed",
        "16+4 old_pid: pid_t signed",
    ];
    check(corpus!("sched_process_exec"), &exec);
    check(corpus!("sys_enter"), &["8+8 id: long signed", "16+48 args: unsigned long array of 6"]);
    check(corpus!("kernel_stack"), &["8+4 size: int signed", "16+64 caller: unsigned long array of 8"]);
    let made_up = [
        "8+4 tail: __rel_loc unsigned char[] relative data of unsigned char",
        "12+16 comm: char array",
        "28+6 grid: u8 array of 6",
        "40+0 args: unsigned long array of 0",
        "40+8 next: void * pointer",
    ];
    check(corpus!("shapes"), &made_up);
}

#[test]
fn parameters_of_a_system_call_leave_out_what_the_kernel_adds() {
    let parameters = |text| {
        let format = Format::parse(text).expect("a format");
        texts(format.syscall_parameters())
    };
    let mkdir = ["16+8 pathname: const char * pointer", "24+8 mode: umode_t"];
    assert_eq!(parameters(corpus!("linux_7_pathname")), mkdir);
    let openat =
        ["16+8 dfd: int", "24+8 filename: const char * pointer", "32+8 flags: int", "40+8 mode: umode_t"];
    assert_eq!(parameters(corpus!("sys_enter_openat")), openat);
    assert_eq!(parameters(corpus!("sys_exit_openat")), ["16+8 ret: long signed"]);
    assert!(parameters(corpus!("sched_process_exec")).is_empty());
}

#[test]
fn a_print_format_of_several_lines_is_kept() {
    let format = Format::parse(corpus!("several_print_lines")).expect("a format");
    assert_eq!(format.fields.len(), 6);
    assert_eq!(format.print.lines().count(), 2);
}

#[test]
fn text_that_is_no_format_is_refused_with_its_line() {
    check_error(corpus!("empty"), "format text has no line `name:`");
    check_error(corpus!("no_id"), "format text has no line `ID:`");
    check_error(corpus!("bad_id"), "format line 2: no number that fits after `ID:`");
    check_error(corpus!("overflow"), "format line 3: no number that fits after `size:`");
    check_error(corpus!("no_size"), "format line 3: no number that fits after `size:`");
    check_error(corpus!("field_cut"), "format line 3: no number that fits after `offset:`");
    check_error(corpus!("unknown_line"), "format line 3: unknown `filter: none`");
    check_error(
        corpus!("no_declaration"),
        "format line 3: expected a type and a name in `;\toffset:0;\tsize:1;\tsigned:0;`",
    );
    let many = format!("name: x\nID: 1\n{}", "\tfield:int a;\toffset:0;\tsize:4;\tsigned:1;\n".repeat(513));
    check_error(&many, "format line 515: more than the 512 fields that are read");
    check_error(&"\n".repeat(262_145), "format text of 262145 bytes, at most 262144 are read");
}
