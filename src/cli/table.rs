//! Plain tables for terminals: columns as wide as their widest cell.

/// Rows of cells under a header; cells after the last non-empty one are left out.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let width = |text: &str| text.chars().count();
    let widest = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell));
        cells.chain([width(header[column])]).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..header.len()).map(widest).collect();
    let line = |cells: &[&str]| {
        let mut line = String::new();
        for (cell, wide) in cells.iter().zip(&widths) {
            line += cell;
            line += &" ".repeat(wide - width(cell) + 2);
        }
        line.trim_end().to_string()
    };
    let cells = rows.iter().map(|row| line(&row.iter().map(String::as_str).collect::<Vec<_>>()));
    [line(header)].into_iter().chain(cells).collect::<Vec<_>>().join("\n")
}

/// Seconds as people say them.
pub fn seconds(seconds: f64) -> String {
    match seconds {
        s if s < 0.01 => format!("{:.1} ms", s * 1000.0),
        s if s < 100.0 => format!("{s:.2} s"),
        s if s < 6000.0 => format!("{:.0} min {:02.0} s", (s / 60.0).floor(), s % 60.0),
        s => format!("{:.0} h {:02.0} min", (s / 3600.0).floor(), (s % 3600.0) / 60.0),
    }
}

/// `1 result`, `2 results`.
pub fn counted(n: u64, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}
