"""Asks the real Ansible what inventories mean.

Says its version first. Then reads one question a line, as JSON: {"folder", "sources", "playbook"?, "extraVars"?,
"patterns": [{"pattern", "limit"?}]}; prints one answer a line: {"list", "patterns": [{"hosts", "nothing"} or {"error"}]},
or {"error"} where Ansible cannot read a source. "nothing": a part of the pattern or of its limit names nothing, or one of the two comes to no host, which
Ansible passes over with a warning. Names of files are taken from the folder.

Ansible walks the groups of one level below each other in the order of a Python set, which is that of memory addresses and
changes from call to call. Here its sets keep the order in which they were filled: one of the orders that it can give.
"""

import io
import json
import os
import sys

from ansible import constants, context
from ansible.cli.inventory import InventoryCLI
from ansible.errors import AnsibleError
from ansible.inventory import group as group_module
from ansible.inventory.manager import split_host_pattern
from ansible.plugins.loader import vars_loader
from ansible.release import __version__
from ansible.utils.context_objects import CLIArgs
from ansible.utils.display import Display


class OrderedSet:
    def __init__(self, items=()):
        self.items = dict.fromkeys(items)

    def __contains__(self, item):
        return item in self.items

    def __iter__(self):
        return iter(list(self.items))

    def __len__(self):
        return len(self.items)

    def add(self, item):
        self.items[item] = None

    def remove(self, item):
        del self.items[item]

    def update(self, items):
        self.items.update(dict.fromkeys(items))

    def difference_update(self, items):
        for item in items:
            self.items.pop(item, None)

    def copy(self):
        return OrderedSet(self.items)


group_module.set = OrderedSet

warnings = []
Display.warning = lambda self, message, formatted=False: warnings.append(message)
Display.error = lambda self, message, wrap_text=True: warnings.append(message)
Display.deprecated = lambda self, message, **_: warnings.append(message)
def set_options(options):
    """In place of the one that keeps the options of the first call for good."""
    context.CLIARGS = CLIArgs.from_options(options)


context._init_global_context = set_options

# Looked for on disk once, and not for every host.
plugins = list(vars_loader.all())
vars_loader.all = lambda: plugins
constants.INVENTORY_ANY_UNPARSED_IS_FAILED = True
constants.INVENTORY_UNPARSED_IS_FAILED = True


def hosts_of(inventory, pattern, limit):
    inventory.clear_caches()
    inventory.subset(None)
    try:
        return [str(host) for host in InventoryCLI.get_host_list(inventory, limit, pattern)]
    except AnsibleError as error:
        if "leaves us with no hosts" not in str(error):
            raise
        return []


def match(inventory, question):
    pattern, limit = question["pattern"], question.get("limit")
    if not split_host_pattern(pattern) or (limit is not None and not split_host_pattern(limit)):
        return {"error": "nothing is named, which is every host to Ansible"}
    warnings.clear()
    try:
        hosts = hosts_of(inventory, pattern, limit)
        nothing = not hosts_of(inventory, pattern, None) or not hosts_of(inventory, "all", limit)
    # Not all that Ansible stumbles over is an AnsibleError: a bare "!", a date that is none, a set, which is no JSON.
    except Exception as error:
        return {"error": str(error)}
    unmatched = any("Could not match" in warning for warning in warnings)
    return {"hosts": hosts, "nothing": nothing or unmatched}


def answer(question):
    os.chdir(question["folder"])
    words = ["ansible-inventory", "--list"]
    for source in question["sources"]:
        words += ["-i", source]
    # Without one Ansible takes the working folder for it.
    words += ["--playbook-dir", question.get("playbook", os.environ["HOME"])]
    for text in question.get("extraVars", []):
        words += ["-e", text]
    warnings.clear()
    cli = InventoryCLI(words)
    cli.parse()
    try:
        cli.loader, cli.inventory, cli.vm = cli._play_prereqs()
        listed = cli.dump(cli.json_inventory(cli._get_group("all")))
    except Exception as error:
        return {"error": "\n".join([str(error), *warnings])}
    return {"list": listed, "patterns": [match(cli.inventory, one) for one in question.get("patterns", [])]}


def main():
    print(json.dumps(__version__), flush=True)
    for line in io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8"):
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
