"""From seconds worked to minutes charged: spans, groups, bands, charges."""
