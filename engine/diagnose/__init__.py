"""Somebody's own transformer on the bench: what there is to ask, in what order to look at it.

Runs the probes of the lab in the sandbox and puts what they find in order. No torch in here.
"""
