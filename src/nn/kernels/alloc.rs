//! A global allocator that starts large blocks on a cache line. Without it a vector load of a
//! kernel straddles two lines each time, which costs a quarter of the speed or more.

use std::alloc::{GlobalAlloc, Layout, System};

/// Blocks of this size and above are aligned; small ones are left as they are.
const LARGE: usize = 16 << 10;
const LINE: usize = 64;

/// The system's allocator with large blocks aligned to 64 bytes. A binary that trains installs
/// it: `#[global_allocator] static ALLOC: Aligned = Aligned;`. Results do not depend on it.
pub struct Aligned;

fn aligned(layout: Layout) -> Layout {
    if layout.size() < LARGE {
        return layout;
    }
    layout.align_to(LINE).unwrap_or(layout)
}

// SAFETY: every call goes to `System` with a layout that is a function of the caller's layout
// alone, so that a block is freed with the layout that it was allocated with; the alignment is
// only ever raised.
unsafe impl GlobalAlloc for Aligned {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise (a size above 0) holds for the raised layout too.
        unsafe { System.alloc(aligned(layout)) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as for `alloc`.
        unsafe { System.alloc_zeroed(aligned(layout)) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: `block` came from `alloc` with the same `layout`.
        unsafe { System.dealloc(block, aligned(layout)) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if layout.size() < LARGE && size < LARGE {
            // SAFETY: small before and after: `System` allocated it with this very layout.
            return unsafe { System.realloc(block, layout, size) };
        }
        // SAFETY: `size` is above 0 and fits, as the caller promises; the copy stays within the
        // smaller of two blocks that do not overlap; `block` is freed once.
        unsafe {
            let new = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !new.is_null() {
                std::ptr::copy_nonoverlapping(block, new, layout.size().min(size));
                self.dealloc(block, layout);
            }
            new
        }
    }
}
