"""Proofs: what is said here of a component holds for every input and for all time, not only where a test looked.

``python -m tests.formal`` runs them, ``statement`` says what a proof is made of, ``prove`` runs the tools, and each
``proof_X`` holds what is proved of the stage ``X``, in words first.
"""
