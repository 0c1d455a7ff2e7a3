//! Killed at random moments, again and again, until a run gets through.

use crate::{
    clean::{CLEAN, assert_like_clean},
    process::Process,
    rounds,
    world::World,
};
use microtome::engine::Digest;

/// So many kills, at moments that the seed decides, as far as the machine lets it: in the time that
/// a whole run takes. A run that was killed may still be dying when the next one begins.
#[test]
fn killed_at_random_moments_it_ends_like_a_clean_run() {
    let seed = std::env::var("MICROTOME_SEED").unwrap_or_else(|_| "1".into());
    println!("MICROTOME_SEED={seed}");
    let mut kills = rounds(300).min(100_000);
    let mut draws = (0..).map(|i| draw(&seed, i));
    while kills > 0 {
        let world = World::new();
        let mut dying: Option<Process> = None;
        let ended = loop {
            let mut run = Process::start(world.pipeline());
            drop(dying.take());
            let [moment, wait, patient] = draws.next().unwrap();
            // Some runs are left alone, so that one gets through at last.
            if patient > 0.9 || kills == 0 || run.ends_within(CLEAN.time.mul_f64(moment * 0.7)) {
                break run.end();
            }
            run.kill();
            kills -= 1;
            if wait < 0.5 {
                let end = run.end();
                // It may have got through just before it was killed.
                if !end.was_killed() {
                    break end;
                }
            } else {
                dying = Some(run);
            }
        };
        let story = format!("seed {seed}, {kills} kills left");
        assert_eq!(ended.code(), Some(0), "{story}: {}", ended.text());
        // Once more, since the last one killed may have died after the last run had tidied up.
        let again = world.run();
        assert_eq!(again.events("started"), [], "{story}");
        assert_like_clean(&world, &story);
    }
}

/// Three numbers from 0 to 1.
fn draw(seed: &str, i: u64) -> [f64; 3] {
    let hex = Digest::of_bytes(format!("{seed} {i}").as_bytes()).hex();
    [0, 8, 16]
        .map(|at| f64::from(u32::from_str_radix(&hex[at..at + 8], 16).unwrap()) / 2f64.powi(32))
}
