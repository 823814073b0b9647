"""The papers that an office signs: values in, bytes of a file out. What may stand in them is decided before."""
