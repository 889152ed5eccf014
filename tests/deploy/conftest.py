"""The dev stage as it was synthesised for the tests of the templates, which may be of the same run."""

from tests.infra.conftest import _node, assembly

__all__ = ["_node", "assembly"]
