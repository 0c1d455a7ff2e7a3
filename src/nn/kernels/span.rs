//! Stretches of an output axis along which a window has the same taps on the map, so that borders
//! are a few stretches of their own and everything between them is one.

use super::geometry::Geometry;

/// How outputs follow each other in a span, and what they read with them.
#[derive(Clone, Copy)]
pub(super) struct Pace {
    /// From one position of the span to the next.
    pub step: usize,
    /// From what one position reads to what the next one reads.
    pub shift: usize,
}

/// Positions `first`, `first + step`, … that have the same taps on the map.
#[derive(Clone)]
pub(super) struct Span {
    pub first: usize,
    pub count: usize,
    /// (tap, what the first position reads there), taps in order.
    pub taps: Vec<(usize, usize)>,
}

/// One axis of a map that is written: all of its positions, each in one span.
pub(super) struct Axis {
    pub spans: Vec<Span>,
    pub pace: Pace,
    /// Positions of the map that is written.
    pub size: usize,
}

impl Axis {
    /// The output's rows (`[0]`) and columns (`[1]`), and what they read of the input.
    pub fn forward(g: &Geometry) -> [Axis; 2] {
        let pace = Pace { step: 1, shift: g.stride };
        let axis =
            |size, window, from| Axis::of(size, pace, window, |at, tap| g.source(at, tap, from));
        [axis(g.output.0, g.kernel.0, g.input.0), axis(g.output.1, g.kernel.1, g.input.1)]
    }

    /// The input's rows and columns, and the outputs that read them.
    pub fn backward(g: &Geometry) -> [Axis; 2] {
        let pace = Pace { step: g.stride, shift: 1 };
        let axis =
            |size, window, from| Axis::of(size, pace, window, |at, tap| g.target(at, tap, from));
        [axis(g.input.0, g.kernel.0, g.output.0), axis(g.input.1, g.kernel.1, g.output.1)]
    }

    fn of(
        size: usize,
        pace: Pace,
        window: usize,
        read: impl Fn(usize, usize) -> Option<usize>,
    ) -> Axis {
        let mut spans: Vec<Span> = Vec::new();
        for first in 0..pace.step.min(size) {
            let known = spans.len();
            for at in (first..size).step_by(pace.step) {
                let taps = (0..window).filter_map(|tap| Some((tap, read(at, tap)?)));
                match spans[known..].last_mut() {
                    Some(span) if span.taps_after(span.count, pace).eq(taps.clone()) => {
                        span.count += 1;
                    }
                    _ => spans.push(Span { first: at, count: 1, taps: taps.collect() }),
                }
            }
        }
        Axis { spans, pace, size }
    }

    /// The parts of the spans that lie in `first..end`.
    pub fn within(&self, first: usize, end: usize) -> impl Iterator<Item = Span> {
        self.spans.iter().filter_map(move |span| {
            let before = |bound: usize| {
                bound.saturating_sub(span.first).div_ceil(self.pace.step).min(span.count)
            };
            let skip = before(first);
            let count = before(end) - skip;
            (count > 0).then(|| Span {
                first: span.first + skip * self.pace.step,
                count,
                taps: span.taps_after(skip, self.pace).collect(),
            })
        })
    }
}

impl Span {
    /// What the position `steps` after the first one reads.
    fn taps_after(&self, steps: usize, pace: Pace) -> impl Iterator<Item = (usize, usize)> {
        self.taps.iter().map(move |(tap, at)| (*tap, at + steps * pace.shift))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Plain = (usize, usize, Vec<(usize, usize)>);

    fn axis(axis: &Axis) -> Vec<Plain> {
        axis.spans.iter().map(|s| (s.first, s.count, s.taps.clone())).collect()
    }

    #[test]
    fn a_padded_window_has_two_borders() {
        let g = Geometry {
            images: 1,
            input: (5, 4),
            channels: 1,
            output: (5, 4),
            filters: 1,
            kernel: (3, 1),
            stride: 1,
            dilation: 1,
            groups: 1,
            lead: 1,
        };
        assert_eq!(
            axis(&Axis::forward(&g)[0]),
            [
                (0, 1, vec![(1, 0), (2, 1)]),
                (1, 3, vec![(0, 0), (1, 1), (2, 2)]),
                (4, 1, vec![(0, 3), (1, 4)]),
            ]
        );
        let rows = Axis::forward(&g);
        let cut: Vec<_> = rows[0].within(2, 5).map(|s| (s.first, s.count, s.taps)).collect();
        assert_eq!(cut, [(2, 2, vec![(0, 1), (1, 2), (2, 3)]), (4, 1, vec![(0, 3), (1, 4)])]);
    }

    /// Stride 2, window 3: even inputs are read by the middle tap, odd ones by two outputs.
    #[test]
    fn a_strided_gradient_has_a_span_for_each_remainder() {
        let g = Geometry {
            images: 1,
            input: (7, 7),
            channels: 1,
            output: (4, 4),
            filters: 1,
            kernel: (3, 3),
            stride: 2,
            dilation: 1,
            groups: 1,
            lead: 1,
        };
        assert_eq!(
            axis(&Axis::backward(&g)[0]),
            [(0, 4, vec![(1, 0)]), (1, 3, vec![(0, 1), (2, 0)])]
        );
    }
}
