"""A read in the shape of aws-lambda-handler-cookbook's handler of the same: its libraries, in its order.

Settings by aws-lambda-env-modeler, Powertools' router with validation and its documentation pages, the table
by pydynox, which is compiled. It has no Sentry, as its pattern has none.
"""

from functools import cache
from typing import Annotated, Any

from aws_lambda_env_modeler import get_environment_variables, init_environment_variables
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response, content_types
from aws_lambda_powertools.logging import Logger, correlation_paths
from aws_lambda_powertools.metrics import Metrics, MetricUnit
from aws_lambda_powertools.tracing import Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Field
from pydynox import DynamoDBClient, dynamodb_model

from .models import BookingView

logger, metrics, tracer = Logger(service="peer"), Metrics(namespace="peer", service="peer"), Tracer("peer")
app = APIGatewayRestResolver(enable_validation=True)
app.enable_swagger(path="/swagger", title="A peer")


class Settings(BaseModel):
    """What the environment must hold."""

    PEERS_TABLE: Annotated[str, Field(min_length=1)]


class UnknownBooking(Exception):
    """There is none of that id."""


class Unknown(BaseModel):
    """The body of its answer."""

    error: str = "no such booking"


@app.exception_handler(UnknownBooking)
def refuse_unknown(_: UnknownBooking) -> Response[str]:
    """Answer that there is none."""
    logger.exception("booking was not found")
    return Response(404, content_types.APPLICATION_JSON, Unknown().model_dump_json())


@cache
def stored(table: str) -> Any:
    """Return the model of what the table holds."""

    @dynamodb_model(table=table, partition_key="id", client=DynamoDBClient())
    class StoredBooking(BookingView):
        pass

    return StoredBooking


@tracer.capture_method(capture_response=False)
def find_booking(table: str, booking_id: str) -> BookingView:
    """Read one item."""
    logger.info("trying to get booking")
    entry = stored(table).sync_get(id=booking_id)
    if entry is None:
        raise UnknownBooking
    return BookingView.model_validate(entry.model_dump())


@app.get(
    "/v1/bookings/<booking_id>",
    summary="Show a booking",
    responses={
        200: {"description": "The booking", "content": {"application/json": {"model": BookingView}}},
        404: {"description": "There is none", "content": {"application/json": {"model": Unknown}}},
    },
)
def show_booking(booking_id: str) -> BookingView:
    """Show one booking."""
    settings = get_environment_variables(model=Settings)
    logger.append_keys(booking_id=booking_id)
    metrics.add_metric(name="BookingsShown", unit=MetricUnit.Count, value=1)
    booking = find_booking(settings.PEERS_TABLE, booking_id)
    logger.info("booking shown")
    return booking


@init_environment_variables(model=Settings)
@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
@metrics.log_metrics
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer an event of the gateway."""
    return app.resolve(event, context)
