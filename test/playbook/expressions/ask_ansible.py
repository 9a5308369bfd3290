"""Asks the real Ansible what expressions, values and template files mean.

Reads one JSON object: {"folder", "variables", "data"?, "questions": [{"kind", "text"}]}; prints a JSON list with one answer a
question: {"value"} or {"error"}. Kinds: "expression" is what `{{ (TEXT) | to_json }}` gives inside a longer text, "value" is
TEXT as a value in a playbook, "file" is TEXT as a template file, "condition" is TEXT after `when:`. Names in "data" hold
values that came from elsewhere and are never templates. Relative files lie in the folder; `omit` is shown as `<omit>`.
"""

import json
import sys

from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.conditional import Conditional
from ansible.template import Templar
from ansible.utils.display import Display
from ansible.utils.unsafe_proxy import wrap_var

OMIT = "__omit_place_holder__0123456789"


class When(Conditional):
    def __init__(self, loader, text):
        self._loader = loader
        super().__init__(loader=loader)
        self.when = [text]


def answer(templar, loader, variables, question):
    kind, text = question["kind"], question["text"]
    if kind == "expression":
        return templar.template(">{{ (%s) | to_json }}" % text)[1:]
    if kind == "value":
        return templar.template(text)
    if kind == "file":
        return templar.do_template(text, preserve_trailing_newlines=True, escape_backslashes=False)
    return When(loader, text).evaluate_conditional(templar, variables)


def main():
    quiet = lambda *_, **__: None
    Display.warning = Display.deprecated = quiet
    asked = json.load(sys.stdin)
    loader = DataLoader()
    loader.set_basedir(asked["folder"])
    data = {name: wrap_var(value) for name, value in asked.get("data", {}).items()}
    variables = {**asked["variables"], **data, "omit": OMIT, "ansible_search_path": [asked["folder"]]}
    answers = []
    for question in asked["questions"]:
        templar = Templar(loader=loader, variables=variables)
        try:
            value = json.dumps(answer(templar, loader, variables, question))
            answers.append({"value": json.loads(value.replace(OMIT, "<omit>"))})
        except (AnsibleError, TypeError, ValueError) as error:
            answers.append({"error": str(error)[:300]})
        except Exception as error:  # noqa: BLE001 - whatever Jinja lets through is an answer too
            answers.append({"error": "%s: %s" % (type(error).__name__, str(error)[:300])})
    json.dump(answers, sys.stdout)


main()
