"""What is proved, in words, as the page docs/proofs.md."""

from tests.formal.statement import parameters_as_text

__all__ = ["page"]

HEAD = """# What is proved

`nox -s formal` proves each of these by induction: for every input, for all time, with a reset at any moment. `python -m
tests.formal --page docs/proofs.md` writes this page from the proofs themselves, and a test holds that it is up to date.

Each proof also shows that it is not empty: what it *reaches* does happen, an assertion that must fail does, and each
*planted bug* gives a counterexample from reset. These are looked for with parameters at which a frame is short.
`divisor` is clocks a bit (384: 12 MHz), *k* the steps of the induction.
"""


def page(known):
    """The page of all proofs, in Markdown."""
    parts = [HEAD]
    for name, proof in known.items():
        statement = proof.statement(proof.parameters)
        small = proof.statement(proof.small)
        # They are built to be read, not to be used.
        statement.text(), small.text()
        components = ", ".join(f"`{component.__name__}`" for component in proof.components)
        parts.append(f"## {name}\n\n{components} with {proof.variants_as_text}; *k* = {proof.depth}\n")
        parts.append("".join(f"- {words}\n" for words in statement.claims))
        if statement.premises:
            parts.append("Taken for granted:\n\n" + "".join(f"- {words}\n" for words in statement.premises))
        reached = "; ".join(small.covers)
        parts.append(f"Reached with {parameters_as_text(proof.small)} within {proof.reach} clocks: {reached}.\n")
        parts.append(f"Planted bugs: {'; '.join(proof.planted)}.\n")
    return "\n".join(parts)
