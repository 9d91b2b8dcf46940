"""The kinds of objects, one table each."""

from __future__ import annotations

from case_filesystem_layout import FILESYSTEM_LAYOUT
from case_image import IMAGE
from case_network import NETWORK
from case_partition import PARTITION
from case_project import PROJECT
from case_size import SIZE
from case_size_reservation import SIZE_RESERVATION
from case_tenant import TENANT

CASES = [FILESYSTEM_LAYOUT, IMAGE, NETWORK, PARTITION, PROJECT, SIZE, SIZE_RESERVATION, TENANT]
