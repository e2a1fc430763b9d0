"""The Lambda function behind the custom resources for Amazon Chime SDK push endpoints and identity tags."""
