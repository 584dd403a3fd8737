"""Makes every request of its input, each of which must be refused, and prints by which exceptions of boto3's own it was.

Input: [[operation, parameters], ...]. Output: [[exception, code, HTTP status, attempts], ...].
"""

import json
import sys

import boto3
from botocore.exceptions import ClientError

rds = boto3.client("rds")


def refusal(operation, parameters):
    try:
        answer = getattr(rds, operation)(**parameters)
    except ClientError as fault:
        metadata = fault.response["ResponseMetadata"]
        error = fault.response["Error"]
        # What a program would write: `except rds.exceptions.DBClusterNotFoundFault`.
        modelled = getattr(rds.exceptions, type(fault).__name__, None)
        assert type(fault) is modelled, f"{type(fault)} is not an exception of the client"
        assert error["Message"], f"{error['Code']} says nothing"
        return [type(fault).__name__, error["Code"], metadata["HTTPStatusCode"], metadata["RetryAttempts"] + 1]
    raise AssertionError(f"{operation} was not refused: {answer}")


print(json.dumps([refusal(*request) for request in json.load(sys.stdin)]))
