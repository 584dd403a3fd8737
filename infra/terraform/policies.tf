# The policies are the files of policies/, with values in place of their words. A plan shows what comes out.
locals {
  files = {
    pull_requests                   = var.only_warm ? file("${path.module}/../../policies/pull-requests-warm.json") : file("${path.module}/../../policies/pull-requests.json")
    pull_requests_prepare           = file("${path.module}/../../policies/pull-requests-prepare.json")
    sweep                           = file("${path.module}/../../policies/sweep.json")
    named_clones                    = file("${path.module}/../../policies/named-clones.json")
    named_clones_prepare            = file("${path.module}/../../policies/named-clones-prepare.json")
    trust_called                    = file("${path.module}/../../policies/trust-called.json")
    trust_direct                    = file("${path.module}/../../policies/trust-direct.json")
    trust_default_branch            = file("${path.module}/../../policies/trust-default-branch.json")
    trust_enterprise                = file("${path.module}/../../policies/trust-enterprise.json")
    trust_enterprise_default_branch = file("${path.module}/../../policies/trust-enterprise-default-branch.json")
  }

  words = merge(
    {
      ACCOUNT = local.account_id
      BRANCH  = var.default_branch
      ISSUER  = var.issuer
      ORG     = var.owner
      ORG_ID  = var.owner_id
      PREFIX  = var.prefix
      REGION  = local.region
      REPO    = var.repository
      REPO_ID = var.repository_id
    },
    var.clone_key == null ? {} : { CLONE_KEY = var.clone_key },
  )

  # Items of lists that stand for several.
  items = merge(
    {
      "arn:aws:rds:${local.region}:${local.account_id}:cluster:SOURCE"         = var.source_cluster_arns
      "arn:aws:rds:${local.region}:${local.account_id}:subgrp:*"               = ["arn:aws:rds:${local.region}:${local.account_id}:subgrp:${var.subnet_group}"]
      "db.serverless"                                                          = var.instance_classes
      "org/aurora-clone-action/.github/workflows/pr-database.yml@refs/tags/v1" = var.called_workflows
    },
    length(var.kms_key_arns) == 0 ? {} : { "arn:aws:kms:${local.region}:${local.account_id}:key/KEY_ID" = var.kms_key_arns },
  )
  quoted_items = { for item, values in local.items : jsonencode(item) => join(", ", [for value in values : jsonencode(value)]) }

  with_words = {
    for name, text in local.files :
    name => join("", [for part in regexall("[A-Z_]+|[^A-Z_]+", text) : lookup(local.words, part, part)])
  }
  with_items = {
    for name, text in local.with_words :
    name => join("", [for part in regexall("\"[^\"]*\"|[^\"]+", text) : lookup(local.quoted_items, part, part)])
  }

  # Items whose word has no value go, and then the statements that are about nothing else. A denial always stays.
  without_items = {
    for name, text in local.with_items :
    name => replace(text, "/\"[^\"]*(?:CLONE_KEY|COMMIT|KEY_ID)[^\"]*\",\\s*|,\\s*\"[^\"]*(?:CLONE_KEY|COMMIT|KEY_ID)[^\"]*\"/", "")
  }
  documents = {
    for name, text in local.without_items :
    name => jsonencode(merge(jsondecode(text), {
      Statement = [for statement in jsondecode(text).Statement : statement if statement.Effect == "Deny" || !can(regex("CLONE_KEY|KEY_ID", jsonencode(statement)))]
    }))
    # Without a key there is no role for its clones.
    if !startswith(name, "named_clones") || var.clone_key != null
  }
  preparations = {
    for key, role in local.roles :
    key => local.documents["${key}_prepare"] if var.preparation && can(local.documents["${key}_prepare"])
  }

  is_enterprise = var.issuer != "token.actions.githubusercontent.com"

  pull_requests_trust  = local.documents[local.is_enterprise ? "trust_enterprise" : "trust_${var.workflow}"]
  default_branch_trust = local.documents[local.is_enterprise ? "trust_enterprise_default_branch" : "trust_default_branch"]

  roles = merge(
    {
      pull_requests = { name = var.role_name, trust = local.pull_requests_trust }
      sweep         = { name = "${var.role_name}-sweep", trust = local.default_branch_trust }
    },
    var.clone_key == null ? {} : { named_clones = { name = "${var.role_name}-${var.clone_key}", trust = local.default_branch_trust } },
  )
}
