//! Kubernetes quantities (`500m`, `1Gi`), as far as sums and comparisons need them.
//!
//! Knowledge: the serialisation format of `resource.Quantity` in apimachinery. No crate in the
//! tree parses it, and the sixty lines here are all of it that is needed.

use std::fmt;

/// An amount of a resource, in thousandths of its base unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(i128);

impl Quantity {
    /// Makes a quantity of whole units.
    #[must_use]
    pub const fn whole(units: i64) -> Self {
        Self(units as i128 * 1000)
    }

    /// Parses a quantity; `None` for what is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        // Longer than any real one: not worth a multiplication that could overflow.
        if text.is_empty() || text.len() > 32 {
            return None;
        }
        let split = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '+' | '-'))).unwrap_or(text.len());
        let (number, suffix) = text.split_at(split);
        let (scale_up, scale_down): (i128, i128) = match suffix {
            "" => (1000, 1),
            "n" => (1, 1_000_000),
            "u" => (1, 1000),
            "m" => (1, 1),
            "k" => (1_000_000, 1),
            "M" => (1_000_000_000, 1),
            "G" => (1_000_000_000_000, 1),
            "T" => (1_000_000_000_000_000, 1),
            "P" => (1_000_000_000_000_000_000, 1),
            "E" => (1_000_000_000_000_000_000_000, 1),
            "Ki" => (1000 << 10, 1),
            "Mi" => (1000 << 20, 1),
            "Gi" => (1000 << 30, 1),
            "Ti" => (1000 << 40, 1),
            "Pi" => (1000 << 50, 1),
            "Ei" => (1000 << 60, 1),
            _ => {
                let exponent = suffix.strip_prefix(['e', 'E'])?.parse::<u32>().ok().filter(|e| *e <= 18)?;
                (10_i128.pow(exponent) * 1000, 1)
            }
        };
        let (negative, digits) = match number.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, number.strip_prefix('+').unwrap_or(number)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        let is_number = all_digits(whole) && all_digits(fraction) && !(whole.is_empty() && fraction.is_empty());
        if !is_number || fraction.len() > 9 {
            return None;
        }
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let fraction_value: i128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
        let fraction_scale = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
        let numerator = whole.checked_mul(fraction_scale)?.checked_add(fraction_value)?.checked_mul(scale_up)?;
        let value = numerator / fraction_scale / scale_down;
        Some(Self(if negative { -value } else { value }))
    }

    /// Returns the sum; saturates where it would overflow.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Returns the difference; saturates where it would overflow.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// Makes a quantity of thousandths.
    #[must_use]
    pub const fn thousandths(millis: i64) -> Self {
        Self(millis as i128)
    }

    /// Returns the thousandths; nothing where there is less than nothing.
    #[must_use]
    pub fn millis(self) -> u64 {
        u64::try_from(self.0.max(0)).unwrap_or(u64::MAX)
    }

    /// Returns the whole units; nothing where there is less than nothing.
    #[must_use]
    pub fn units(self) -> u64 {
        u64::try_from((self.0 / 1000).max(0)).unwrap_or(u64::MAX)
    }

    /// Returns whether it is more than nothing.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Returns the amount as cores or millicores: `2` or `500m`.
    #[must_use]
    pub fn as_cpu(self) -> String {
        if self.0 % 1000 == 0 { format!("{}", self.0 / 1000) } else { format!("{}m", self.0) }
    }

    /// Returns the amount as bytes in the largest binary unit that keeps it readable: `256Mi`.
    #[must_use]
    pub fn as_memory(self) -> String {
        let bytes = self.0 / 1000;
        for (unit, size) in [("Gi", 1_i128 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)] {
            if bytes.abs() >= size && (bytes % size == 0 || bytes.abs() >= 4 * size) {
                return format!("{}{unit}", bytes / size);
            }
        }
        format!("{bytes}")
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.as_cpu())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_what_kubernetes_writes() {
        let milli = |text| Quantity::parse(text).map(|q| q.0);
        assert_eq!(milli("500m"), Some(500));
        assert_eq!(milli("1"), Some(1000));
        assert_eq!(milli("0.5"), Some(500));
        assert_eq!(milli("1Ki"), Some(1_024_000));
        assert_eq!(milli("256Mi"), Some(256 * 1024 * 1024 * 1000));
        assert_eq!(milli("1e3"), Some(1_000_000));
        assert_eq!(milli("100M"), Some(100_000_000_000));
        assert_eq!(milli("-1"), Some(-1000));
        assert_eq!(milli("1500000n"), Some(1));
    }

    #[test]
    fn refuses_what_is_none() {
        for text in ["", "m", ".", "1x", "--1", "1e99", "999999999999999999999999999999999999", "½"] {
            assert_eq!(Quantity::parse(text), None, "{text}");
        }
    }

    #[test]
    fn shows_amounts_as_people_write_them() {
        assert_eq!(Quantity::parse("1500m").unwrap().as_cpu(), "1500m");
        assert_eq!(Quantity::parse("2").unwrap().as_cpu(), "2");
        assert_eq!(Quantity::parse("268435456").unwrap().as_memory(), "256Mi");
        assert_eq!(Quantity::parse("1280Mi").unwrap().as_memory(), "1280Mi");
        assert_eq!(Quantity::parse("12").unwrap().as_memory(), "12");
    }
}
