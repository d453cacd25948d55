"""The networks of MiDaS: their description, backbones and decoders."""
