//! Recycled memory for activations, gradients and scratch: after the first step of training
//! nothing large is allocated, page-faulted or zeroed again.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Floats that are free to be used again, by capacity. Clones share one stock.
#[derive(Clone, Default)]
pub struct Buffers(Arc<Mutex<BTreeMap<usize, Vec<Vec<f32>>>>>);

/// Floats that return to their stock when dropped.
pub struct Buffer {
    floats: Vec<f32>,
    home: Buffers,
}

impl Buffers {
    /// `len` floats with whatever an earlier user left in them: the taker writes them all.
    /// (With debug assertions they are NaN, so that a test sees an element that was not written.)
    pub fn take(&self, len: usize) -> Buffer {
        let mut floats = self.reuse(len).unwrap_or_default();
        if floats.capacity() < len {
            floats = vec![0.0; len];
        }
        floats.resize(len, 0.0);
        if cfg!(debug_assertions) {
            floats.fill(f32::NAN);
        }
        Buffer { floats, home: self.clone() }
    }

    /// `len` zeros.
    pub fn zeros(&self, len: usize) -> Buffer {
        let mut buffer = self.take(len);
        buffer.fill(0.0);
        buffer
    }

    /// A copy of some floats.
    pub fn copy(&self, floats: &[f32]) -> Buffer {
        let mut buffer = self.take(floats.len());
        buffer.copy_from_slice(floats);
        buffer
    }

    /// Floats that were taken from here and then moved out, to be recycled. (A vector of other
    /// origin would make the stock grow each time.)
    pub fn adopt(&self, floats: Vec<f32>) -> Buffer {
        Buffer { floats, home: self.clone() }
    }

    /// How many floats lie here unused.
    pub fn idle(&self) -> usize {
        self.stock().iter().map(|(capacity, blocks)| capacity * blocks.len()).sum()
    }

    /// The smallest block that fits and is not more than twice too large: the last, smaller batch
    /// of an epoch then uses the blocks of the others.
    fn reuse(&self, len: usize) -> Option<Vec<f32>> {
        let mut stock = self.stock();
        let (_, blocks) = stock.range_mut(len..=len * 2).find(|(_, blocks)| !blocks.is_empty())?;
        blocks.pop()
    }

    fn stock(&self) -> MutexGuard<'_, BTreeMap<usize, Vec<Vec<f32>>>> {
        // The stock is whole at every moment: a panic elsewhere cannot have spoilt it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Buffer {
    /// The floats themselves, no longer bound to return (until they are adopted again).
    pub fn into_vec(mut self) -> Vec<f32> {
        std::mem::take(&mut self.floats)
    }

    /// Keeps the first `len` floats.
    pub fn truncate(&mut self, len: usize) {
        self.floats.truncate(len);
    }
}

impl Clone for Buffer {
    fn clone(&self) -> Buffer {
        self.home.copy(self)
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let floats = std::mem::take(&mut self.floats);
        if floats.capacity() > 0 {
            self.home.stock().entry(floats.capacity()).or_default().push(floats);
        }
    }
}

impl Deref for Buffer {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        &self.floats
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.floats
    }
}
