"""The route table of this function."""

from greenroom.gateway.routes import Routes

routes = Routes("catalog")
