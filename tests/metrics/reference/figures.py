"""What scikit-learn, scipy, statsmodels and two DeLong implementations say of a few data sets.

    python figures.py > figures.json            writes the figures that `cargo test` compares with
    python figures.py --check figures.json      makes them again and compares

Undefined quantities are null. Where a library puts a number in the place of an undefined quantity
(such as an average precision of 0 without positive images), the condition stands here in words.
"""

import json
import math
import sys
import warnings

import numpy as np
from MLstatkit.delong import Delong_test
from rocauc_comparison import delong_roc_variance
from rocauc_comparison.delong import fastDeLong
from scipy import optimize, special, stats
from sklearn import calibration, metrics
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

warnings.filterwarnings("ignore")
THRESHOLD = 0.5
BINS = 15
LEVEL = 0.95


def finite(value):
    value = float(value)
    return value if math.isfinite(value) else None


def cases():
    """Names, labels, the probabilities of two models (float32), and a whole weight for each image."""
    rng = np.random.default_rng(20261123)

    def draw(n, share, separation, decimals=None):
        labels = (rng.random(n) < share).astype(int)
        models = []
        for noise in (1.0, 1.6):
            p = special.expit(separation * (labels - 0.5) + noise * rng.normal(size=n))
            models.append(np.float32(p if decimals is None else np.round(p, decimals)))
        return labels, *models, rng.integers(0, 4, n)

    # n - 1 has no divisor in common with 15: where a quantile falls on an image exactly, rounding
    # inside numpy decides on which side of the edge of its bin the image lies.
    yield "random", *draw(402, 0.4, 1.0)
    yield "rare", *draw(1002, 0.03, 2.0)
    yield "ties", *draw(300, 0.5, 1.5, decimals=1)
    yield "small", *draw(12, 0.5, 1.0)
    yield "separated", *draw(60, 0.5, 40.0)
    half = np.float32(0.5)
    labels = np.array([0, 1, 1, 0, 1, 0, 0])
    yield "constant", labels, np.full(7, half), np.full(7, np.float32(0.2)), np.arange(7)
    yield "two", np.array([0, 1]), np.float32([0.3, 0.6]), np.float32([0.6, 0.3]), np.array([1, 2])
    yield "two tied", np.array([0, 1]), np.float32([0.5, 0.5]), np.float32([0.1, 0.1]), np.array([0, 3])
    yield "only negative", np.zeros(5, int), np.float32([0, 0.1, 0.5, 0.9, 1]), np.float32(
        [0.2] * 5
    ), np.array([1, 0, 2, 0, 1])
    yield "only positive", np.ones(4, int), np.float32([0, 0.1, 0.9, 1]), np.float32(
        [0.7] * 4
    ), np.array([0, 1, 1, 5])
    yield "saturated", np.array([0, 1, 0, 1, 1, 0]), np.float32([0, 1, 1, 0, 1, 0]), np.float32(
        [1, 1, 0, 0, 1e-20, 1]
    ), np.array([1, 1, 0, 2, 0, 1])
    yield "all weights but one are 0", np.array([0, 1, 1]), np.float32([0.2, 0.7, 0.4]), np.float32(
        [0.3, 0.2, 0.9]
    ), np.array([0, 0, 3])


def scores(labels, p32, weights):
    """Every metric with these weights, by scikit-learn."""
    keep = weights > 0
    y, p, w = labels[keep], np.float64(p32[keep]), weights[keep]
    called = (p >= THRESHOLD).astype(int)
    tn, fp, fn, tp = metrics.confusion_matrix(y, called, labels=[0, 1], sample_weight=w).ravel()
    both = len(set(y)) == 2
    clipped = np.clip(p, np.finfo(np.float32).eps, 1 - np.finfo(np.float32).eps)

    def when(defined, value):
        return finite(value()) if defined else None

    of_class = dict(y_true=y, y_pred=called, sample_weight=w)
    return {
        "auc": when(both, lambda: metrics.roc_auc_score(y, p, sample_weight=w)),
        "average_precision": when(
            y.any(), lambda: metrics.average_precision_score(y, p, sample_weight=w)
        ),
        "accuracy": finite(metrics.accuracy_score(**of_class)),
        "balanced_accuracy": when(both, lambda: metrics.balanced_accuracy_score(**of_class)),
        "sensitivity": when(y.any(), lambda: metrics.recall_score(**of_class)),
        "specificity": when(not y.all(), lambda: metrics.recall_score(**of_class, pos_label=0)),
        "precision": when(called.any(), lambda: metrics.precision_score(**of_class)),
        "npv": when(not called.all(), lambda: metrics.precision_score(**of_class, pos_label=0)),
        "f1": when(y.any() or called.any(), lambda: metrics.f1_score(**of_class)),
        "mcc": when(
            both and called.any() and not called.all(), lambda: metrics.matthews_corrcoef(**of_class)
        ),
        "brier": finite(metrics.brier_score_loss(y, p, sample_weight=w, labels=[0, 1], pos_label=1)),
        "log_loss": finite(metrics.log_loss(y, clipped, sample_weight=w, labels=[0, 1])),
        "ece": finite(ece(y, p, w, "uniform")),
        "confusion": [int(tn), int(fp), int(fn), int(tp)],
    }


