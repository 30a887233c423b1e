// What a server checks of a request before it is proposed, and of a reply before it leaves: sizes
// and shapes that no honest client sends, so that nobody fills the log with them.
#pragma once

#include <optional>
#include <string_view>

#include "lockservice/protocol.h"

namespace lockservice {

// Why the request is not even tried; none if it may be. Names: 1..kNameBytesMax bytes, prefixes
// may be empty; notes: kNoteBytesMax; seqs from 1.
std::optional<Refused> RefuseOversized(const RequestBody& body);

// A session table's reply as a response. The table wrote it: not decoding is a bug of ours.
Result DecodeResult(std::string_view reply, paxos::CommandIndex index);

}  // namespace lockservice
