"""Step curve and numbers at risk → individual patient data."""
