"""The door on TCP as AWS's own clients find it: boto3 with its waiters, and the AWS CLI."""
