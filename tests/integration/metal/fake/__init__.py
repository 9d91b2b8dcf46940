"""Stand-ins for both servers of metal-stack, with their rules about what they accept. They keep everything in memory.

A kind is a file in `v1` and one in `v2`.
"""
