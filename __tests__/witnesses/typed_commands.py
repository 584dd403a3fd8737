"""Gives command lines to the AWS CLI, one after the other in this process, and prints how each ended and what it said."""

import contextlib
import io
import json
import os
import sys

import awscli.clidriver
import boto3

# All services, not only those of the other witnesses.
os.environ["AWS_ENDPOINT_URL"] = os.environ["AWS_ENDPOINT_URL_IAM"]

# What stands for a word, made when it is asked for.
MAKE = {
    "secret": lambda: boto3.client("secretsmanager").create_secret(Name="clone", SecretString='{"password":"secret"}')["ARN"],
    "vpc": lambda: boto3.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"],
}

asked = json.load(sys.stdin)
VALUES = {word: MAKE[what]() for what, word in asked.get("words", {}).items()}

def typed(arguments):
    said, complained = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained):
        try:
            status = awscli.clidriver.create_clidriver().main([VALUES.get(word, word) for word in arguments])
        except SystemExit as ended:
            status = ended.code
    return {"exitCode": status, "stdout": said.getvalue(), "stderr": complained.getvalue()}

print(json.dumps([typed(arguments) for arguments in asked["commands"]]))
