"""Many photographs, many clips: what to make, who makes it, and what was made."""
