"""Personal data in text: own recognisers, items planted to measure them, and what makes a table safe to release."""
