"""A clone's whole life by boto3: every step asserts what AWS's own client makes of the answers, and the last prints what it saw."""

import json

import boto3

SOURCE = "orders"
CLONE = "clone"
WRITER = {"DBInstanceIdentifier": "clone-1"}

rds = boto3.client("rds")
seen = {}


def cluster(identifier=CLONE):
    [found] = rds.describe_db_clusters(DBClusterIdentifier=identifier)["DBClusters"]
    return found


restored = rds.restore_db_cluster_to_point_in_time(
    DBClusterIdentifier=CLONE,
    SourceDBClusterIdentifier=SOURCE,
    RestoreType="copy-on-write",
    UseLatestRestorableTime=True,
    VpcSecurityGroupIds=["sg-1", "sg-2"],
    ServerlessV2ScalingConfiguration={"MinCapacity": 0.5, "MaxCapacity": 4},
    EnableIAMDatabaseAuthentication=True,
    Tags=[{"Key": "owner", "Value": "boto3"}, {"Key": "note", "Value": "für später: a=b@c"}],
)["DBCluster"]
assert restored["Status"] == "creating", restored
assert [group["VpcSecurityGroupId"] for group in restored["VpcSecurityGroups"]] == ["sg-1", "sg-2"]
assert restored["ServerlessV2ScalingConfiguration"]["MinCapacity"] == 0.5
assert restored["IAMDatabaseAuthenticationEnabled"] is True
assert restored["ClusterCreateTime"].tzinfo is not None, "times are times"
assert restored["CloneGroupId"] == cluster(SOURCE)["CloneGroupId"]

rds.get_waiter("db_cluster_available").wait(DBClusterIdentifier=CLONE, WaiterConfig={"Delay": 10, "MaxAttempts": 30})
assert cluster()["Status"] == "available"

made = rds.create_db_instance(**WRITER, DBClusterIdentifier=CLONE, Engine="aurora-postgresql", DBInstanceClass="db.serverless")
assert made["DBInstance"]["DBInstanceStatus"] == "creating", made
assert "Endpoint" not in made["DBInstance"], "an instance being made has no address"
rds.get_waiter("db_instance_available").wait(**WRITER)
[writer] = rds.describe_db_instances(**WRITER)["DBInstances"]
assert writer["Endpoint"]["Port"] == restored["Port"] == 5432
[member] = cluster()["DBClusterMembers"]
assert member["IsClusterWriter"] is True and member["DBInstanceIdentifier"] == "clone-1"

arn = cluster()["DBClusterArn"]
rds.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "hold", "Value": ""}])
rds.remove_tags_from_resource(ResourceName=arn, TagKeys=["note"])
tags = rds.list_tags_for_resource(ResourceName=arn)["TagList"]
assert tags == cluster()["TagList"] == [{"Key": "owner", "Value": "boto3"}, {"Key": "hold", "Value": ""}], tags

protected = rds.modify_db_cluster(DBClusterIdentifier=CLONE, DeletionProtection=True, ApplyImmediately=True)
assert protected["DBCluster"]["DeletionProtection"] is True
rds.modify_db_cluster(DBClusterIdentifier=CLONE, DeletionProtection=False, ApplyImmediately=True)

rds.stop_db_cluster(DBClusterIdentifier=CLONE)
while (status := cluster()["Status"]) != "stopped":
    assert status == "stopping", status
assert cluster()["AutomaticRestartTime"] > cluster()["ClusterCreateTime"]
rds.start_db_cluster(DBClusterIdentifier=CLONE)
rds.get_waiter("db_cluster_available").wait(DBClusterIdentifier=CLONE)

assert rds.delete_db_instance(**WRITER)["DBInstance"]["DBInstanceStatus"] == "deleting"
rds.delete_db_cluster(DBClusterIdentifier=CLONE, SkipFinalSnapshot=True)
assert cluster()["Status"] == "deleting"
rds.get_waiter("db_instance_deleted").wait(**WRITER)
rds.get_waiter("db_cluster_deleted").wait(DBClusterIdentifier=CLONE)
try:
    cluster()
    raise AssertionError("the clone is still there")
except rds.exceptions.DBClusterNotFoundFault as fault:
    seen["afterwards"] = fault.response["Error"]["Code"]

events = rds.get_paginator("describe_events").paginate(SourceType="db-cluster", SourceIdentifier=CLONE, Duration=240)
seen["events"] = [event["Message"] for page in events for event in page["Events"]]
seen["clusters"] = [found["DBClusterIdentifier"] for found in rds.describe_db_clusters()["DBClusters"]]
print(json.dumps(seen))
