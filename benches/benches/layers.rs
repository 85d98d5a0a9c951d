//! One layer of each kind.

use hallmark_benches::measure::{criterion, measure};
use hallmark_benches::{Problem, layers};

fn main() -> Result<(), Problem> {
    let mut criterion = criterion();
    for layer in layers::catalogue() {
        measure(&mut criterion, &layer.ready()?);
    }
    criterion.final_summary();
    Ok(())
}
