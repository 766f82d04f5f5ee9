"""Grades labs: a student's file is run, judged in tiers, and told what is wrong. ``python -m tests.lab --help``."""
