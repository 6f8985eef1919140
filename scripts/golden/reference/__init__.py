"""Independent PyTorch implementations that the Swift networks are measured against."""
