"""The smoke function's questions over HTTP, from one's own machine to any running system."""
