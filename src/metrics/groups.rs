//! Which images belong together, such as those of one patient, and how often each group counts.

use std::collections::BTreeMap;

/// The group of each image, as a number in the order of first appearance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups {
    of_image: Vec<u32>,
    count: usize,
}

impl Groups {
    /// Images with equal names are of one group.
    pub fn named<S: AsRef<str>>(names: &[S]) -> Groups {
        let mut numbers = BTreeMap::new();
        let number = |name: &S| -> u32 {
            let next = numbers.len() as u32;
            *numbers.entry(name.as_ref().to_owned()).or_insert(next)
        };
        let of_image = names.iter().map(number).collect();
        Groups { of_image, count: numbers.len() }
    }

    /// Every image is a group of its own.
    pub fn each(images: usize) -> Groups {
        Groups { of_image: (0..images as u32).collect(), count: images }
    }

    /// All images are of one group.
    pub fn whole(images: usize) -> Groups {
        Groups { of_image: vec![0; images], count: 1 }
    }

    /// How many groups there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The number of each image's group.
    pub fn of_image(&self) -> &[u32] {
        &self.of_image
    }

    /// The weights with which every group counts once.
    pub fn once(&self) -> Vec<u32> {
        vec![1; self.count]
    }

    /// The weights of one bootstrap resample: as many groups as there are, drawn with replacement.
    /// `below(n)` draws a whole number in `0..n`, each equally likely.
    pub fn resampled(&self, below: &mut impl FnMut(u64) -> u64) -> Vec<u32> {
        let mut times = vec![0; self.count];
        for _ in 0..self.count {
            times[below(self.count as u64) as usize] += 1;
        }
        times
    }
}
