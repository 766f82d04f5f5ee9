"""The bench: a stimulus goes in, the run drives a simulator, a trace comes out for a check to judge."""
