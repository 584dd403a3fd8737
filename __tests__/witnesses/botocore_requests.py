"""Writes, with botocore's own serializer, a request of every operation with all members that its model has.

Input: [[service, operation], ...]. Output, for each: the parameters and the body as it goes over the wire, the same without each
single member, and an answer with all members.
"""

import datetime
import json
import sys
from urllib.parse import urlencode

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.serialize import create_serializer

MOMENT = datetime.datetime(2026, 11, 21, 10, 0, 0, tzinfo=datetime.timezone.utc)
SCALARS = {"integer": 7, "long": 8, "float": 1.5, "double": 0.5, "boolean": True, "timestamp": MOMENT}

# Without what botocore adds for itself, such as SourceRegion, which it never sends.
loader = Loader(include_default_extras=False)


def sample(shape, name):
    if shape.type_name == "structure":
        return {key: sample(member, key) for key, member in shape.members.items()}
    if shape.type_name == "list":
        return [sample(shape.member, f"{name} {position}") for position in (1, 2)]
    if shape.type_name == "string":
        return shape.enum[0] if shape.enum else f"<{name}> & more"
    return SCALARS[shape.type_name]


def body(model, operation, parameters):
    protocol = model.metadata["protocol"]
    request = create_serializer(protocol, include_validation=False).serialize_to_request(parameters, operation)
    return urlencode(request["body"])


def described(service, name):
    model = ServiceModel(loader.load_service_model(service, "service-2"))
    operation = model.operation_model(name)
    parameters = sample(operation.input_shape, name) if operation.input_shape else {}
    return {
        "service": service,
        "operation": name,
        "parameters": parameters,
        "body": body(model, operation, parameters),
        "required": operation.input_shape.required_members if operation.input_shape else [],
        "bodiesWithout": {
            left_out: body(model, operation, {key: value for key, value in parameters.items() if key != left_out})
            for left_out in parameters
        },
        "answer": sample(operation.output_shape, name) if operation.output_shape else {},
    }


def plain(value):
    return value.strftime("%Y-%m-%dT%H:%M:%S.000Z")


print(json.dumps([described(*named) for named in json.load(sys.stdin)], default=plain))
