#include "sim/fault.h"

#include <array>

namespace paxos::sim {
namespace {

constexpr std::array<const char*, kFaultClasses> kNames = {
    "loss",       "duplication", "tails",          "partition",    "crash",  "harsh-crash",
    "pause",      "stall",       "failure",        "slow-disk",    "drift",  "slow-turns",
    "tiny-knobs", "resign",      "clients",        "one-way",      "clog",   "corrupt",
    "replay",     "client-cut",  "disk-full",      "late-reports", "strobe", "coarse",
    "suspend",    "bad-clock",   "minimal-quorum", "late-marks",   "echo",   "damage",
    "lost-disk",  "rollback",    "stale-answers",  "strangers",    "babble"};

}  // namespace

bool IsKnown(FaultClass fault) { return static_cast<std::size_t>(fault) < kFaultClasses; }
std::string ShortText(FaultClass fault) { return kNames.at(static_cast<std::size_t>(fault)); }

FaultClasses FaultClasses::All() {
  FaultClasses all;
  all.bits_ = (std::uint64_t{1} << kFaultClasses) - 1;
  return all;
}

std::string ShortText(const FaultClasses& classes) {
  std::string text;
  for (std::size_t i = 0; i < kFaultClasses; ++i) {
    if (!classes.Has(static_cast<FaultClass>(i))) continue;
    if (!text.empty()) text += ' ';
    text += kNames[i];
  }
  return text.empty() ? "none" : text;
}

}  // namespace paxos::sim
