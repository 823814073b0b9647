"""What stands in files of evidence: text with places, properties, and the facts in them. Pure, given the bytes."""
