// Messages, records and commands in a few words, for pictures: commands are decoded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lockservice/protocol.h"
#include "paxos/message.h"
#include "paxos/record.h"

namespace paxos::sim {

std::string NameOf(const Message& message);
// The slot that it is about; 0: none.
std::uint64_t SlotOf(const Message& message);
std::uint64_t SlotOf(const Record& record);

std::string TextOfCommand(std::string_view command);
std::string TextOf(const Message& message);
std::string TextOf(const std::vector<Record>& batch);
std::string TextOf(const lockservice::Request& request);
std::string TextOf(const lockservice::Response& response);

}  // namespace paxos::sim
