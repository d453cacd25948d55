"""zoom3d: one photo in, one camera move out."""
