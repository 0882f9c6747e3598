//! Puts a program's functions into the order in which they compress best, and those that are the same into one, and
//! leaves out what no browser reads.
//!
//! Compilers make one function of generic code for each type, and many of them come out alike; the linker keeps them
//! all, and wasm-bindgen puts the longest first. Neighbours that are alike cost a compressed file little. A function's
//! address is its place in the table, and every place is kept: what was told apart by its address still is.

use std::collections::HashMap;
use std::convert::Infallible;

use anyhow::{Context, Result};
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{CodeSection, DataSection, FunctionSection, Module};
use wasmparser::{
    CodeSectionReader, CustomSectionReader, Data, FunctionBody, FunctionSectionReader, Parser, Payload, TypeRef,
};

/// The same program with its functions packed.
///
/// # Errors
/// It is no WebAssembly module, or has something in it that the encoder does not know.
pub fn pack(wasm: &[u8]) -> Result<Vec<u8>> {
    let functions = Functions::of(wasm).context("the program cannot be read")?;
    let first = functions.imported;
    let alike = functions.alike()?;
    let mut order: Vec<usize> = (0..functions.bodies.len()).filter(|at| alike[*at] == *at).collect();
    order.sort_by_key(|at| {
        let body = functions.bodies[*at].as_bytes();
        (body.len() > LONG, functions.types[*at], body)
    });
    let mut place = vec![0; functions.bodies.len()];
    for (new, old) in order.iter().enumerate() {
        place[*old] = new;
    }
    let to = numbers(first, alike.iter().map(|at| place[*at]));
    let mut module = Module::new();
    Packed { to, order, functions: &functions }
        .parse_core_module(&mut module, Parser::new(0), wasm)
        .context("the program cannot be written")?;
    Ok(module.finish())
}

/// In bytes; what is longer is like nothing else, and would stand between those that are alike.
const LONG: usize = 600;

/// The functions of a module.
struct Functions<'a> {
    /// How many come from outside; they have the first numbers.
    imported: usize,
    /// The type of each of the module's own.
    types: Vec<u32>,
    /// What each of these does.
    bodies: Vec<FunctionBody<'a>>,
}

impl<'a> Functions<'a> {
    fn of(wasm: &'a [u8]) -> Result<Self> {
        let mut functions = Self { imported: 0, types: Vec::new(), bodies: Vec::new() };
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        functions.imported += usize::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::FunctionSection(types) => functions.types = types.into_iter().collect::<Result<_, _>>()?,
                Payload::CodeSectionEntry(body) => functions.bodies.push(body),
                _ => {}
            }
        }
        Ok(functions)
    }

    /// For each of the module's own functions the first that is the same: of the same type, and with the same body,
    /// where calls of functions that are the same are the same calls.
    fn alike(&self) -> Result<Vec<usize>> {
        let mut alike: Vec<usize> = (0..self.bodies.len()).collect();
        loop {
            let mut renumbered = Renumbered(numbers(self.imported, alike.iter().copied()));
            let mut known: HashMap<(u32, Vec<u8>), usize> = HashMap::new();
            let mut next = Vec::with_capacity(alike.len());
            for (at, body) in self.bodies.iter().enumerate() {
                let mut code = CodeSection::new();
                renumbered.parse_function_body(&mut code, body.clone())?;
                let mut bytes = Vec::new();
                wasm_encoder::Encode::encode(&code, &mut bytes);
                next.push(*known.entry((self.types[at], bytes)).or_insert(at));
            }
            if next == alike {
                return Ok(alike);
            }
            alike = next;
        }
    }
}

/// The number of every function, the imported ones first: those keep theirs.
fn numbers(imported: usize, own: impl Iterator<Item = usize>) -> Vec<u32> {
    let own = own.map(|at| imported + at);
    (0..imported).chain(own).map(|number| u32::try_from(number).expect("a module's indices have 32 bits")).collect()
}

/// What the name of a source file begins with (`program.rs` maps the folders of the machine away).
const FOLDERS: [&[u8]; 4] = [b"crates/", b"cargo/", b"/rustc/", b"/rust/deps/"];

/// The same data with zeros for the names of source files. A panic's message in the browser's console keeps its text and
/// its line, and a build without this step, as `cargo xtask build` writes it below `target`, has the file, too.
fn without_source_files(data: &[u8]) -> Vec<u8> {
    let mut data = data.to_vec();
    for at in 0..data.len() {
        if !FOLDERS.iter().any(|folder| data[at..].starts_with(folder)) {
            continue;
        }
        let is_in_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-".contains(byte);
        let length = data[at..].iter().take_while(|byte| is_in_name(byte)).count();
        if let Some(end) = data[at..at + length].windows(3).position(|end| end == b".rs") {
            data[at..at + end + 3].fill(0);
        }
    }
    data
}

/// Functions with other numbers.
struct Renumbered(Vec<u32>);

impl Reencode for Renumbered {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Infallible>> {
        Ok(self.0[function as usize])
    }
}

