//! What was measured, for people, for a file, and for the pictures.

use std::fmt::Write;
use std::path::Path;

use crate::spread::spread;

/// One point of a line of a picture.
pub(crate) struct Figure {
    pub(crate) group: &'static str,
    pub(crate) line: &'static str,
    pub(crate) size: usize,
    /// Microseconds: the median, and the tenth below and above.
    pub(crate) cost: (f64, f64, f64),
}

#[derive(Default)]
pub(crate) struct Figures(pub(crate) Vec<Figure>);

impl Figures {
    /// Keeps the microseconds that were measured, and prints them.
    pub(crate) fn add(
        &mut self,
        group: &'static str,
        line: &'static str,
        size: usize,
        costs: Vec<f64>,
    ) {
        let cost = spread(costs);
        let (median, low, high) = cost;
        println!("{group} {size:>7} {line:<18} {median:>9.2} us ({low:.2}..{high:.2})");
        self.0.push(Figure {
            group,
            line,
            size,
            cost,
        });
    }

    pub(crate) fn write(&self, folder: impl AsRef<Path>) {
        let mut text = "group,line,size,median_us,tenth_below_us,tenth_above_us\n".to_owned();
        for Figure {
            group,
            line,
            size,
            cost: (median, low, high),
        } in &self.0
        {
            writeln!(text, "{group},{line},{size},{median:.2},{low:.2},{high:.2}").unwrap();
        }
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.as_ref().join("scaling.csv"), text).unwrap();
    }
}
