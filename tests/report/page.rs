use microtome::report::render;

use crate::fixture::full;

#[test]
fn w() {
    std::fs::write("/tmp/rep/r.html", render(&full())).unwrap();
}