/// A module with its functions in another order, some of them left out.
struct Packed<'a> {
    /// The new number of each function.
    to: Vec<u32>,
    /// The module's own functions that stay.
    order: Vec<usize>,
    functions: &'a Functions<'a>,
}

impl Reencode for Packed<'_> {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Infallible>> {
        Ok(self.to[function as usize])
    }

    /// What compilers tell each other (`target_features`) no browser reads.
    fn parse_custom_section(&mut self, _: &mut Module, _: CustomSectionReader<'_>) -> Result<(), Error<Infallible>> {
        Ok(())
    }

    fn parse_data(&mut self, section: &mut DataSection, datum: Data<'_>) -> Result<(), Error<Infallible>> {
        let data = without_source_files(datum.data);
        utils::parse_data(self, section, Data { data: &data, ..datum })
    }

    fn parse_function_section(
        &mut self,
        section: &mut FunctionSection,
        _: FunctionSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        for at in &self.order {
            section.function(self.functions.types[*at]);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        section: &mut CodeSection,
        _: CodeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        for at in self.order.clone() {
            utils::parse_function_body(self, section, self.functions.bodies[at].clone())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{
        ConstExpr, ElementSection, Elements, ExportKind, ExportSection, Function, Instruction, TableSection, TableType,
        TypeSection, ValType,
    };

    use super::*;

    /// Functions that give a number, or what the function of that number gives.
    enum Gives {
        Number(i32),
        Same(u32),
    }

    /// A module whose functions are these, in a table in their order, the last one exported as well.
    fn module(functions: &[Gives]) -> Vec<u8> {
        let count = u32::try_from(functions.len()).expect("there are few");
        let mut types = TypeSection::new();
        types.ty().function([], [ValType::I32]);
        let (mut section, mut code) = (FunctionSection::new(), CodeSection::new());
        for gives in functions {
            section.function(0);
            let mut body = Function::new([]);
            body.instruction(&match gives {
                Gives::Number(number) => Instruction::I32Const(*number),
                Gives::Same(function) => Instruction::Call(*function),
            });
            body.instruction(&Instruction::End);
            code.function(&body);
        }
        let mut tables = TableSection::new();
        let (minimum, element_type) = (u64::from(count), wasm_encoder::RefType::FUNCREF);
        tables.table(TableType { element_type, minimum, maximum: None, table64: false, shared: false });
        let mut exports = ExportSection::new();
        exports.export("last", ExportKind::Func, count - 1);
        let mut elements = ElementSection::new();
        elements.active(None, &ConstExpr::i32_const(0), Elements::Functions((0..count).collect::<Vec<_>>().into()));
        let mut module = Module::new();
        module.section(&types).section(&section).section(&tables).section(&exports).section(&elements).section(&code);
        module.finish()
    }

    /// What the functions of the table give, and the exported one.
    fn gives(wasm: &[u8]) -> Vec<i32> {
        let functions = Functions::of(wasm).expect("it is a module");
        let of = |mut function: usize| loop {
            match functions.bodies[function].get_operators_reader().and_then(|mut body| body.read()) {
                Ok(wasmparser::Operator::I32Const { value }) => break value,
                Ok(wasmparser::Operator::Call { function_index }) => function = function_index as usize,
                other => panic!("{other:?}"),
            }
        };
        let mut named = Vec::new();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.expect("it is a module") {
                Payload::ElementSection(elements) => {
                    for element in elements {
                        let wasmparser::ElementItems::Functions(items) = element.expect("it reads").items else {
                            panic!()
                        };
                        named.extend(items.into_iter().map(|item| of(item.expect("it reads") as usize)));
                    }
                }
                Payload::ExportSection(exports) => {
                    named.extend(exports.into_iter().map(|export| of(export.expect("it reads").index as usize)));
                }
                _ => {}
            }
        }
        named
    }

    #[test]
    fn source_files_are_named_no_more_and_all_else_stays_in_its_place() {
        let name = "/rustc/59807616/library/alloc/src/vec/mod.rs";
        let before =
            format!("EPIPEcrates/sim/src/tcp/mod.rs{name}cargo run --example native -- cargo/yew-0.23.0/src/a_b.rs.rs");
        let zeros = |length: usize| "\0".repeat(length);
        let after = format!(
            "EPIPE{}{}cargo run --example native -- {}.rs",
            zeros("crates/sim/src/tcp/mod.rs".len()),
            zeros(name.len()),
            zeros("cargo/yew-0.23.0/src/a_b.rs".len())
        );
        assert_eq!(String::from_utf8(without_source_files(before.as_bytes())), Ok(after));
    }

    #[test]
    fn every_name_leads_to_what_it_led_to_and_nothing_is_there_twice() {
        use Gives::{Number, Same};
        // 1 and 4 are the same, so 2 and 5 are.
        let before = module(&[Number(9), Number(1), Same(1), Number(3), Number(1), Same(4), Same(0)]);
        let after = pack(&before).expect("it is a module");
        assert_eq!(gives(&before), [9, 9, 1, 1, 3, 1, 1, 9]);
        assert_eq!(gives(&after), gives(&before));
        assert_eq!(Functions::of(&after).expect("it is a module").bodies.len(), 5);
    }
}
