#!/usr/bin/env python3
"""Writes fixtures/filters/*.json: what Stone Soup says for input that our filters are given too.

    python3 -m venv VENV && VENV/bin/pip install stonesoup==1.9.1
    VENV/bin/python tools/golden_filters.py [OUT]          OUT: fixtures/filters

Stone Soup (dstl, MIT) gives prediction, update, coordinated turn, inverse of a polar measurement, the moments of a mixture and squared
Mahalanobis distances. It has no IMM and no converted covariance in closed form, so two things are written out here from
the textbook: the cycle of an IMM round Stone Soup's filters (Bar-Shalom, Li, Kirubarajan 2001, section 11.6.6) and the rotated covariance
of a converted polar measurement (the same, section 10.4.3 without the terms of debiasing), which is compared with differences of
Stone Soup's inverse before it is written.

State: [east, velocity east, north, velocity north]. Azimuths are clockwise from north, Stone Soup's bearings anticlockwise from east.
"""
import datetime
import json
import math
import sys
from pathlib import Path

import numpy as np
import stonesoup
from stonesoup.functions import gm_reduce_single
from stonesoup.measures import SquaredMahalanobis
from stonesoup.models.measurement.linear import LinearGaussian
from stonesoup.models.measurement.nonlinear import CartesianToBearingRange
from stonesoup.models.transition.linear import CombinedLinearGaussianTransitionModel, ConstantVelocity, KnownTurnRate
from stonesoup.predictor.kalman import KalmanPredictor
from stonesoup.types.array import CovarianceMatrix, StateVector, StateVectors
from stonesoup.types.detection import Detection
from stonesoup.types.hypothesis import SingleHypothesis
from stonesoup.types.state import GaussianState, State
from stonesoup.updater.kalman import KalmanUpdater

START = datetime.datetime(2026, 1, 1)


def at(t):
    # A timedelta counts microseconds, so every time of this file is a whole number of milliseconds.
    return START + datetime.timedelta(milliseconds=round(t * 1000))


def gaussian(x, p, t):
    return GaussianState(StateVector(x), CovarianceMatrix(p), at(t))


def told(g):
    return {"x": [float(v) for v in g.state_vector.ravel()], "p": [[float(v) for v in row] for row in np.asarray(g.covar)]}


def straight(q):
    return CombinedLinearGaussianTransitionModel([ConstantVelocity(q), ConstantVelocity(q)])


def place(r):
    return LinearGaussian(4, (0, 2), CovarianceMatrix(r))


def converted(range_m, azimuth, sigma_range, sigma_azimuth):
    """Covariance of east and north of a polar measurement, by the derivatives written out."""
    s, c = math.sin(azimuth), math.cos(azimuth)
    j = np.array([[s, range_m * c], [c, -range_m * s]])
    return j @ np.diag([sigma_range**2, sigma_azimuth**2]) @ j.T


def predict(model, g, t):
    return KalmanPredictor(model).predict(g, timestamp=at(t))


def update(prior, z, r):
    """The posterior, and the innovation's density."""
    detection = Detection(StateVector(z), timestamp=prior.timestamp, measurement_model=place(r))
    updater = KalmanUpdater(force_symmetric_covariance=True)
    expected = updater.predict_measurement(prior, detection.measurement_model)
    d2 = mahalanobis(expected, z)
    density = math.exp(-0.5 * d2) / (2 * math.pi * math.sqrt(np.linalg.det(np.asarray(expected.covar, float))))
    return updater.update(SingleHypothesis(prior, detection, expected)), density


def mahalanobis(g, x, dims=None):
    dims = list(range(len(g.state_vector))) if dims is None else dims
    mean = np.asarray(g.state_vector, float).ravel()[dims]
    covar = np.asarray(g.covar, float)[np.ix_(dims, dims)]
    there = State(StateVector(np.asarray(x, float)[dims] if len(x) > len(dims) else x))
    return float(SquaredMahalanobis()(GaussianState(StateVector(mean), CovarianceMatrix(covar)), there))


