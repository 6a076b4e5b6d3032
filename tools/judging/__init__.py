"""Judge replies by rubrics, by people or by a language model, and say how well they agree."""
