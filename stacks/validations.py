"""What every synthesised template is held against: AWS's rules by cdk-nag, and our own Guard rules."""

from pathlib import Path

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

RULES = Path(__file__).resolve().parent / "rules"


def guard_rules() -> list[cdk.ValidationRuleSource]:
    """Return our rules, a source for each file."""
    return [
        cdk.ValidationRuleSource(name=path.stem, content=path.read_text("utf-8"))
        for path in sorted(RULES.glob("*.guard"))
    ]


def synthesise(app: cdk.App) -> None:
    """Synthesise the app, or end with what the rules find and nobody accepted.

    The report is beside the templates. What the CDK's own validator finds counts as an error only because
    cdk.json sets ``@aws-cdk/core:validateAgainstDefaultRules``.
    """
    cdk.Validations.of(app).add_plugins(
        AwsSolutionsChecks(app), cdk.CloudFormationValidatePlugin(guard_rules=guard_rules())
    )
    try:
        app.synth()
    except RuntimeError as error:
        if "ValidationFailed" in str(error):
            raise SystemExit(str(error)) from None
        raise
