//! Writes a program's functions in one form: what looks alike compresses better.
//!
//! Compilers number locals as they come; here those that are named most have the least numbers. And each load and store
//! says how far its address is known to be aligned: a hint, which changes nothing of what it does (WebAssembly Core
//! Specification, memory instructions), and goes.

use std::cmp::Reverse;
use std::convert::Infallible;

use anyhow::{Context, Result};
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{CodeSection, Function, Instruction, Module, ValType};
use wasmparser::{
    CodeSectionReader, CompositeInnerType, FunctionBody, FunctionSectionReader, Operator, Parser, TypeSectionReader,
};

/// The same program in that form.
///
/// # Errors
/// It is no WebAssembly module, or has something in it that the encoder does not know.
pub fn normalize(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut module = Module::new();
    Normal::default().parse_core_module(&mut module, Parser::new(0), wasm).context("the program cannot be written")?;
    Ok(module.finish())
}

#[derive(Default)]
struct Normal {
    /// By type; what is no function has none.
    parameters_of_types: Vec<usize>,
    /// By function, those from outside left out. Parameters are the first locals, and keep their numbers.
    parameters: Vec<usize>,
}

/// The local that an instruction names.
const fn named(operator: &Operator<'_>) -> Option<u32> {
    match operator {
        Operator::LocalGet { local_index }
        | Operator::LocalSet { local_index }
        | Operator::LocalTee { local_index } => Some(*local_index),
        _ => None,
    }
}

impl Normal {
    /// A function with its locals in the order of their types, and of how often they are named.
    fn function(&mut self, parameters: usize, body: &FunctionBody<'_>) -> Result<Function, Error<Infallible>> {
        let mut types: Vec<ValType> = Vec::new();
        for group in body.get_locals_reader()? {
            let (count, of_type) = group?;
            let of_type = self.val_type(of_type)?;
            types.extend((0..count).map(|_| of_type));
        }
        let mut times = vec![0_usize; types.len()];
        // What is never named needs no place.
        let mut order = Vec::new();
        for operator in body.get_operators_reader()? {
            let local = named(&operator?).and_then(|local| (local as usize).checked_sub(parameters));
            if let Some(local) = local {
                if times[local] == 0 {
                    order.push(local);
                }
                times[local] += 1;
            }
        }
        order.sort_by_key(|local| (place_of(types[*local]), Reverse(times[*local])));
        let mut numbers = vec![0; types.len()];
        for (number, local) in (0..).zip(&order) {
            numbers[*local] = number + parameters as u32;
        }
        let renumbered = |local: u32| (local as usize).checked_sub(parameters).map_or(local, |local| numbers[local]);
        let mut function = Function::new_with_locals_types(order.iter().map(|local| types[*local]));
        for operator in body.get_operators_reader()? {
            function.instruction(&match operator? {
                Operator::LocalGet { local_index } => Instruction::LocalGet(renumbered(local_index)),
                Operator::LocalSet { local_index } => Instruction::LocalSet(renumbered(local_index)),
                Operator::LocalTee { local_index } => Instruction::LocalTee(renumbered(local_index)),
                other => self.instruction(other)?,
            });
        }
        Ok(function)
    }
}

/// A type's place among the types: the integers, which are named most, come first.
fn place_of(of_type: ValType) -> Reverse<Vec<u8>> {
    let mut bytes = Vec::new();
    wasm_encoder::Encode::encode(&of_type, &mut bytes);
    Reverse(bytes)
}

impl Reencode for Normal {
    type Error = Infallible;

    fn mem_arg(&mut self, arg: wasmparser::MemArg) -> Result<wasm_encoder::MemArg, Error<Infallible>> {
        Ok(wasm_encoder::MemArg { offset: arg.offset, align: 0, memory_index: arg.memory })
    }

    fn parse_type_section(
        &mut self,
        types: &mut wasm_encoder::TypeSection,
        section: TypeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        for group in section.clone() {
            self.parameters_of_types.extend(group?.into_types().map(|of_type| match of_type.composite_type.inner {
                CompositeInnerType::Func(function) => function.params().len(),
                _ => 0,
            }));
        }
        wasm_encoder::reencode::utils::parse_type_section(self, types, section)
    }

    fn parse_function_section(
        &mut self,
        functions: &mut wasm_encoder::FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        for of_type in section.clone() {
            self.parameters.push(self.parameters_of_types[of_type? as usize]);
        }
        wasm_encoder::reencode::utils::parse_function_section(self, functions, section)
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        for (at, body) in section.into_iter().enumerate() {
            let function = self.function(self.parameters[at], &body?)?;
            code.function(&function);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{FunctionSection, TypeSection};
    use wasmparser::Payload;

    use super::*;

    #[test]
    fn the_local_that_is_named_most_comes_first_of_its_type_and_no_alignment_is_left() {
        use Instruction::{Drop, End, I32Load, LocalGet};
        // One parameter; then 1 to 3 are i32, 4 is i64, and 2 is never named.
        let mut types = TypeSection::new();
        types.ty().function([ValType::I64], []);
        let mut functions = FunctionSection::new();
        functions.function(0);
        let mut body = Function::new([(3, ValType::I32), (1, ValType::I64)]);
        let named = [0, 1, 4, 3, 3, 4, 4];
        for local in named {
            body.instruction(&LocalGet(local)).instruction(&Drop);
        }
        let aligned = wasm_encoder::MemArg { offset: 8, align: 2, memory_index: 0 };
        body.instruction(&LocalGet(3)).instruction(&I32Load(aligned)).instruction(&Drop).instruction(&End);
        let mut code = CodeSection::new();
        code.function(&body);
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&code);

        let after = normalize(&module.finish()).expect("it is a module");
        let body = Parser::new(0).parse_all(&after).find_map(|payload| match payload.expect("it is a module") {
            Payload::CodeSectionEntry(body) => Some(body),
            _ => None,
        });
        let body = body.expect("it has a function");
        let groups = body.get_locals_reader().expect("it has locals").into_iter();
        let groups: Vec<_> = groups.map(|group| group.expect("it reads")).collect();
        assert_eq!(groups, [(2, wasmparser::ValType::I32), (1, wasmparser::ValType::I64)]);
        let operators = body.get_operators_reader().expect("it has a body").into_iter();
        let operators: Vec<_> = operators.map(|operator| operator.expect("it reads")).collect();
        assert_eq!(operators.iter().filter_map(super::named).collect::<Vec<_>>(), [0, 2, 3, 1, 1, 3, 3, 1]);
        let hints = operators.iter().filter_map(|operator| match operator {
            Operator::I32Load { memarg } => Some((memarg.offset, memarg.align)),
            _ => None,
        });
        assert_eq!(hints.collect::<Vec<_>>(), [(8, 0)]);
    }
}
