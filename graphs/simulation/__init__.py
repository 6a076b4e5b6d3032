"""Made dialogues: a language model plays who seeks support, a graph gives it (SocialSim, 2025).

What comes out is synthetic. It may train or test software; it is no evidence about people.
"""