def steps():
    """Single predictions and updates, straight and turning."""
    p = [[900.0, 40.0, -120.0, 8.0], [40.0, 25.0, 6.0, -3.0], [-120.0, 6.0, 400.0, 15.0], [8.0, -3.0, 15.0, 16.0]]
    x = [1200.0, 11.0, 8400.0, -6.5]
    out = []
    for dt, omega, q in [(2.5, 0.0, 0.025), (0.85, 0.0, 6.0), (7.5, 0.0, 4.0), (2.5, 0.21, 4.0), (3.0, -0.45, 6.0), (0.2, 0.1, 4.0)]:
        model = straight(q) if omega == 0.0 else KnownTurnRate([q, q], omega)
        prior = predict(model, gaussian(x, p, 0.0), dt)
        r = converted(math.hypot(x[0], x[2]), math.atan2(x[0], x[2]), 10.0, math.radians(0.27))
        z = [prior.state_vector[0] + 31.0, prior.state_vector[2] - 17.5]
        z = [float(v) for v in z]
        posterior, density = update(prior, z, r)
        out.append({"dt": dt, "omega": omega, "q": q, "from": {"x": x, "p": p}, "predicted": told(prior), "z": z,
                    "r": r.tolist(), "density": density, "updated": told(posterior)})
    return out


def run():
    """A craft that turns, followed through plots at uneven times by a straight filter; with the errors' squared distances."""
    rng = np.random.default_rng(20260314)
    q, t = 6.0, 0.0
    truth = np.array([-3000.0, 14.0, 5000.0, 9.0])
    g = gaussian([-3020.0, 0.0, 5015.0, 0.0], np.diag([400.0, 225.0, 400.0, 225.0]), 0.0)
    out = []
    for k in range(40):
        dt = [2.5, 0.6, 1.9, 3.0][k % 4]
        t = round(t + dt, 3)
        turn = 0.05 if 12 <= k < 28 else 0.0
        model = straight(q) if turn == 0.0 else KnownTurnRate([q, q], turn)
        truth = np.asarray(model.function(State(StateVector(truth)), noise=False, time_interval=datetime.timedelta(seconds=dt)), float).ravel()
        truth[[1, 3]] += rng.normal(0.0, 0.3, 2)
        range_m, azimuth = math.hypot(truth[0], truth[2]), math.atan2(truth[0], truth[2])
        m = [range_m + rng.normal(0, 10.0), azimuth + rng.normal(0, math.radians(0.27))]
        z = [m[0] * math.sin(m[1]), m[0] * math.cos(m[1])]
        r = converted(*m, 10.0, math.radians(0.27))
        g, density = update(predict(straight(q), g, t), z, r)
        out.append({"dt": dt, "z": z, "r": r.tolist(), "density": density, "truth": truth.tolist(), "updated": told(g),
                    "nees": mahalanobis(g, truth), "nees_place": mahalanobis(g, truth, [0, 2])})
    return {"q": q, "from": {"x": [-3020.0, 0.0, 5015.0, 0.0], "p": np.diag([400.0, 225.0, 400.0, 225.0]).tolist()}, "steps": out}


def differences(function, z):
    """Derivatives of east and north by bearing and range, by central differences."""
    z = np.asarray(z, float).ravel()
    columns = []
    for step in (np.array([1e-5, 0.0]), np.array([0.0, 0.1])):
        ahead, behind = (np.asarray(function(z + d), float).ravel()[[0, 2]] for d in (step, -step))
        columns.append((ahead - behind) / (2 * step.sum()))
    return np.stack(columns, axis=1)


def polar():
    out = []
    for sensor in [(10.0, 0.27), (12.0, 0.30), (25.0, 1.0)]:
        for range_m, azimuth_deg in [(800.0, 3.0), (5000.0, 91.0), (9000.0, 200.5), (14_800.0, 288.0), (24_000.0, 359.2)]:
            azimuth, sigma = math.radians(azimuth_deg), math.radians(sensor[1])
            model = CartesianToBearingRange(4, (0, 2), CovarianceMatrix(np.diag([sigma**2, sensor[0] ** 2])))
            detection = Detection(StateVector([math.pi / 2 - azimuth, range_m]), measurement_model=model)
            state = model.inverse_function(detection)
            r = converted(range_m, azimuth, sensor[0], sigma)
            j = differences(lambda z: model.inverse_function(Detection(StateVector(z), measurement_model=model)), detection.state_vector)
            theirs = j @ np.asarray(model.covar(), float) @ j.T
            assert np.allclose(theirs, r, rtol=1e-7, atol=1e-7 * r.max()), (theirs, r)
            out.append({"range_m": range_m, "azimuth": azimuth, "sigma_range_m": sensor[0], "sigma_azimuth": sigma,
                        "place": [float(state[0]), float(state[2])], "r": r.tolist()})
    return out


