# The roles that GitHub Actions assumes, in the account and Region of the clones. docs/role.md explains them.
data "aws_caller_identity" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  region     = data.aws_region.current.region
}

resource "aws_iam_openid_connect_provider" "github" {
  count = var.create_oidc_provider ? 1 : 0

  url            = "https://${var.issuer}"
  client_id_list = ["sts.amazonaws.com"]
}

resource "aws_iam_role" "this" {
  for_each = local.roles

  name               = each.value.name
  assume_role_policy = each.value.trust

  lifecycle {
    # Not a validation: older versions let one speak of its own variable alone.
    precondition {
      condition     = !var.only_warm || var.clone_key != null
      error_message = "only_warm needs a clone_key."
    }
  }
}

# Inline: a managed policy may have 6,144 characters only.
resource "aws_iam_role_policy" "this" {
  for_each = local.roles

  name   = "aurora-clone"
  role   = aws_iam_role.this[each.key].id
  policy = local.documents[each.key]
}

resource "aws_iam_role_policy" "preparation" {
  for_each = local.preparations

  name   = "aurora-clone-prepare"
  role   = aws_iam_role.this[each.key].id
  policy = each.value
}
