"""What I think I noticed: guesses, and what a person says of them."""
