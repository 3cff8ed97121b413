//! The pictures.

use plotters::prelude::*;

use crate::figures::Figures;

const SIZE: (u32, u32) = (720, 420);
const COLOURS: [RGBColor; 2] = [RGBColor(31, 97, 141), RGBColor(202, 111, 30)];

pub(crate) fn all(figures: &Figures, folder: &str) {
    for (group, title, axis) in [
        (
            "tokens",
            "one verification, by the tokens in play",
            "different tokens",
        ),
        (
            "keys",
            "one verification, by the size of the key set",
            "keys",
        ),
        (
            "issuers",
            "one verification, by the number of issuers",
            "issuers",
        ),
        (
            "threads",
            "one verification on two cores, by threads",
            "threads",
        ),
        (
            "callers",
            "one of many callers while no key is there",
            "callers at once",
        ),
    ] {
        draw(
            figures,
            group,
            title,
            axis,
            &format!("{folder}/{group}.svg"),
        );
    }
}

/// Both axes are logarithmic: what costs twice as much is as far above, wherever it is. The upright
/// one has whole powers of ten, so that there is always one to read.
fn draw(figures: &Figures, group: &str, title: &str, axis: &str, file: &str) {
    let points: Vec<_> = figures
        .0
        .iter()
        .filter(|figure| figure.group == group)
        .collect();
    let sizes = || points.iter().map(|figure| figure.size as f64);
    let most_size = sizes().fold(0.0, f64::max);
    let costs = || points.iter().map(|figure| figure.cost);
    let lowest = costs().fold(f64::MAX, |least, cost| least.min(cost.1));
    let highest = costs().fold(0.0, |most: f64, cost| most.max(cost.2));

    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    area.fill(&WHITE).unwrap();
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 20))
        .margin(16)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(
            (0.9..most_size * 1.2).log_scale(),
            (10_f64.powf(lowest.log10().floor())..10_f64.powf(highest.log10().ceil())).log_scale(),
        )
        .unwrap();
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_desc(axis)
        .y_desc("microseconds")
        .label_style(("sans-serif", 14))
        .x_label_formatter(&|size| short(*size))
        .y_label_formatter(&|cost| short(*cost))
        .draw()
        .unwrap();
    let mut lines: Vec<_> = points.iter().map(|figure| figure.line).collect();
    lines.dedup();
    let several = lines.len() > 1;
    for (line, colour) in lines.into_iter().zip(COLOURS) {
        let of_line = points.iter().filter(|figure| figure.line == line);
        let of_line: Vec<_> = of_line
            .map(|figure| (figure.size as f64, figure.cost))
            .collect();
        let medians = of_line.iter().map(|(size, cost)| (*size, cost.0));
        let series = LineSeries::new(medians.clone(), colour.stroke_width(2));
        chart
            .draw_series(series)
            .unwrap()
            .label(line)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
        let dots = medians.map(|point| Circle::new(point, 4, colour.filled()));
        chart.draw_series(dots).unwrap();
        let spreads = of_line
            .iter()
            .map(|(size, cost)| PathElement::new([(*size, cost.1), (*size, cost.2)], colour));
        chart.draw_series(spreads).unwrap();
    }
    if several {
        chart
            .configure_series_labels()
            .background_style(WHITE)
            .border_style(RGBColor(200, 200, 200))
            .label_font(("sans-serif", 14))
            .position(SeriesLabelPosition::MiddleLeft)
            .draw()
            .unwrap();
    }
    area.present().unwrap();
}

/// A number as people write it beside an axis.
fn short(number: f64) -> String {
    match number {
        number if number >= 1e6 => format!("{} M", number / 1e6),
        number if number >= 1e3 => format!("{} k", number / 1e3),
        number => format!("{number}"),
    }
}
