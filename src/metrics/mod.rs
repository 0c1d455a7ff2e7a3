//! Scores of binary classifiers: pure functions of labels and probabilities.
