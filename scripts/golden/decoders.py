#!/usr/bin/env python3
"""What SciPy and scikit-learn make of a few trials: the probabilities of the classical decoders.

    python scripts/golden/decoders.py Tests/BrainModelsTests/Golden/decoders.json

needs numpy, scipy and scikit-learn.
"""
import json
import sys

import numpy as np
import scipy.linalg
import scipy.signal as sig
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

RATE, TRIALS = 128, 18
rng = np.random.default_rng(3)


def trials(classes):
    noise = rng.standard_normal((TRIALS, 3, 60)).cumsum(-1) + rng.standard_normal((TRIALS, 3, 60)) * 3
    labels = np.arange(TRIALS) % classes
    for trial, label in zip(noise, labels):
        trial[label] += 4 * np.sin(2 * np.pi * 11 * np.arange(60) / RATE + rng.uniform(0, 6))
    return np.round(noise * 10).astype(int), labels


def band(x, low, high):
    return sig.sosfiltfilt(sig.butter(4, [low, high], "bandpass", output="sos", fs=RATE), x)


def discriminant(train, labels, test):
    return LinearDiscriminantAnalysis(solver="lsqr").fit(train, labels).predict_proba(test)


def band_power(x):
    return np.concatenate([np.log((band(x, *edges) ** 2).mean(-1)) for edges in [(8, 13), (13, 30)]], 1)


def patterns(x, labels):
    """The filters of two classes: the strongest for the first, then for the second."""
    x = band(x, 8, 32)
    covariances = np.array([t @ t.T / np.trace(t @ t.T) for t in x])
    a, b = (covariances[labels == n].mean(0) for n in (0, 1))
    vectors = scipy.linalg.eigh(a, a + b)[1]
    return vectors[:, [2, 0]].T


def spatial(x, filters):
    power = (np.einsum("fc,nct->nft", filters, band(x, 8, 32)) ** 2).sum(-1)
    return np.log(power / power.sum(1, keepdims=True))


def function(matrix, change):
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * change(values)) @ vectors.T


def tangents(points, origin):
    inverse = function(origin, lambda v: v**-0.5)
    rows, columns = np.triu_indices(len(origin))
    scale = np.where(rows == columns, 1, np.sqrt(2))
    return np.array([function(inverse @ p @ inverse, np.log)[rows, columns] * scale for p in points])


def mean(points):
    found = points.mean(0)
    for _ in range(100):
        root, inverse = function(found, np.sqrt), function(found, lambda v: v**-0.5)
        step = np.mean([function(inverse @ p @ inverse, np.log) for p in points], axis=0)
        found = root @ function(step, np.exp) @ root
    return found


def covariances(x):
    x = band(x, 8, 32)
    found = np.array([t @ t.T / t.shape[1] for t in x])
    return found + 1e-10 * np.trace(found, axis1=1, axis2=2)[:, None, None] / 3 * np.eye(3)


def case(classes):
    x, labels = trials(classes)
    half = TRIALS * 2 // 3
    train, test, known = x[:half], x[half:], labels[:half]
    result = {"classes": classes, "x": x.reshape(-1).tolist(), "labels": labels.tolist(), "training": half}
    result["bandPower"] = discriminant(band_power(train), known, band_power(test)).tolist()
    if classes == 2:
        filters = patterns(train, known)
        result["spatial"] = discriminant(spatial(train, filters), known, spatial(test, filters)).tolist()
    origin = mean(covariances(train))
    model = LogisticRegression(C=1, tol=1e-12, max_iter=100000)
    model = model if classes == 2 else OneVsRestClassifier(model)
    model.fit(tangents(covariances(train), origin), known)
    result["mean"] = origin.reshape(-1).tolist()
    result["riemannian"] = model.predict_proba(tangents(covariances(test), origin)).tolist()
    return result


if __name__ == "__main__":
    with open(sys.argv[1], "w") as file:
        json.dump([case(2), case(3)], file)
