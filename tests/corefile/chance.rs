//! Numbers by chance, the same for the same seed.

/// Numbers by chance, the same for the same seed.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(count.max(1)).unwrap()).unwrap()
    }

    /// True once in so many times.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }

    /// Most often one of the first, else one of the others.
    pub fn mostly<'a>(&mut self, first: &[&'a str], others: &[&'a str]) -> &'a str {
        if self.once_in(8) { self.of(others) } else { self.of(first) }
    }

    /// Some of the choices, separated by blanks.
    pub fn some(&mut self, choices: &[&str], most: usize) -> String {
        let count = self.below(most + 1);
        (0..count).map(|_| self.of(choices)).collect::<Vec<_>>().join(" ")
    }
}
