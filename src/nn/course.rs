//! What a schedule comes to in each step: a function of the settings, of what the epochs so far
//! brought, and of the step's number. Nothing is remembered besides the history, which a checkpoint
//! keeps, so that a resumed training has the same learning rates. In f64, with `libm`.

use std::f64::consts::PI;

use super::error::NnError;
use super::history::Epoch;
use super::optimizer::Optimizer;
use super::schedule::{OneCycle, Plateau, Schedule, Warmup};
use super::training::Training;

/// The learning rates of one epoch.
pub(crate) struct Course<'a> {
    training: &'a Training,
    /// Steps of an epoch.
    steps: usize,
    /// From 0.
    epoch: usize,
    /// The learning rate of the epoch, before warm-up, if it does not change from step to step.
    level: f64,
}

impl Course<'_> {
    /// Of the epoch after those of `history`, of `steps` steps.
    ///
    /// # Errors
    /// [`NnError::NoAuc`] if a plateau of the AUC is looked for and there is none.
    pub fn after<'a>(
        history: &[Epoch],
        training: &'a Training,
        steps: usize,
    ) -> Result<Course<'a>, NnError> {
        let (lr, epoch) = (training.optimizer.lr(), history.len());
        let level = match &training.schedule {
            Schedule::Constant | Schedule::OneCycle(_) => lr,
            Schedule::Step(stairs) => lr * power(stairs.factor, epoch / stairs.every),
            Schedule::Milestones(stones) => {
                lr * power(stones.factor, stones.at.iter().filter(|at| **at <= epoch).count())
            }
            Schedule::Cosine(cosine) => {
                anneal(lr, cosine.floor, epoch as f64 / training.epochs.get() as f64)
            }
            Schedule::ReduceOnPlateau(plateau) => plateau.level(lr, history)?,
        };
        Ok(Course { training, steps, epoch, level })
    }

    /// The number of the epoch, from 0.
    pub fn epoch(&self) -> usize {
        self.epoch
    }

    /// The optimizer with the learning rate and momentum of a step, from 0, of this epoch.
    pub fn at(&self, step: usize) -> Optimizer {
        let Training { optimizer, schedule, warmup, epochs, .. } = self.training;
        let now = self.epoch * self.steps + step;
        let warm = warmup.as_ref().map_or(1.0, |warmup| warmup.share(now, self.steps));
        let Schedule::OneCycle(cycle) = schedule else {
            return optimizer.with_lr(self.level * warm);
        };
        let (top, total) = (optimizer.lr(), epochs.get() * self.steps);
        let first = top / cycle.div_factor;
        let lr = cycle.value([first, top, first / cycle.final_div_factor], now, total);
        let optimizer = optimizer.with_lr(lr * warm);
        let momenta = [cycle.max_momentum, cycle.base_momentum, cycle.max_momentum];
        if cycle.cycle_momentum {
            optimizer.with_momentum(cycle.value(momenta, now, total))
        } else {
            optimizer
        }
    }
}

impl OneCycle {
    /// Half a cosine from the first value to the second, then one to the third, in step `now` of
    /// `total`.
    fn value(&self, [start, top, end]: [f64; 3], now: usize, total: usize) -> f64 {
        let (now, last) = (now as f64, total as f64 - 1.0);
        let turn = self.pct_start * total as f64 - 1.0;
        if now > turn {
            return anneal(top, end, (now - turn) / (last - turn));
        }
        // A rise of one step is over at once.
        anneal(start, top, if turn > 0.0 { now / turn } else { 1.0 })
    }
}

impl Plateau {
    /// The learning rate after the epochs of `history`.
    fn level(&self, mut lr: f64, history: &[Epoch]) -> Result<f64, NnError> {
        let (mut best, mut waited) = (None, 0);
        for row in history {
            let merit = row.merit(self.monitor, "reduce_on_plateau")?;
            // A threshold relative to the best figure, which is −merit if less is better.
            let margin = |best: f64| best + self.threshold * best.abs();
            if best.is_none_or(|best| merit > margin(best)) {
                (best, waited) = (Some(merit), 0);
            } else {
                waited += 1;
            }
            if waited > self.patience {
                let lower = (lr * self.factor).max(self.min_lr);
                // PyTorch's `eps`: a change too small to matter is not made.
                lr = if lr - lower > 1e-8 { lower } else { lr };
                waited = 0;
            }
        }
        Ok(lr)
    }
}

impl Warmup {
    /// What the learning rate is multiplied by in step `now` of all, from 0.
    fn share(&self, now: usize, steps_an_epoch: usize) -> f64 {
        let length = self.epochs * steps_an_epoch + self.steps;
        if now >= length {
            return 1.0;
        }
        self.from + (1.0 - self.from) * now as f64 / length as f64
    }
}

/// From `start` to `end` along half a cosine.
fn anneal(start: f64, end: f64, share: f64) -> f64 {
    end + (start - end) / 2.0 * (libm::cos(PI * share) + 1.0)
}

fn power(factor: f64, times: usize) -> f64 {
    libm::pow(factor, times as f64)
}
