//! A link to a step, with the script in it if it was changed: no server keeps it.

/// An address that speaks of a scenario, but cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damaged;

/// What an address says of a scenario.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// The step, counted from 0.
    pub step: Option<usize>,
    /// The script, if it is not the book's.
    pub script: Option<String>,
}

/// `#scenario=ID&step=3&script=…`: a scenario, a step of it, its script if it was changed.
pub fn fragment(id: &str, step: Option<usize>, script: Option<&str>) -> String {
    let mut fragment = format!("#scenario={id}");
    if let Some(step) = step {
        fragment.push_str("&step=");
        fragment.push_str(&(step + 1).to_string());
    }
    if let Some(script) = script {
        fragment.push_str(&percent("&script=", script.as_bytes()));
    }
    fragment
}

/// Reads an address; `None` if it speaks of another scenario or of none.
pub fn address(fragment: &str, id: &str) -> Option<Result<Address, Damaged>> {
    let mut parts = fragment.strip_prefix("#scenario=")?.split('&');
    if parts.next()? != id {
        return None;
    }
    let mut address = Address::default();
    for part in parts {
        let read = match part.split_once('=') {
            Some(("step", step)) => step.parse::<usize>().ok().map(|step| address.step = Some(step.saturating_sub(1))),
            Some(("script", script)) => decode(script).map(|script| address.script = Some(script)),
            _ => None,
        };
        if read.is_none() {
            return Some(Err(Damaged));
        }
    }
    Some(Ok(address))
}

/// Every byte as `%xx`, behind `start`.
pub(crate) fn percent(start: &str, bytes: &[u8]) -> String {
    let mut written = String::with_capacity(start.len() + bytes.len() * 3);
    written.push_str(start);
    for byte in bytes {
        written.push('%');
        for digit in [byte >> 4, byte & 15] {
            written.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
        }
    }
    written
}

fn decode(written: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(written.len() / 3);
    let mut rest = written.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? << 4 | digit()?).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_comes_back_as_it_went() {
        for (step, script) in [(None, None), (Some(4), None), (Some(0), Some("# é?\nserver listen() & # 1%\n"))] {
            let written = fragment("id", step, script);
            let expected = Address { step, script: script.map(str::to_owned) };
            assert_eq!(address(&written, "id"), Some(Ok(expected)), "{written}");
            assert_eq!(address(&written, "other"), None);
        }
    }

    #[test]
    fn a_damaged_address_is_told() {
        for damaged in ["&step=x", "&script=%4", "&script=%ff%fe", "&what=1", "&"] {
            assert_eq!(address(&format!("#scenario=id{damaged}"), "id"), Some(Err(Damaged)), "{damaged}");
        }
        assert_eq!(address("#chapter", "id"), None);
    }
}
