variable "owner" {
  description = "The owner of the repository whose pull requests get clones."
  type        = string
}

variable "owner_id" {
  description = "The id of the owner."
  type        = string
}

variable "repository" {
  description = "The name of the repository, without its owner."
  type        = string
}

variable "repository_id" {
  description = "The id of the repository."
  type        = string
}

variable "default_branch" {
  description = "The default branch: the sweep and named clones run on it alone."
  type        = string
}

variable "source_cluster_arns" {
  description = "The ARNs of the clusters that may be cloned."
  type        = list(string)

  validation {
    condition     = length(var.source_cluster_arns) > 0 && alltrue([for arn in var.source_cluster_arns : can(regex("^arn:aws:rds:[a-z0-9-]+:[0-9]{12}:cluster:[a-z][a-z0-9-]*$", arn))])
    error_message = "Each is the ARN of a cluster, without wildcards."
  }
}

variable "create_oidc_provider" {
  description = "Whether to create the identity provider of GitHub, or the account has it."
  type        = bool
}

variable "workflow" {
  description = "Who may assume the role for pull requests: called workflows alone (called), or any workflow (direct)."
  type        = string
  default     = "called"

  validation {
    condition     = contains(["called", "direct"], var.workflow)
    error_message = "It is called or direct."
  }
}

variable "called_workflows" {
  description = "The called workflows that may, each with the tag or commit that you call it by."
  type        = list(string)
  default     = ["org/aurora-clone-action/.github/workflows/pr-database.yml@refs/tags/v1"]

  validation {
    condition     = length(var.called_workflows) > 0
    error_message = "There is at least one, also where workflow is direct."
  }
}

variable "prefix" {
  description = "The identifier-prefix of the clones."
  type        = string
  default     = "clone"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{0,15}$", var.prefix))
    error_message = "It is one word of at most 16 lower-case letters and digits."
  }
}

variable "clone_key" {
  description = "A clone-key. With one, there is a role for its clones, and pull requests may clone them."
  type        = string
  default     = null

  validation {
    condition     = var.clone_key == null || can(regex("^[a-z0-9]+(-[a-z0-9]+)*$", var.clone_key)) && !can(regex("^pr(-|$)", var.clone_key))
    error_message = "It has lower-case letters, digits and single hyphens, and does not begin with pr-."
  }
}

variable "only_warm" {
  description = "Whether pull requests may clone only sanitised and published clones of the clone_key, and no cluster by its name."
  type        = bool
  default     = false
}

variable "preparation" {
  description = "Whether the roles may prepare clones before they are published."
  type        = bool
  default     = false
}

variable "kms_key_arns" {
  description = "The ARNs of the KMS keys of the sources, and of kms-key-id. Not needed for aws/rds."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.kms_key_arns : can(regex("^arn:aws:kms:[a-z0-9-]+:[0-9]{12}:key/[a-z0-9-]+$", arn))])
    error_message = "Each is the ARN of a key, without wildcards."
  }
}

variable "instance_classes" {
  description = "The instance classes that a clone may have."
  type        = list(string)
  default     = ["db.serverless"]

  validation {
    condition     = length(var.instance_classes) > 0
    error_message = "There is at least one."
  }
}

variable "subnet_group" {
  description = "The only DB subnet group that a clone may be in; * for any."
  type        = string
  default     = "*"
}

variable "issuer" {
  description = "The issuer of an enterprise with its own: HOSTNAME/_services/token, or token.actions.SUBDOMAIN.ghe.com."
  type        = string
  default     = "token.actions.githubusercontent.com"
}

variable "role_name" {
  description = "The name of the role for pull requests. Those of the others begin with it."
  type        = string
  default     = "aurora-clone"
}
