"""Where finished parts lie: one file each."""
