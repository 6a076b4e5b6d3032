"""Many turns of many people: what they leave behind, lose, or reach one another with."""
