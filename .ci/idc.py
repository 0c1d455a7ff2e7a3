"""Says how the IDC network scores on patients that it has not seen, and fails below an AUC of 0.86."""

import json
import sys

model = json.load(open(sys.argv[1]))["models"][0]
scores, counts = model["scores"], model["scores"]["confusion"]
print(f"{model['model']} on {scores['images']} test images: "
      f"AUC {scores['auc']:.4f}, accuracy {scores['accuracy']:.4f}, "
      f"TN {counts['true_negatives']} FP {counts['false_positives']} "
      f"FN {counts['false_negatives']} TP {counts['true_positives']}")
if scores["auc"] < 0.86:
    sys.exit("the test AUC is below 0.86")
