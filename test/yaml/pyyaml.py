# Reads a JSON list of texts; prints for each what PyYAML makes of it, null where it refuses or a value holds itself. Exit code 77: no PyYAML.
import json
import sys

try:
    import yaml
except ImportError:
    sys.exit(77)

TYPES = {'int': 'number', 'float': 'number', 'bool': 'boolean', 'null': 'null'}


def tree(node):
    if isinstance(node, yaml.SequenceNode):
        return [tree(item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        return {'entries': [[key.value, tree(value)] for key, value in node.value]}
    return {'type': TYPES.get(node.tag.rsplit(':', 1)[-1], 'string'), 'text': node.value}


def read(text):
    try:
        top = yaml.compose(text, Loader=yaml.SafeLoader)
        return {'tree': tree(top) if top else None}
    except (yaml.YAMLError, RecursionError):
        return None


print(json.dumps([read(text) for text in json.load(sys.stdin)]))
