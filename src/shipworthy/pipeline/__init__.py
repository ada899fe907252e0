"""Train, generate, bench and export: the steps from a recipe to a file that llama.cpp loads."""
