"""Train, generate, bench and export: the steps from a recipe to a file that llama.cpp loads."""

import os

# OpenMP's threads spin where they wait for each other. On a machine whose cores others use too, that made a
# training step eight times slower; asleep they cost a few percent of an idle machine. It is read once, when
# torch is loaded, so it stands here, before any step imports torch.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
