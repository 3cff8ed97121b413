//! One figure for many measurements of the same thing on a machine that others use too.

/// The median, and the tenth below and above.
pub(crate) fn spread(mut values: Vec<f64>) -> (f64, f64, f64) {
    values.sort_by(f64::total_cmp);
    let at = |share: usize| values[(values.len() - 1) * share / 100];
    (at(50), at(10), at(90))
}

/// Says how many times as much one thing is as another, as all benches here do.
#[allow(dead_code, reason = "not every bench compares")]
pub(crate) fn print_ratio(name: &str, ratios: Vec<f64>) {
    let (median, low, high) = spread(ratios);
    println!("ratio {name} {median:.3} ({low:.3}..{high:.3})");
}
