"""The CDK app's parts: stages, the stateful and the stateless stack, and how code becomes layers."""
