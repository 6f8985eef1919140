#!/usr/bin/env python3
"""What SciPy and MNE make of the same small signals: filters, rates, spectra, spatial patterns and splines.

    python scripts/golden/signals.py Tests/BrainDataTests/Golden/signals.json

needs mne, numpy and scipy.
"""
import json
import sys

import mne
import numpy as np
import scipy.integrate
import scipy.linalg
import scipy.signal as sig
from mne.channels.interpolation import _make_interpolation_matrix

rng = np.random.default_rng(11)


def short(array):
    return [short(row) for row in array] if np.ndim(array) > 1 else [float("%.14g" % v) for v in array]


def iir():
    x = np.cumsum(rng.standard_normal(150)) + 5
    cases = []
    designs = [
        ("butter", 4, "lowpass", [40], 250), ("butter", 1, "lowpass", [10], 128), ("butter", 5, "lowpass", [12.5], 160),
        ("butter", 2, "highpass", [1], 250), ("butter", 5, "highpass", [0.5], 160), ("butter", 4, "bandpass", [8, 30], 250),
        ("butter", 3, "bandpass", [4, 40], 512), ("butter", 2, "bandstop", [48, 52], 250),
        ("butter", 3, "bandstop", [20, 35], 128), ("cheby2", 6, "bandpass", [4, 40], 250),
        ("cheby2", 5, "lowpass", [40], 250), ("cheby2", 4, "highpass", [2], 250), ("cheby2", 3, "bandstop", [45, 55], 250),
    ]
    for kind, order, band, edges, rate in designs:
        edge = edges[0] if len(edges) == 1 else edges
        if kind == "butter":
            sos = sig.butter(order, edge, band, output="sos", fs=rate)
        else:
            sos = sig.cheby2(order, 60, edge, band, output="sos", fs=rate)
        cases.append({"kind": kind, "order": order, "band": band, "edges": edges, "rate": rate, "sos": short(sos),
                      "zeroPhase": short(sig.sosfiltfilt(sos, x)), "causal": short(sig.sosfilt(sos, x))})
    b, a = sig.iirnotch(50, 30, fs=250)
    return {"x": short(x), "cases": cases, "notch": short(np.concatenate([b, a])), "notched": short(sig.filtfilt(b, a, x))}


def fir():
    x = np.cumsum(rng.standard_normal(120))
    cases = []
    for taps, band, edges in [(31, "lowpass", [40]), (41, "highpass", [10]), (51, "bandpass", [8, 30]), (61, "bandstop", [40, 60])]:
        h = sig.firwin(taps, edges if len(edges) > 1 else edges[0], pass_zero=band, fs=250)
        half = taps // 2
        extended = np.concatenate([2 * x[0] - x[half:0:-1], x, 2 * x[-1] - x[-2:-half - 2:-1]])
        cases.append({"band": band, "edges": edges, "taps": short(h), "zeroPhase": short(np.convolve(extended, h, "valid"))})
    lengths = []
    for low, high in [(8, 30), (1, 40), (None, 40), (0.5, None)]:
        lengths.append([low, high, len(mne.filter.create_filter(None, 250, low, high, verbose="ERROR"))])
    return {"x": short(x), "cases": cases, "lengths": lengths}


def resampling():
    x = rng.standard_normal(61)
    return {"x": short(x), "cases": [{"up": up, "down": down, "y": short(sig.resample_poly(x, up, down))}
                                    for up, down in [(3, 2), (1, 4), (5, 7), (2, 1), (25, 32)]]}


def welch():
    x = rng.standard_normal((2, 150)) + 3
    cases = []
    for length in (64, 50, 45, 400):
        f, p = sig.welch(x, 100, nperseg=min(length, 150))
        inside = (f >= 8) & (f <= 20)
        cases.append({"length": length, "frequencies": short(f), "density": short(p),
                      "power": short(scipy.integrate.trapezoid(p[:, inside], f[inside], axis=1))})
    return {"x": short(x), "cases": cases}


def ewm(x, alpha):
    """pandas' ewm(alpha).mean() with adjust=True, spelled out."""
    weights = (1 - alpha) ** np.arange(len(x))
    return np.array([np.dot(weights[:n + 1], x[n::-1]) / weights[:n + 1].sum() for n in range(len(x))])


def standardisation():
    x = rng.standard_normal(80) * 20 + 100
    alpha, eps, init = 0.02, 1e-4, 20
    centred = x - ewm(x, alpha)
    plain = centred / np.maximum(eps, np.sqrt(ewm(centred**2, alpha)))
    started = plain.copy()
    started[:init] = (x[:init] - x[:init].mean()) / np.maximum(eps, x[:init].std())
    return {"x": short(x), "plain": short(plain), "started": short(started)}


def patterns():
    x = rng.standard_normal((6, 4, 30)) * np.array([1, 2, 3, 1.5])[:, None]
    x[::2, 0] *= 3
    labels = ["left" if n % 2 == 0 else "right" for n in range(6)]

    def covariance(trials):
        return np.mean([t @ t.T / np.trace(t @ t.T) for t in trials], axis=0)

    a, b = covariance(x[::2]), covariance(x[1::2])
    values, vectors = scipy.linalg.eigh(a, a + b)
    symmetric = rng.standard_normal((6, 6))
    symmetric = symmetric + symmetric.T
    return {"x": short(x.reshape(-1)), "labels": labels, "values": short(values), "vectors": short(vectors.T),
            "symmetric": short(symmetric.reshape(-1)), "eigen": short(scipy.linalg.eigvalsh(symmetric))}


def spline():
    places = rng.standard_normal((14, 3))
    places[:, 2] = abs(places[:, 2])
    weights = _make_interpolation_matrix(places[:10], places[10:])
    return {"places": short(places), "weights": short(weights)}


if __name__ == "__main__":
    result = {"iir": iir(), "fir": fir(), "resampling": resampling(), "welch": welch(),
              "standardisation": standardisation(), "patterns": patterns(), "spline": spline()}
    with open(sys.argv[1], "w") as file:
        json.dump(result, file)
