//! Numbers, durations and addresses as Go's standard library reads them.

use std::net::IpAddr;

/// Reads a whole number: an optional sign and digits.
pub(super) fn whole(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// Reads a whole number that has no sign and fits into `bits` bits.
pub(super) fn unsigned(text: &str, bits: u32) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|number: &u64| number.checked_shr(bits).unwrap_or(0) == 0)
}

/// Reads a duration (`1h30m`, `.5s`, `0`) in nanoseconds.
pub(super) fn duration(text: &str) -> Option<i128> {
    let (sign, mut rest) = match text.as_bytes().first()? {
        b'-' => (-1, text.get(1..)?),
        b'+' => (1, text.get(1..)?),
        _ => (1, text),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let number_end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at_checked(number_end)?;
        let unit_end = after.find(|letter: char| letter == '.' || letter.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(unit_end)?;
        let scale: i128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        let (units, fraction) = number.split_once('.').unwrap_or((number, ""));
        if units.is_empty() && fraction.is_empty() || fraction.contains('.') {
            return None;
        }
        let units: i128 = if units.is_empty() { 0 } else { units.parse().ok()? };
        total = total.checked_add(units.checked_mul(scale)?)?;
        let mut part = scale;
        for digit in fraction.bytes().take(18) {
            part /= 10;
            total = total.checked_add(part.checked_mul(i128::from(digit - b'0'))?)?;
        }
        if total > i128::from(i64::MAX) {
            return None;
        }
        rest = after;
    }
    Some(sign * total)
}

/// Returns Go's complaint about a text that is no duration.
pub(super) fn no_duration(text: &str) -> String {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_number = unsigned.starts_with(|letter: char| letter.is_ascii_digit());
    let digits = unsigned.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    let unit_end = digits.find(|letter: char| letter == '.' || letter.is_ascii_digit()).unwrap_or(digits.len());
    match digits.get(..unit_end) {
        Some("") if is_number => format!("time: missing unit in duration {text:?}"),
        Some(unit) if is_number && !["ns", "us", "µs", "μs", "ms", "s", "m", "h"].contains(&unit) => {
            format!("time: unknown unit {unit:?} in duration {text:?}")
        }
        _ => format!("time: invalid duration {text:?}"),
    }
}

/// Reads an address without a zone.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok()
}

/// Splits `host:port`, `[host]:port`; the words of Go's complaint otherwise.
pub(super) fn host_and_port(text: &str) -> Result<(&str, &str), String> {
    let complain = |why: &str| Err(format!("address {text}: {why}"));
    let Some(colon) = text.rfind(':') else { return complain("missing port in address") };
    let port = text.get(colon + 1..).unwrap_or_default();
    if let Some(inside) = text.strip_prefix('[') {
        let Some(end) = inside.find(']') else { return complain("missing ']' in address") };
        let host = inside.get(..end).unwrap_or_default();
        let after = inside.get(end + 1..).unwrap_or_default();
        if after.is_empty() {
            return complain("missing port in address");
        }
        let Some(after) = after.strip_prefix(':') else { return complain("missing port in address") };
        if after.contains(':') {
            return complain("too many colons in address");
        }
        if host.contains('[') || after.contains('[') {
            return complain("unexpected '[' in address");
        }
        if after.contains(']') {
            return complain("unexpected ']' in address");
        }
        return Ok((host, after));
    }
    let host = text.get(..colon).unwrap_or_default();
    if host.contains(':') {
        return complain("too many colons in address");
    }
    if text.contains('[') {
        return complain("unexpected '[' in address");
    }
    if text.contains(']') {
        return complain("unexpected ']' in address");
    }
    Ok((host, port))
}

/// Reads an address range `10.0.0.0/8`: the address and the length of its mask.
pub(super) fn range(text: &str) -> Option<(IpAddr, u32)> {
    let (front, mask) = text.split_once('/')?;
    let address = address(front)?;
    let bits = if address.is_ipv4() { 32 } else { 128 };
    let mask = u32::try_from(unsigned(mask, 16)?).ok()?;
    (mask <= bits).then_some((address, mask))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(whole("+5"), Some(5));
        assert_eq!(whole("-5"), Some(-5));
        for wrong in ["", "-", "5x", "1_0", "99999999999999999999"] {
            assert_eq!(whole(wrong), None, "{wrong}");
        }
        assert_eq!(unsigned("65535", 16), Some(65535));
        assert_eq!(unsigned("65536", 16), None);
        assert_eq!(unsigned("-1", 16), None);
    }

    #[test]
    fn durations() {
        for (text, nanoseconds) in [
            ("5s", Some(5_000_000_000)),
            ("1h30m", Some(5_400_000_000_000)),
            (".5s", Some(500_000_000)),
            ("1.5ms", Some(1_500_000)),
            ("-2s", Some(-2_000_000_000)),
            ("0", Some(0)),
            ("5", None),
            ("", None),
            ("s", None),
            (".s", None),
            ("1.2.3s", None),
            ("5 s", None),
            ("5d", None),
        ] {
            assert_eq!(duration(text), nanoseconds, "{text}");
        }
    }

    #[test]
    fn hosts_and_ports() {
        assert_eq!(host_and_port("1.2.3.4:53"), Ok(("1.2.3.4", "53")));
        assert_eq!(host_and_port("[::1]:53"), Ok(("::1", "53")));
        assert_eq!(host_and_port(":53"), Ok(("", "53")));
        for wrong in ["1.2.3.4", "::1", "[::1]", "[::1", "[::1]53", "a]:5"] {
            assert!(host_and_port(wrong).is_err(), "{wrong}");
        }
    }
}
