"""Files → figures: pictures, PDF pages and SVG drawings."""
