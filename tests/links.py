"""Links of a page, and where they lead."""

import re

__all__ = ["missing"]


def slug(heading):
    """What a heading is called in a link."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def missing(page, folder):
    """Targets of links and pictures of a page in a folder that are not there; what is on the web counts as there."""
    headings = {slug(heading) for heading in re.findall(r"^#+ (.+)$", page, re.MULTILINE)}
    targets = re.findall(r"\]\(([^)\s]+)\)", page)
    local = [target for target in targets if not re.match(r"https?:", target)]
    return [
        target
        for target in local
        if (target[1:] not in headings if target.startswith("#") else not (folder / target.partition("#")[0]).is_file())
    ]