def imm():
    """An IMM of four models over plots at uneven times, told after each prediction and each update."""
    motion = {
        "noise": [0.025, 6.0, 4.0, 4.0],
        "lateral": [0.0, 0.0, 4.0, -4.0],
        "dwell_s": [150.0, 20.0, 12.0, 12.0],
        "next": [[0.0, 0.6, 0.2, 0.2], [0.4, 0.0, 0.3, 0.3], [0.2, 0.4, 0.0, 0.4], [0.2, 0.4, 0.4, 0.0]],
        "prior": [0.5, 0.3, 0.1, 0.1],
        "sigma_v": [4.0, 15.0, 15.0, 15.0],
        "max_turn": 0.45,
    }
    rng = np.random.default_rng(7)
    n = 4
    mu = np.array(motion["prior"])
    first, r0 = [2000.0, 6000.0], converted(math.hypot(2000, 6000), math.atan2(2000, 6000), 10.0, math.radians(0.27))
    modes = []
    for s in motion["sigma_v"]:
        p = np.diag([0.0, s * s, 0.0, s * s])
        p[np.ix_([0, 2], [0, 2])] = r0
        modes.append(gaussian([first[0], 0.0, first[1], 0.0], p, 0.0))
    truth, heading, t, out = np.array(first), 0.3, 0.0, []
    for k in range(14):
        dt = [2.5, 0.85, 1.65, 3.0][k % 4]
        t = round(t + dt, 3)
        heading += 0.18 * dt if 5 <= k < 9 else 0.0
        truth = truth + 18.0 * dt * np.array([math.sin(heading), math.cos(heading)])
        stay = [math.exp(-dt / d) for d in motion["dwell_s"]]
        go = np.array([[(1 - stay[i]) * motion["next"][i][j] + (stay[i] if i == j else 0.0) for j in range(n)] for i in range(n)])
        after = go.T @ mu
        means = StateVectors([m.state_vector for m in modes])
        covars = np.stack([np.asarray(m.covar, float) for m in modes], axis=2)
        priors = []
        for j in range(n):
            mean, covar = gm_reduce_single(means, covars, go[:, j] * mu / after[j])
            mixed = gaussian([float(v) for v in mean.ravel()], np.asarray(covar, float), t - dt)
            speed = max(math.hypot(float(mean[1]), float(mean[3])), 1.0)
            omega = max(-motion["max_turn"], min(motion["max_turn"], motion["lateral"][j] / speed))
            q = motion["noise"][j]
            model = straight(q) if motion["lateral"][j] == 0.0 else KnownTurnRate([q, q], omega)
            priors.append(predict(model, mixed, t))
        range_m, azimuth = math.hypot(*truth), math.atan2(truth[0], truth[1])
        m = [range_m + rng.normal(0, 10.0), azimuth + rng.normal(0, math.radians(0.27))]
        z, r = [m[0] * math.sin(m[1]), m[0] * math.cos(m[1])], converted(*m, 10.0, math.radians(0.27))
        both = [update(p, z, r) for p in priors]
        modes = [b[0] for b in both]
        predicted_mu = after
        mu = after * np.array([b[1] for b in both])
        mu = mu / mu.sum()
        mean, covar = gm_reduce_single(StateVectors([m.state_vector for m in modes]),
                                       np.stack([np.asarray(m.covar, float) for m in modes], axis=2), mu)
        combined = {"x": [float(v) for v in mean.ravel()], "p": np.asarray(covar, float).tolist()}
        out.append({"dt": dt, "z": z, "r": r.tolist(), "predicted_mu": predicted_mu.tolist(), "predicted": [told(p) for p in priors],
                    "mu": mu.tolist(), "combined": combined})
    return {"motion": motion, "place": first, "r": r0.tolist(), "steps": out}


def main():
    out = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent / "fixtures/filters")
    out.mkdir(parents=True, exist_ok=True)
    for name, value in [("steps", steps()), ("run", run()), ("polar", polar()), ("imm", imm())]:
        value = {"made_by": f"tools/golden_filters.py, Stone Soup {stonesoup.__version__}", "cases": value}
        (out / f"{name}.json").write_text(json.dumps(value, separators=(",", ":")) + "\n")


main()
