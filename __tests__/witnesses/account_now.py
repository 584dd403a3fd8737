"""Prints every cluster of the account with its instances and tags, as AWS's own client sees them."""

import json

import boto3

rds = boto3.client("rds")


def tags(arn):
    return {tag["Key"]: tag["Value"] for tag in rds.list_tags_for_resource(ResourceName=arn)["TagList"]}


def instance(found):
    return {
        "identifier": found["DBInstanceIdentifier"],
        "resourceId": found["DbiResourceId"],
        "class": found["DBInstanceClass"],
        "status": found["DBInstanceStatus"],
        "tags": tags(found["DBInstanceArn"]),
    }


def cluster(found):
    members = rds.describe_db_instances(Filters=[{"Name": "db-cluster-id", "Values": [found["DBClusterIdentifier"]]}])
    return {
        "identifier": found["DBClusterIdentifier"],
        "resourceId": found["DbClusterResourceId"],
        "status": found["Status"],
        "endpoint": found["Endpoint"],
        "port": found["Port"],
        "tags": tags(found["DBClusterArn"]),
        "members": [member["DBInstanceIdentifier"] for member in found["DBClusterMembers"]],
        "instances": [instance(member) for member in members["DBInstances"]],
    }


[clusters] = [page["DBClusters"] for page in rds.get_paginator("describe_db_clusters").paginate()]
instances = [found["DBInstanceIdentifier"] for found in rds.describe_db_instances()["DBInstances"]]
print(json.dumps({"clusters": [cluster(found) for found in clusters], "instances": sorted(instances)}))
