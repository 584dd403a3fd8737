"""Deploys a template once with each set of parameters, and prints the roles of each stack as IAM has them."""

import ast
import json
import sys

import boto3

asked = json.load(sys.stdin)
stacks = boto3.client("cloudformation")
iam = boto3.client("iam")


def as_aws(policy):
    """moto answers with Python's notation, and leaves None in a list where AWS leaves nothing."""
    document = ast.literal_eval(policy) if isinstance(policy, str) else policy
    return {**document, "Statement": [statement for statement in document["Statement"] if statement is not None]}


def role_now(name):
    role = iam.get_role(RoleName=name)["Role"]
    policies = iam.list_role_policies(RoleName=name)["PolicyNames"]
    return {
        "arn": role["Arn"],
        "trust": role["AssumeRolePolicyDocument"],
        "permissions": {
            policy: as_aws(iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"])
            for policy in policies
        },
    }


def roles_with(parameters):
    stacks.create_stack(
        StackName="roles",
        TemplateBody=asked["template"],
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    )
    stack = stacks.describe_stacks(StackName="roles")["Stacks"][0]
    if stack["StackStatus"] != "CREATE_COMPLETE":
        raise RuntimeError(f"{stack['StackStatus']} with {parameters}")
    roles = {role["RoleName"]: role_now(role["RoleName"]) for role in iam.list_roles()["Roles"]}
    stacks.delete_stack(StackName="roles")
    left = [role["RoleName"] for role in iam.list_roles()["Roles"]]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
    return {"roles": roles, "outputs": outputs, "left": left}


print(json.dumps([roles_with(parameters) for parameters in asked["parameters"]]))
