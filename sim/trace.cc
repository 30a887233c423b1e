#include "sim/trace.h"

#include <array>

namespace paxos::sim {
namespace {

constexpr std::array<const char*, 21> kNames = {
    "start",     "crash", "stop",    "pause",        "resume", "deliver",  "link-up",
    "link-down", "wake",  "durable", "write-failed", "turn",   "campaign", "resign",
    "fault",     "heal",  "socket",  "client",       "store",  "clock",    "forged"};

}  // namespace

bool IsKnown(EventKind kind) { return static_cast<std::size_t>(kind) < kNames.size(); }
std::string ShortText(EventKind kind) { return kNames.at(static_cast<std::size_t>(kind)); }

}  // namespace paxos::sim
