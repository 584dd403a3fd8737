"""Makes what a team has before it uses the action: the cluster of its input with one instance."""

import json
import sys

import boto3

identifier = json.load(sys.stdin)["cluster"]
rds = boto3.client("rds")
rds.create_db_cluster(
    DBClusterIdentifier=identifier,
    Engine="aurora-postgresql",
    EngineVersion="16.4",
    DatabaseName="shop",
    MasterUsername="postgres",
    ManageMasterUserPassword=True,
    Tags=[{"Key": "team", "Value": "orders"}],
)
rds.create_db_instance(
    DBClusterIdentifier=identifier,
    DBInstanceIdentifier=f"{identifier}-1",
    DBInstanceClass="db.r6g.large",
    Engine="aurora-postgresql",
)
print(json.dumps({"made": identifier}))
