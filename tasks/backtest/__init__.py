"""回测: what other thresholds would have made of past findings, before anybody publishes them."""
