"""Prints the README's fenced block whose first lines hold a mark. usage: snippet.py README LANGUAGE MARK"""
import re, sys
readme, language, mark = sys.argv[1:]
blocks = re.findall(rf"^```{language}\n(.*?)^```$", open(readme).read(), re.M | re.S)
found = [block for block in blocks if mark in block]
assert len(found) == 1, f"{len(found)} blocks of {language} with {mark!r}"
sys.stdout.write(found[0])
