// The lock service's requests and results in the words of histories, for whoever records one.
#pragma once

#include <optional>

#include "lockservice/client.h"
#include "lockservice/protocol.h"
#include "sim/history.h"

namespace paxos::sim {

// None: histories have nothing of this kind. Client and times are the recorder's.
std::optional<Deal> DealOf(const lockservice::RequestBody& request);
// How it ended. `returned` is the recorder's.
void NoteResult(const lockservice::CallResult& result, Deal& deal);

}  // namespace paxos::sim
