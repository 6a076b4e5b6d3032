"""Measurements, reported as ratios or against a stated limit; never timed tests."""
