"""Train, generate, bench and export: the steps from a recipe to a file that llama.cpp loads."""

import os

# OpenMP's threads wait for each other hundreds of times a token. Asleep at once they halve the speed of an
# idle machine; spinning for long they starve on one whose cores others use. A short spin costs neither. It is
# read once, when torch is loaded, so it stands here, before any step imports torch.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")
