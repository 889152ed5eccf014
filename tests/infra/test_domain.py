"""The API under a domain of its own."""

import pytest

from tests.infra.conftest import SITE
from tests.infra.templates import STAGES, Assembly

pytestmark = pytest.mark.xdist_group("infra")

PROD = "greenroom-prod-api"


def test_without_a_domain_the_gateways_own_address_answers(assembly: Assembly) -> None:
    for stage in STAGES:
        stack = f"greenroom-{stage}-api"
        assert assembly.resources(stack, "ApiGateway::DomainName") == {}
        assert not assembly.one(stack, "ApiGateway::RestApi").get("DisableExecuteApiEndpoint")


def test_a_domain_takes_current_tls_alone_and_leads_to_the_stage(chosen: Assembly) -> None:
    domain = chosen.one(PROD, "ApiGateway::DomainName")
    mapping = chosen.resources(PROD, "ApiGateway::BasePathMapping")["DomainMapping"]["Properties"]

    assert domain["DomainName"] == SITE["domain"]
    assert domain["RegionalCertificateArn"] == SITE["certificate_arn"]
    assert domain["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert domain["SecurityPolicy"] == "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"
    assert domain["EndpointAccessMode"] == "STRICT"
    assert chosen.text(mapping["DomainName"]) == "<DomainName>"
    assert chosen.text(mapping["RestApiId"]) == "<GatewayApi>"
    assert chosen.text(mapping["Stage"]).startswith("<GatewayApiDeploymentStageprod")
    assert "BasePath" not in mapping


def test_with_a_domain_the_api_answers_under_no_other_name(chosen: Assembly) -> None:
    for api in chosen.resources(PROD, "ApiGateway::RestApi").values():
        assert api["Properties"]["DisableExecuteApiEndpoint"] is True


def test_tokens_and_mails_name_the_domain(chosen: Assembly) -> None:
    functions = chosen.resources(PROD, "Lambda::Function")
    told = functions["AuthFunction"]["Properties"]["Environment"]["Variables"]

    assert told["PUBLIC_URL"] == told["TOKEN_ISSUER"] == "https://api.booking.test"


def test_the_operator_is_told_where_the_domains_have_to_lead(chosen: Assembly) -> None:
    def printed(stack: str) -> set[str]:
        return {chosen.text(output["Value"]) for output in chosen.template(stack)["Outputs"].values()}

    assert {
        "<DomainName.RegionalDomainName>",
        "<DomainName.RegionalHostedZoneId>",
    } <= printed(PROD)
    assert "<CdnDistribution.DomainName>" in printed("greenroom-prod-data")
