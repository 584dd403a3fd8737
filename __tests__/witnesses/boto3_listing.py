"""Lists an account of 45 clusters with boto3's paginators and AWS's filters, and prints what it found."""

import json

import boto3

rds = boto3.client("rds")


def pages(operation, key, **request):
    return [page.get(key, []) for page in rds.get_paginator(operation).paginate(**request)]


def identifiers(*pages, of):
    return [item[of] for page in pages for item in page]


def filtered(name, *values):
    page = rds.describe_db_clusters(Filters=[{"Name": name, "Values": list(values)}])
    return identifiers(page["DBClusters"], of="DBClusterIdentifier")


twenties = pages("describe_db_clusters", "DBClusters", PaginationConfig={"PageSize": 20})
assert [len(page) for page in twenties] == [20, 20, 5], [len(page) for page in twenties]
clusters = identifiers(*twenties, of="DBClusterIdentifier")
assert len(set(clusters)) == len(clusters), "no cluster is listed twice"
first = rds.describe_db_clusters(MaxRecords=20)["DBClusters"]
assert identifiers(first, of="DBClusterIdentifier") == clusters[:20]
[instances] = pages("describe_db_instances", "DBInstances")
[groups] = pages("describe_db_subnet_groups", "DBSubnetGroups")

[orders] = rds.describe_db_clusters(DBClusterIdentifier="orders")["DBClusters"]
[by_arn] = rds.describe_db_clusters(DBClusterIdentifier=orders["DBClusterArn"])["DBClusters"]
assert by_arn["DbClusterResourceId"] == orders["DbClusterResourceId"]
seen = {
    "clusters": clusters,
    "instances": identifiers(instances, of="DBInstanceIdentifier"),
    "groups": identifiers(groups, of="DBSubnetGroupName"),
    "by engine": filtered("engine", "neptune", "docdb"),
    "by identifier": filtered("db-cluster-id", "orders", "pool-10"),
    "by resource id": filtered("db-cluster-resource-id", orders["DbClusterResourceId"]),
    "by nothing that is there": filtered("clone-group-id", "none"),
}
members = rds.describe_db_instances(Filters=[{"Name": "db-cluster-id", "Values": ["orders"]}])["DBInstances"]
seen["members"] = identifiers(members, of="DBInstanceIdentifier")
print(json.dumps(seen))
