"""What others would build the same two routes with: read a booking by its id, and make one of a checked body.

Short programs of this project's own, in the shape that each tool's documentation gives. They do less than
ours: a token must be there and is not verified, nothing is counted, nothing of a calendar is looked at, and
one item is written where a booking writes several in a transaction. So each is a rival that has it easy.
"""
