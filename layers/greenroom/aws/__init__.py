"""DynamoDB, KMS and Secrets Manager on the AWS Common Runtime, under boto3's method names and errors.

Requests wait for these three services. All other services go through boto3.
"""
