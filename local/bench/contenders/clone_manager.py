"""An Aurora clone for a pull request, as teams write it by hand: clone_manager.py create|create-and-wait|destroy"""

import os
import sys

import boto3


class CloneManager:
    def __init__(self, source, clone, pull_request):
        self.rds = boto3.client("rds")
        self.source = source
        self.clone = clone
        self.instance = f"{clone}-1"
        self.tags = [{"Key": "Ephemeral", "Value": "true"}, {"Key": "PullRequest", "Value": pull_request}]

    def create(self, wait):
        endpoint = self.endpoint()
        if endpoint is None:
            endpoint = self.restore()
            if wait:
                # As the reference of CreateDBInstance has it: instances come after the cluster is available.
                self.rds.get_waiter("db_cluster_available").wait(DBClusterIdentifier=self.clone)
            self.create_instance()
        if wait:
            self.rds.get_waiter("db_instance_available").wait(DBInstanceIdentifier=self.instance)
        return endpoint

    def destroy(self):
        self.rds.delete_db_instance(DBInstanceIdentifier=self.instance, SkipFinalSnapshot=True)
        self.rds.get_waiter("db_instance_deleted").wait(DBInstanceIdentifier=self.instance)
        self.rds.delete_db_cluster(DBClusterIdentifier=self.clone, SkipFinalSnapshot=True)

    def endpoint(self):
        try:
            return self.rds.describe_db_clusters(DBClusterIdentifier=self.clone)["DBClusters"][0]["Endpoint"]
        except self.rds.exceptions.DBClusterNotFoundFault:
            return None

    def restore(self):
        source = self.rds.describe_db_clusters(DBClusterIdentifier=self.source)["DBClusters"][0]
        answer = self.rds.restore_db_cluster_to_point_in_time(
            DBClusterIdentifier=self.clone,
            SourceDBClusterIdentifier=self.source,
            RestoreType="copy-on-write",
            UseLatestRestorableTime=True,
            # AWS would give the clone the default subnet group and security group.
            DBSubnetGroupName=source["DBSubnetGroup"],
            VpcSecurityGroupIds=[group["VpcSecurityGroupId"] for group in source["VpcSecurityGroups"]],
            Tags=self.tags,
        )
        return answer["DBCluster"]["Endpoint"]

    def create_instance(self):
        self.rds.create_db_instance(
            DBInstanceIdentifier=self.instance,
            DBClusterIdentifier=self.clone,
            Engine="aurora-postgresql",
            DBInstanceClass=os.environ.get("INSTANCE_CLASS", "db.t4g.medium"),
            PubliclyAccessible=False,
            Tags=self.tags,
        )


def main(mode):
    manager = CloneManager(os.environ["SOURCE_CLUSTER"], os.environ["CLONE"], os.environ["PR_NUMBER"])
    if mode == "destroy":
        manager.destroy()
    elif mode in ("create", "create-and-wait"):
        print(manager.create(wait=mode == "create-and-wait"), flush=True)
    else:
        sys.exit(f"Usage: {sys.argv[0]} create|create-and-wait|destroy")


main(sys.argv[1] if len(sys.argv) == 2 else "")
