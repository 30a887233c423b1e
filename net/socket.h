// What net/ asks of a plain socket beyond Asio.
#pragma once

#include "net/address.h"
#include "paxos/time.h"

namespace paxos::net {

// For a stream of small frames: no Nagle delay, a bound on unacknowledged data, and probes that
// find out about a silent peer that is gone. A socket that is not TCP is left as it is.
void TuneSocket(int fd, Duration unacknowledged_max);

// AF_INET, AF_INET6 or AF_UNIX.
int FamilyOf(int fd);

// The other end; its host is "local" for a Unix socket and "unknown" for one that is gone.
Address RemoteOf(int fd);

}  // namespace paxos::net