def ece(y, p, w, strategy):
    """The weighted mean gap of scikit-learn's bins, an image for each unit of weight."""
    y, p = np.repeat(y, w), np.repeat(p, w)
    edges = np.linspace(0, 1, BINS + 1)
    if strategy == "quantile":
        edges = np.percentile(p, edges * 100)
    counts = np.bincount(np.searchsorted(edges[1:-1], p), minlength=BINS)
    share, mean = calibration.calibration_curve(y, p, n_bins=BINS, strategy=strategy, pos_label=1)
    return np.sum(counts[counts > 0] * np.abs(share - mean)) / len(y)


def reliability(y, p32, strategy):
    if len(set(y)) < 2:
        return None  # scikit-learn refuses one class
    p = np.float64(p32)
    share, mean = calibration.calibration_curve(y, p, n_bins=BINS, strategy=strategy)
    return {"positive_share": share.tolist(), "mean_probability": mean.tolist(),
            "ece": finite(ece(y, p, np.ones(len(y), int), strategy))}


def curves(y, p32):
    p = np.float64(p32)
    if len(set(y)) < 2:
        return None
    fpr, tpr, _ = metrics.roc_curve(y, p, drop_intermediate=False)
    precision, recall, thresholds = metrics.precision_recall_curve(y, p)
    return {"fpr": fpr.tolist(), "tpr": tpr.tolist(), "precision": precision[:-1][::-1].tolist(),
            "recall": recall[:-1][::-1].tolist(), "thresholds": thresholds[::-1].tolist()}


def temperature(y, p32):
    """The root of the slope of the log loss, or null where it has none above 0."""
    if len(set(y)) < 2:
        return None
    p = np.clip(np.float64(p32), 2.0**-150, 1 - 2.0**-25)
    z = special.logit(p)
    slope = lambda factor: np.sum((special.expit(factor * z) - y) * z)
    separated = np.all(z[y == 1] >= 0) and np.all(z[y == 0] <= 0)
    if slope(0.0) >= 0 or separated:
        return None
    return 1 / optimize.brentq(slope, 0.0, 1e4, xtol=1e-15, rtol=1e-15, maxiter=1000)


def delong(y, first, second):
    """The published implementations; the variance is undefined with one image of a class."""
    if len(set(y)) < 2 or min(y.sum(), len(y) - y.sum()) < 2:
        return None
    a, b = np.float64(first), np.float64(second)
    order = np.argsort(-y, kind="stable")
    _, covariance = fastDeLong(np.vstack((a, b))[:, order], int(y.sum()))
    auc, variance = delong_roc_variance(y, a)
    z = p = plain = None
    spread = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    if spread > 1e-20:  # below, MLstatkit turns to a bootstrap
        z, p, plain, _ = Delong_test(y, a, b, alpha=LEVEL, return_auc=False)
        z = -z  # its difference is second - first
        plain = [float(end) for end in plain]
    logit = None
    if 0 < auc < 1:
        half = stats.norm.ppf(0.5 + LEVEL / 2) * math.sqrt(variance) / (auc * (1 - auc))
        logit = [float(special.expit(special.logit(auc) + sign * half)) for sign in (-1, 1)]
    return {"auc": float(auc), "variance": float(variance), "covariance": float(covariance[0, 1]),
            "z": z and float(z), "p": p and float(p), "plain": plain, "logit": logit}


def between(y, first, second):
    right = [(np.float64(p) >= THRESHOLD) == y for p in (first, second)]
    only = [int(np.sum(right[0] & ~right[1])), int(np.sum(~right[0] & right[1]))]
    return mcnemars(*only)


def mcnemars(first, second):
    exact = first + second < 25
    result = mcnemar([[0, first], [second, 0]], exact=exact, correction=True)
    return {"first_only": first, "second_only": second, "p": finite(result.pvalue), "exact": exact}


