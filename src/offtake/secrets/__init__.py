"""The master keys, and what is done with them: token hashes, signed links, sealed secrets. Encryption to recipients."""
