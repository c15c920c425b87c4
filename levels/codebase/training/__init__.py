"""Everything that turns token ids and a model into a trained model."""
