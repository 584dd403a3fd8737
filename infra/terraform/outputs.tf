output "role_arns" {
  description = "The ARNs of the roles: pull_requests, sweep and, with a clone_key, named_clones."
  value       = { for key, role in aws_iam_role.this : key => role.arn }
}
