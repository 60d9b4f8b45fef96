"""Benchmarks: accuracy and speed, apart from the tests."""
