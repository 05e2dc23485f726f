"""Sheets of predictions and curves of runs."""
