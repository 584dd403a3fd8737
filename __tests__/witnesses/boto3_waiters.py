"""Waits for a cluster that has failed, and for one that nobody made: boto3's waiters give up at once, with AWS's reason."""

import json

import boto3
from botocore.exceptions import WaiterError

rds = boto3.client("rds")


def why(waiter, **request):
    try:
        rds.get_waiter(waiter).wait(**request, WaiterConfig={"Delay": 30, "MaxAttempts": 3})
    except WaiterError as error:
        return str(error)
    return "came about"


print(
    json.dumps(
        {
            "failed": why("db_cluster_available", DBClusterIdentifier="failed"),
            "nobody": why("db_cluster_available", DBClusterIdentifier="nobody"),
            "never": why("db_cluster_available", DBClusterIdentifier="never"),
            "not there": why("db_cluster_deleted", DBClusterIdentifier="nobody"),
        }
    )
)
