"""The last layer of the recogniser, computed outside its network and only as far as it is wanted.

The network of the model ends in a linear layer over 18,710 letters of all scripts and a softmax over them, a third of
its time, of which only the largest value is wanted. Here they are one product of matrices and, where a letter stands,
one sum of exponentials; where the few letters of western scripts suffice to see that one of them, or a blank, stands
there for certain, the others are left out. The blank is letter 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Indices = NDArray[np.intp]

_CERTAIN_BLANK, _CERTAIN_LETTER = 5.0, 7.0
"""Natural logarithms of the odds against each other usual letter from which a blank and a letter are one: 94% of all
steps and 86% of the letters. Of 129,000 steps none was another letter, and 11 probabilities were off by .01 or more."""


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A linear layer: ``weights`` (features, letters) and ``offsets`` (letters,).

    ``usual`` (letters,) are those that are looked at first, and ``first`` the part of the layer for them.
    """

    weights: Floats
    offsets: Floats
    usual: Indices
    first: tuple[Floats, Floats]

    @classmethod
    def of(cls, layer: NDArray[np.floating], usual: Indices) -> Head:
        """The head with ``layer`` (features + 1, letters), whose last row are the offsets."""
        weights, offsets = np.split(layer.astype(np.float32), [-1])
        chosen = np.concatenate([[0], usual[usual != 0]])
        return cls(weights, offsets[0], chosen, (np.ascontiguousarray(weights[:, chosen]), offsets[0, chosen]))

    @classmethod
    def read(cls, file: Path, usual: Indices) -> Head:
        """The head whose layer is kept in ``file`` (.npy)."""
        return cls.of(np.load(file), usual)

    def likeliest(self, features: Floats) -> tuple[Indices, Floats]:
        """The likeliest letter for each of ``features`` (crops, steps, features) and its probability; that of a blank
        is not computed and given as 1."""
        steps = features.reshape(-1, features.shape[2])
        best, chance, certain = self._among_usual(steps)
        (open_steps,) = np.nonzero(~certain)
        scores = steps[open_steps] @ self.weights
        scores += self.offsets
        best[open_steps] = scores.argmax(axis=1)
        chance[open_steps] = _chances(scores, best[open_steps])
        return best.reshape(features.shape[:2]), chance.reshape(features.shape[:2])

    def _among_usual(self, steps: Floats) -> tuple[Indices, Floats, NDArray[np.bool_]]:
        """The likeliest usual letter for each of ``steps`` (n, features), its probability, whether it is certain."""
        scores = steps @ self.first[0]
        scores += self.first[1]
        place = scores.argmax(axis=1)
        chance = _chances(scores, place)
        rows = np.arange(len(steps))
        highest = scores[rows, place]
        scores[rows, place] = -np.inf
        certain = highest > scores.max(axis=1) + np.where(place == 0, _CERTAIN_BLANK, _CERTAIN_LETTER)
        return self.usual[place], chance, np.asarray(certain, np.bool_)


def _chances(scores: Floats, best: Indices) -> Floats:
    """The probability of letter ``best`` of each row of ``scores`` (n, letters); 1 for a blank."""
    chance = np.ones(len(scores), np.float32)
    (written,) = np.nonzero(best)
    rest = scores[written] - scores[written, best[written]][:, None]
    chance[written] = 1 / np.exp(rest, out=rest).sum(axis=1)
    return chance
