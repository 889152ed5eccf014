"""A cache behind one port: values by kind, key and version, in the process and on a shared server."""
