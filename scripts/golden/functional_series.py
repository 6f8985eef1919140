#!/usr/bin/env python3
"""What nilearn makes of the same small time series of regions: cleaned, and brought to connectivity.

    python scripts/golden/functional_series.py Tests/BrainDataTests/Golden/functional.json

needs nilearn.
"""
import json
import sys
import warnings

import numpy as np
from nilearn.connectome import ConnectivityMeasure
from nilearn.signal import clean
from sklearn.covariance import EmpiricalCovariance, LedoitWolf

warnings.simplefilter("ignore")
rng = np.random.default_rng(5)
FRAMES, REGIONS, CONFOUNDS, REPETITION = 70, 5, 3, 2.0


def short(array):
    return [[float("%.14g" % v) for v in row] for row in array]


def main(path):
    drift = np.linspace(0, 3, FRAMES)[:, None] * rng.standard_normal((1, REGIONS))
    x = rng.standard_normal((FRAMES, REGIONS)).cumsum(0) * 0.3 + drift + 100
    confounds = rng.standard_normal((FRAMES, CONFOUNDS))
    x += confounds[:, :2] @ rng.standard_normal((2, REGIONS))
    cases = []
    for low, high in [(None, None), (0.01, 0.1), (0.02, None), (None, 0.15)]:
        for with_confounds in (False, True):
            for detrend in (True, False):
                cleaned = clean(x.copy(), detrend=detrend, standardize="zscore_sample", t_r=REPETITION, high_pass=low,
                                low_pass=high, confounds=confounds.copy() if with_confounds else None, standardize_confounds=True,
                                filter="butterworth" if low or high else False)
                cases.append({"low": low, "high": high, "confounds": with_confounds, "detrends": detrend,
                              "values": short(cleaned)})
    connectivity = []
    for kind, name in (("correlation", "correlation"), ("partial correlation", "partial")):
        for estimator, title in ((LedoitWolf(), "ledoit-wolf"), (EmpiricalCovariance(), "empirical")):
            for frames in (FRAMES, 12):
                measure = ConnectivityMeasure(cov_estimator=estimator, kind=kind, standardize=True)
                found = measure.fit_transform([x[:frames]])[0]
                connectivity.append({"kind": name, "estimator": title, "frames": frames, "values": short(found)})
    document = {"series": short(x), "confounds": short(confounds), "repetition": REPETITION, "cleaned": cases,
                "connectivity": connectivity}
    with open(path, "w") as file:
        json.dump(document, file, indent=None)
        file.write("\n")


main(sys.argv[1])
