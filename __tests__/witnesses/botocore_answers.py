"""Reads answers of the local cloud with botocore's own parser, which is lenient, and checks every name in them by the model.

Input: [[service, operation, body], ...]. Output: what botocore makes of each.
"""

import json
import sys
from xml.etree import ElementTree

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import create_parser

loader = Loader(include_default_extras=False)


def wire_name(shape, default):
    return shape.serialization.get("name", default)


def check_names(shape, element, namespace):
    """botocore does not look at the names of a list's items, nor at elements that it does not know: others do."""
    if shape.type_name == "structure":
        known = {wire_name(member, key): member for key, member in shape.members.items()}
    elif shape.type_name == "list":
        known = {wire_name(shape.member, "member"): shape.member}
    else:
        known = {}
    for child in element:
        name = child.tag.removeprefix(f"{{{namespace}}}")
        assert name in known, f"{shape.name} has no <{name}>, but <{'>, <'.join(known)}>"
        check_names(known[name], child, namespace)


def understood(service, name, body):
    model = ServiceModel(loader.load_service_model(service, "service-2"))
    shape = model.operation_model(name).output_shape
    if shape is not None:
        namespace = model.metadata["xmlNamespace"]
        [result] = ElementTree.fromstring(body).findall(f"{{{namespace}}}{shape.serialization['resultWrapper']}")
        check_names(shape, result, namespace)
    response = {"status_code": 200, "headers": {}, "body": body.encode()}
    parsed = create_parser(model.metadata["protocol"]).parse(response, shape)
    assert parsed.pop("ResponseMetadata")["RequestId"] == "request-1"
    return parsed


def plain(value):
    return value.strftime("%Y-%m-%dT%H:%M:%S.000Z")


print(json.dumps([understood(*answer) for answer in json.load(sys.stdin)], default=plain))
