"""Token hashing, signing and the key that both use."""
