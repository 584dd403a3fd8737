"""An Aurora clone for a pull request, as teams write it by hand: clone_with_boto3.py create|create-and-wait|destroy"""

import os
import sys

import boto3

SOURCE = os.environ["SOURCE_CLUSTER"]
CLONE = os.environ["CLONE"]
INSTANCE = f"{CLONE}-1"
TAGS = [{"Key": "Ephemeral", "Value": "true"}, {"Key": "PullRequest", "Value": os.environ["PR_NUMBER"]}]

rds = boto3.client("rds")


def create(wait):
    try:
        endpoint = rds.describe_db_clusters(DBClusterIdentifier=CLONE)["DBClusters"][0]["Endpoint"]
    except rds.exceptions.DBClusterNotFoundFault:
        endpoint = restore(wait)
    if wait:
        rds.get_waiter("db_instance_available").wait(DBInstanceIdentifier=INSTANCE)
    print(endpoint, flush=True)


def restore(wait):
    source = rds.describe_db_clusters(DBClusterIdentifier=SOURCE)["DBClusters"][0]
    answer = rds.restore_db_cluster_to_point_in_time(
        DBClusterIdentifier=CLONE,
        SourceDBClusterIdentifier=SOURCE,
        RestoreType="copy-on-write",
        UseLatestRestorableTime=True,
        # AWS would give the clone the default subnet group and security group.
        DBSubnetGroupName=source["DBSubnetGroup"],
        VpcSecurityGroupIds=[group["VpcSecurityGroupId"] for group in source["VpcSecurityGroups"]],
        Tags=TAGS,
    )
    if wait:
        # As the reference of CreateDBInstance has it: instances come after the cluster is available.
        rds.get_waiter("db_cluster_available").wait(DBClusterIdentifier=CLONE)
    rds.create_db_instance(
        DBInstanceIdentifier=INSTANCE,
        DBClusterIdentifier=CLONE,
        Engine="aurora-postgresql",
        DBInstanceClass="db.t4g.medium",
        PubliclyAccessible=False,
        Tags=TAGS,
    )
    return answer["DBCluster"]["Endpoint"]


def destroy():
    rds.delete_db_instance(DBInstanceIdentifier=INSTANCE, SkipFinalSnapshot=True)
    rds.get_waiter("db_instance_deleted").wait(DBInstanceIdentifier=INSTANCE)
    rds.delete_db_cluster(DBClusterIdentifier=CLONE, SkipFinalSnapshot=True)


if sys.argv[1] == "destroy":
    destroy()
else:
    create(wait=sys.argv[1] == "create-and-wait")
