"""``xiaohao signals bench``: a labelled world is loaded, looked at as the nightly run looks, and scored."""
