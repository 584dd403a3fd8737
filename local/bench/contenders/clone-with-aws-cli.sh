#!/usr/bin/env bash
# An Aurora clone for a pull request, as teams write it by hand: clone-with-aws-cli.sh create|create-and-wait|destroy
set -euo pipefail

: "${SOURCE_CLUSTER:?}" "${CLONE:?}" "${PR_NUMBER:?}"
INSTANCE_CLASS=${INSTANCE_CLASS:-db.t4g.medium}

endpoint_of_clone() {
  local answer
  if answer=$(aws rds describe-db-clusters --db-cluster-identifier "$CLONE" \
    --query 'DBClusters[0].Endpoint' --output text 2>&1); then
    echo "$answer"
  elif [[ $answer != *DBClusterNotFoundFault* ]]; then
    echo "$answer" >&2
    return 1
  fi
}

# Prints the endpoint, which is known as soon as the restore was accepted.
restore() {
  local settings subnet_group security_groups
  # AWS would give the clone the default subnet group and security group.
  settings=$(aws rds describe-db-clusters --db-cluster-identifier "$SOURCE_CLUSTER" --output text \
    --query 'DBClusters[0].[DBSubnetGroup,join(`,`,VpcSecurityGroups[].VpcSecurityGroupId)]')
  read -r subnet_group security_groups <<<"$settings"
  aws rds restore-db-cluster-to-point-in-time \
    --db-cluster-identifier "$CLONE" --source-db-cluster-identifier "$SOURCE_CLUSTER" \
    --restore-type copy-on-write --use-latest-restorable-time \
    --db-subnet-group-name "$subnet_group" --vpc-security-group-ids ${security_groups//,/ } \
    --tags Key=Ephemeral,Value=true Key=PullRequest,Value="$PR_NUMBER" \
    --query DBCluster.Endpoint --output text
}

create_instance() {
  aws rds create-db-instance \
    --db-instance-identifier "$CLONE-1" --db-cluster-identifier "$CLONE" \
    --engine aurora-postgresql --db-instance-class "$INSTANCE_CLASS" --no-publicly-accessible \
    --tags Key=Ephemeral,Value=true Key=PullRequest,Value="$PR_NUMBER" >/dev/null
}

case "${1:-}" in
  create)
    endpoint=$(endpoint_of_clone)
    if [[ -z $endpoint ]]; then
      endpoint=$(restore)
      create_instance
    fi
    echo "$endpoint"
    ;;
  create-and-wait)
    endpoint=$(endpoint_of_clone)
    if [[ -z $endpoint ]]; then
      endpoint=$(restore)
      # As the reference of create-db-instance has it: instances come after the cluster is available.
      aws rds wait db-cluster-available --db-cluster-identifier "$CLONE"
      create_instance
    fi
    aws rds wait db-instance-available --db-instance-identifier "$CLONE-1"
    echo "$endpoint"
    ;;
  destroy)
    aws rds delete-db-instance --db-instance-identifier "$CLONE-1" --skip-final-snapshot >/dev/null
    aws rds wait db-instance-deleted --db-instance-identifier "$CLONE-1"
    aws rds delete-db-cluster --db-cluster-identifier "$CLONE" --skip-final-snapshot >/dev/null
    ;;
  *)
    echo "Usage: $0 create|create-and-wait|destroy" >&2
    exit 2
    ;;
esac
