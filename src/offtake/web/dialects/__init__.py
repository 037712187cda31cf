"""The wire forms, one file or small package each; none knows the others."""
