//! The memory in which argon2id works, kept between passwords.
//!
//! Memory that is fresh from the system is filled page by page while it is used, which costs a
//! quarter of the hash itself.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::{Argon2, Block};

/// Memory that is free now, one piece for each password that was ever checked at the same time.
#[derive(Default)]
pub(super) struct Workspace {
    free: Mutex<Vec<Vec<Block>>>,
    /// KiB that were filled so far, as often as they were.
    work: AtomicU64,
    /// The same at the last call of [`Workspace::release_idle`].
    work_before: AtomicU64,
}

impl Workspace {
    /// Fills `out` with the hash of a password, and wipes the memory.
    pub(super) fn derive(
        &self,
        argon2: &Argon2<'_>,
        password: &[u8],
        salt: &[u8],
        out: &mut [u8],
    ) -> argon2::Result<()> {
        let mut blocks = self.free().pop().unwrap_or_default();
        let needed = argon2.params().block_count();
        if blocks.len() < needed {
            blocks.resize(needed, Block::default());
        }
        let memory = blocks.get_mut(..needed).unwrap_or_default();
        let derived = argon2.hash_password_into_with_memory(password, salt, out, &mut *memory);
        // The whole piece at once: word by word, as zeroize writes, takes a tenth of the hash.
        memory.fill(Block::default());
        zeroize::optimization_barrier(memory);
        let params = argon2.params();
        let work = u64::from(params.m_cost()).saturating_mul(params.t_cost().into());
        self.work.fetch_add(work, Ordering::Relaxed);
        self.free().push(blocks);
        derived
    }

    /// KiB that were filled so far, as often as they were: what all passwords together have cost.
    pub(super) fn work(&self) -> u64 {
        self.work.load(Ordering::Relaxed)
    }

    /// Gives the memory back to the system where nothing used it since the last call.
    pub(super) fn release_idle(&self) {
        let work = self.work();
        if self.work_before.swap(work, Ordering::Relaxed) == work {
            self.free().clear();
        }
    }

    fn free(&self) -> std::sync::MutexGuard<'_, Vec<Vec<Block>>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