def thresholds(y, p32):
    """By scikit-learn's curves; null with one class."""
    if len(set(y)) < 2:
        return None
    fpr, tpr, at = metrics.roc_curve(y, p32, drop_intermediate=False)
    at[0] = np.nextafter(p32.max(), np.float32(np.inf))
    negatives, positives = np.sum(y == 0), np.sum(y == 1)
    counts = np.rint(fpr * negatives), np.rint(tpr * positives)
    specific = (negatives - counts[0]) / negatives
    cost = 1 * counts[0] + 5 * (positives - counts[1])
    # Rounded, so that equal sums of rounded shares are equal.
    youden = np.round(counts[1] / positives + specific, 12)
    return {"youden": float(at[1:][np.argmax(youden[1:])]),
            "sensitivity": float(at[np.argmax(counts[1] / positives >= 0.9)]),
            "specificity": float(at[np.flatnonzero(specific >= 0.9)[-1]]),
            "cost": float(at[np.argmin(cost)])}


def bootstrap(groups=40, size=10, resamples=20000):
    """A cluster bootstrap drawn image by image: its interval has a Monte-Carlo error."""
    rng = np.random.default_rng(7)
    group = np.repeat(np.arange(groups), size)
    shift = rng.normal(size=groups)[group]
    y = (rng.random(len(group)) < special.expit(shift)).astype(int)
    models = [np.float32(special.expit(s * (y - 0.5) + 0.7 * shift + rng.normal(size=len(y))))
              for s in (1.5, 1.0)]
    drawn = {"auc": [], "brier": [], "difference": []}
    for _ in range(resamples):
        rows = (rng.integers(0, groups, groups)[:, None] * size + np.arange(size)).ravel()
        aucs = [rank_auc(y[rows], p[rows]) for p in models]
        drawn["auc"].append(aucs[0])
        drawn["brier"].append(np.mean((np.float64(models[0][rows]) - y[rows]) ** 2))
        drawn["difference"].append(aucs[0] - aucs[1])
    ends = {}
    for name, values in drawn.items():
        ends[name] = {"interval": np.quantile(values, [0.025, 0.975]).tolist(), "sd": float(np.std(values))}
    return {"labels": y.tolist(), "groups": group.tolist(), "first": models[0].tolist(),
            "second": models[1].tolist(), "resamples": resamples, "figures": ends}


def rank_auc(y, p):
    positives = y.sum()
    ranks = stats.rankdata(p)[y == 1].sum()
    return (ranks - positives * (positives + 1) / 2) / (positives * (len(y) - positives))


def small_tables():
    rng = np.random.default_rng(3)
    p = [rng.random(k).round(3).tolist() for k in (1, 2, 5, 12)] + [[0.01, 0.01, 0.04], [1.0, 1.0], [0.0, 0.5]]
    values = np.sort(rng.normal(size=23))
    at = [0.0, 0.025, 0.31, 0.5, 0.975, 1.0]
    chances = [1e-300, 1e-9, 0.001, 0.025, 0.2, 0.5, 0.8, 0.975, 0.999999]
    shares = [(0, 1), (1, 1), (0, 30), (7, 30), (30, 30), (123, 4567)]
    pairs = [(0, 0), (1, 0), (3, 9), (12, 12), (0, 24), (13, 12), (25, 0), (40, 61), (500, 450)]
    return {
        "holm": [{"p": q, "adjusted": multipletests(q, method="holm")[1].tolist()} for q in p],
        "percentile": {"sorted": values.tolist(), "at": at, "values": np.quantile(values, at).tolist()},
        "normal": {"chances": chances, "quantiles": stats.norm.ppf(chances).tolist()},
        "wilson": [{"part": k, "whole": n,
                    "interval": [float(end) for end in proportion_confint(k, n, alpha=1 - LEVEL, method="wilson")]}
                   for k, n in shares],
        "mcnemar": [mcnemars(*pair) for pair in pairs],
    }


def figures():
    found = []
    for name, y, first, second, weights in cases():
        once = np.ones(len(y), int)
        found.append({
            "name": name, "labels": y.tolist(), "first": first.tolist(), "second": second.tolist(),
            "weights": weights.tolist(), "scores": scores(y, first, once),
            "weighted": scores(y, first, weights),
            "curves": curves(y, first), "temperature": temperature(y, first),
            "equal_width": reliability(y, first, "uniform"),
            "equal_mass": reliability(y, first, "quantile"),
            "delong": delong(y, first, second), "mcnemar": between(y, first, second),
            "thresholds": thresholds(y, first),
        })
    return {"cases": found, "bootstrap": bootstrap(), "tables": small_tables()}


def near(a, b):
    """Equal up to what another processor's vector units may make of the last digits."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(near(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(near, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-11, abs_tol=1e-13)
    return a == b


if __name__ == "__main__":
    if sys.argv[1:2] == ["--check"]:
        committed = json.load(open(sys.argv[2]))
        made = json.loads(json.dumps(figures()))
        sys.exit(0 if near(committed, made) else f"{sys.argv[2]} differs from what the libraries give")
    json.dump(figures(), sys.stdout)
    print()
