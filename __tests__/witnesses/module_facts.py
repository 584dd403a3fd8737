"""Parses the Terraform module in the folder of its input, and prints what it declares and what it uses."""

import json
import pathlib
import re
import sys

import hcl2
from hcl2 import SerializationOptions

folder = pathlib.Path(json.load(sys.stdin)["folder"])
files = [
    hcl2.load(path.open(), serialization_options=SerializationOptions(strip_string_quotes=True))
    for path in sorted(folder.glob("*.tf"))
]


def blocks(kind):
    return [block for file in files for block in file.get(kind, [])]


def named(kind):
    return {name: body for block in blocks(kind) for name, body in block.items()}


locals_ = {name: value for block in blocks("locals") for name, value in block.items() if not name.startswith("__")}
variables = named("variable")
# A validation speaks of its own variable, which is no use of it.
uses = json.dumps([locals_, blocks("data"), blocks("resource"), blocks("output")])
print(
    json.dumps(
        {
            "variables": {
                name: {key: body[key] for key in ("description", "default") if key in body}
                for name, body in variables.items()
            },
            "usedVariables": sorted(set(re.findall(r"\bvar\.(\w+)", uses))),
            "locals": sorted(locals_),
            "usedLocals": sorted(set(re.findall(r"\blocal\.(\w+)", uses))),
            "outputs": {name: body.get("description") for name, body in named("output").items()},
            "preconditions": [
                condition["condition"].removeprefix("${").removesuffix("}")
                for resource in blocks("resource")
                for bodies in resource.values()
                for body in bodies.values()
                for lifecycle in body.get("lifecycle", [])
                for condition in lifecycle.get("precondition", [])
            ],
            "files": sorted(set(re.findall(r"\$\{path\.module\}/([\w./-]+)", uses))),
        }
    )
)
