"""The reference model, the bench that compares hardware with it, and the main job."""
