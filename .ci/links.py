#!/usr/bin/env python3
"""Every relative link in a tracked Markdown file has to lead somewhere, headings included."""

import re
import subprocess
import sys
from pathlib import Path

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
FENCE = re.compile(r"^```.*?^```", re.M | re.S)


def anchors(path):
    """Headings as they are addressed: lower case, punctuation dropped, hyphens for spaces."""
    headings = re.findall(r"^#+ +(.*)$", FENCE.sub("", path.read_text()), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def problems(path):
    for match in LINK.finditer(FENCE.sub("", path.read_text())):
        link = match[1] or match[2]
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = path.parent / name if name else path
        if not target.exists():
            yield f"{path}: {link}: no such file"
        elif anchor and target.suffix == ".md" and anchor not in anchors(target):
            yield f"{path}: {link}: no such heading"


files = subprocess.run(["git", "ls-files", "*.md"], check=True, capture_output=True, text=True).stdout.split()
found = [problem for name in files for problem in problems(Path(name))]
print(f"{len(files)} documents, {len(found)} broken links", *found, sep="\n")
sys.exit(bool(found))
