"""The one route table of the function. Each module of routes declares its own in it."""

from greenroom.gateway.routes import Routes

routes = Routes("auth")
