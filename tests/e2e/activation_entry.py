"""Becomes the gateway as systemd would start it: activation_entry.py NAMES DESCRIPTORS COMMAND...

Moves the descriptors (comma-separated numbers) to 3, 4, ..., announces them in LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES
(NAMES, "" for none), and executes the command. LISTEN_PID is left alone where it is set already."""

import os
import sys

names, descriptors, *command = sys.argv[1:]
numbers = [int(number) for number in descriptors.split(",") if number]
# First out of the way of each other, then to their places.
spare = [os.dup2(number, 100 + index) for index, number in enumerate(numbers)]
for number in numbers:
    os.close(number)
for index, number in enumerate(spare):
    os.dup2(number, 3 + index, inheritable=True)
    os.close(number)
os.environ["LISTEN_FDS"] = str(len(numbers))
os.environ.setdefault("LISTEN_PID", str(os.getpid()))
if names:
    os.environ["LISTEN_FDNAMES"] = names
os.execv(command[0], command)
