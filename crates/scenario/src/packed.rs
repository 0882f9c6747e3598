//! A script as part of an address: base64url (RFC 4648 §5), with a checksum.

/// The script as `script=…&sum=…`: base64url, and the checksum in hexadecimal.
pub fn pack(script: &str) -> String {
    let mut packed = String::from("script=");
    to_base64(script.as_bytes(), &mut packed);
    packed.push_str(&format!("&sum={:08x}", sum(script)));
    packed
}

/// Why a packed script cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unpacked {
    /// A letter is not one of base64url.
    Letters,
    /// The checksum is another: letters were lost or changed.
    Sum,
}

/// The script that was packed so.
///
/// # Errors
/// It is damaged.
pub fn unpack(script: &str, sum: &str) -> Result<String, Unpacked> {
    let bytes = from_base64(script).ok_or(Unpacked::Letters)?;
    // Cut off in the middle of a letter, it is no text; that is the same accident as a wrong sum.
    let script = String::from_utf8(bytes).map_err(|_| Unpacked::Sum)?;
    if sum == format!("{:08x}", self::sum(&script)) { Ok(script) } else { Err(Unpacked::Sum) }
}

/// FNV-1a with 32 bits: finds damage, keeps nothing secret.
fn sum(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn to_base64(bytes: &[u8], into: &mut String) {
    for three in bytes.chunks(3) {
        let number = three.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)) << (8 * (3 - three.len()));
        for at in 0..=three.len() {
            into.push(char::from(LETTERS[number >> (18 - 6 * at) & 63]));
        }
    }
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for four in text.as_bytes().chunks(4) {
        let mut number = 0;
        for letter in four {
            number = number << 6 | LETTERS.iter().position(|known| known == letter)?;
        }
        number <<= 6 * (4 - four.len());
        // One letter alone is less than a byte.
        for at in 0..four.len().checked_sub(1).filter(|count| *count > 0)? {
            bytes.push((number >> (16 - 8 * at) & 255) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64url_is_that_of_the_rfc() {
        // RFC 4648 §10, without padding.
        for (plain, encoded) in
            [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE")]
        {
            let mut written = String::new();
            to_base64(plain.as_bytes(), &mut written);
            assert_eq!(written, encoded);
            assert_eq!(from_base64(encoded).as_deref(), Some(plain.as_bytes()));
        }
        assert_eq!(from_base64("Z"), None);
        assert_eq!(from_base64("Zg=="), None);
    }

    #[test]
    fn a_changed_script_is_found_out() {
        let packed = pack("client close()\n");
        let (script, sum) = packed.strip_prefix("script=").and_then(|rest| rest.split_once("&sum=")).expect("both");
        assert_eq!(unpack(script, sum).as_deref(), Ok("client close()\n"));
        assert_eq!(unpack(script, "00000000"), Err(Unpacked::Sum));
        assert_eq!(unpack("<b>", sum), Err(Unpacked::Letters));
    }
}
