"""Floor 2, the net: the one room that opens sockets as a client.

`address`, `http1`, `encoding`, `proxies` and `redirects` decide and touch nothing; `sync` and `aio`
wait, each in its own way, and decide nothing. Both offer `Transport` and `Exchange`.

Rules of the room:
* Nothing is sent before it is asked for: a `Transport` opens no socket, an `Exchange` opens one
  in `head()`.
* Deadlines are moments of the monotonic clock, so a peer that drips bytes cannot stretch them.
* An end is proper only where HTTP says so; all others are `Cut` (see `faults`).
* No finaliser does anything: what is open is closed by `close()` or `release()`.
"""
