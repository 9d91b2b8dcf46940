"""Measures the collection against what the same work costs without it; run by C(make bench)."""
