"""A request made into files: plan (pure), run (the one loop), parts."""
