"""FastAPI behind Mangum, with Powertools' logger, metrics and tracer, boto3's resource, and Sentry."""

import os
import uuid
from typing import Annotated, Any

import boto3
import sentry_sdk
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from fastapi import Depends, FastAPI, Header, HTTPException
from mangum import Mangum
from sentry_sdk.integrations.aws_lambda import AwsLambdaIntegration

from .models import BookingRequest, BookingView

sentry_sdk.init(
    dsn=os.environ["SENTRY_DSN"],
    integrations=[AwsLambdaIntegration()],
    traces_sample_rate=float(os.environ["SENTRY_TRACES_SAMPLE_RATE"]),
)
logger, metrics, tracer = Logger(service="peer"), Metrics(namespace="peer", service="peer"), Tracer("peer")
table = boto3.resource("dynamodb").Table(os.environ["PEERS_TABLE"])


def _demand_token(authorization: Annotated[str, Header()] = "") -> None:
    if not authorization.startswith("Bearer "):
        raise HTTPException(401, "a token is needed")


app = FastAPI(dependencies=[Depends(_demand_token)])


@app.get("/v1/bookings/{booking_id}")
def show_booking(booking_id: str) -> BookingView:
    """Show one booking."""
    item = table.get_item(Key={"id": booking_id}).get("Item")
    if item is None:
        raise HTTPException(404, "no such booking")
    metrics.add_metric(name="BookingsShown", unit=MetricUnit.Count, value=1)
    logger.info("booking shown", booking_id=booking_id)
    return BookingView.model_validate(item)


@app.post("/v1/bookings", status_code=201)
def request_booking(wish: BookingRequest) -> BookingView:
    """Make a booking."""
    booking = BookingView(
        id=f"bkg_{uuid.uuid4().hex}",
        buyer_id="usr_1",
        **wish.model_dump(include={"offering_id", "start", "time_zone"}),
        state="awaiting_payment",
        fee=100_000,
        currency="EUR",
        version=1,
    )
    table.put_item(Item=booking.model_dump(mode="json"), ConditionExpression="attribute_not_exists(id)")
    metrics.add_metric(name="BookingsMade", unit=MetricUnit.Count, value=1)
    logger.info("booking made", booking_id=booking.id)
    return booking


_serve = Mangum(app, lifespan="off")


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer an event of the gateway."""
    answer: dict[str, Any] = _serve(event, context)
    return answer
