"""Several photographs in, one clip out: cut to a rhythm, joined by transitions, with words before and after.

``template`` says how a reel goes, ``beats`` finds the beat of a song, ``timeline`` plans which photograph is shown when,
``moves`` and ``film`` make the frames, ``make`` is the whole way.
"""
