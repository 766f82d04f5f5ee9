"""The pages, and the programs that make their figures."""
