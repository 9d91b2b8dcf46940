"""The kinds of objects, one table each."""

from __future__ import annotations

from case_image import IMAGE
from case_partition import PARTITION
from case_size import SIZE

CASES = [IMAGE, PARTITION, SIZE]
