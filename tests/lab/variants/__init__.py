"""The blocks written otherwise, as students would. All are right, and no grader may say otherwise.

Each takes the constructor and the members of its block from ``hdl``; what differs is the body.
"""
