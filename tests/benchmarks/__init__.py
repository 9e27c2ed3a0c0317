"""What lpnb costs, as ratios to doing the same without it: ``python -m tests.benchmarks NAME``."""
