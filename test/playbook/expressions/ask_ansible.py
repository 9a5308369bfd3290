"""Asks the real Ansible what expressions, values, conditions and template files mean, with the variables of variables.json.

Without arguments: reads a JSON list of {"kind", "text"} and prints a JSON list with one answer each: {"value"} or {"error"}.
With a kind as argument: reads texts, one JSON string a line, and prints them with their answers as rows of a table.

Kinds: "expression" is what `{{ (TEXT) | to_json }}` gives inside a longer text, "value" is TEXT as a value in a playbook,
"file" is TEXT as a template file, "condition" is TEXT after `when:`. Names under "data" hold values that came from elsewhere
and are never templates. Relative files lie in the folder files; the value of `omit` is shown as `<omit>`.
"""

import json
import os
import sys

from ansible.parsing.dataloader import DataLoader
from ansible.playbook.conditional import Conditional
from ansible.template import Templar
from ansible.utils.display import Display
from ansible.utils.unsafe_proxy import wrap_var

OMIT = "__omit_place_holder__0123456789"
HERE = os.path.dirname(os.path.abspath(__file__))
FILES = os.path.join(HERE, "files")


class When(Conditional):
    def __init__(self, loader, text):
        self._loader = loader
        super().__init__(loader=loader)
        self.when = [text]


def names():
    with open(os.path.join(HERE, "variables.json"), encoding="utf-8") as file:
        known = json.load(file)
    data = {name: wrap_var(value) for name, value in known["data"].items()}
    return {**known["variables"], **data, "omit": OMIT, "ansible_search_path": [FILES]}


def evaluate(loader, variables, kind, text):
    templar = Templar(loader=loader, variables=variables)
    if kind == "expression":
        asked = ">{{ (%s) | to_json }}" % text
        made = templar.template(asked)
        # What fails while Jinja compiles it is given back as it was.
        if made == asked:
            raise ValueError("not templated")
        return made[1:]
    if kind == "value":
        return templar.template(text)
    if kind == "file":
        return templar.do_template(text, preserve_trailing_newlines=True, escape_backslashes=False)
    return When(loader, text).evaluate_conditional(templar, variables)


def answer(loader, kind, text):
    try:
        value = json.dumps(evaluate(loader, names(), kind, text))
        return {"value": json.loads(value.replace(OMIT, "<omit>"))}
    except Exception as error:  # whatever Jinja lets through is an answer too
        return {"error": "%s: %s" % (type(error).__name__, str(error)[:300])}


def row(text, found):
    shown = found["value"] if "value" in found else "ERROR " + found["error"]
    return "  [%s, %s]," % (json.dumps(text, ensure_ascii=False), json.dumps(shown, ensure_ascii=False))


def main():
    Display.warning = Display.deprecated = lambda *_, **__: None
    loader = DataLoader()
    loader.set_basedir(FILES)
    if len(sys.argv) > 1:
        for line in sys.stdin:
            text = json.loads(line)
            print(row(text, answer(loader, sys.argv[1], text)))
    else:
        json.dump([answer(loader, one["kind"], one["text"]) for one in json.load(sys.stdin)], sys.stdout)


main()
