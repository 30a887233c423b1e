// Histories of a lock service that never was: good ones by construction, and bad ones that are
// provably so, for the checkers of histories.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/history.h"

namespace paxos::sim {

// A few clients on two locks, one call each at a time, which takes effect at one moment between its
// call and its return: in every order that chance makes. Clients die, and their sessions end later.
History MakeHistory(std::uint64_t seed);

// Ways to spoil one. Each needs a place that proves it bad: see history_maker_spoil.cc.
enum class Spoil : std::uint8_t {
  kTokensSwapped,
  kGrantDoubled,
  kReleaseAfterNextGrant,
  kReleaseLost,
  kReadOfReleased,
  kCheckOfReleased,
  kReadOfFuture,
  kNobodyWhileHeld,
  kGrantWhileHeld,
  kOvertaken,
  kCountWrong,
  kOwnGrantDenied,
  kGrantAfterEnd,
  kSpoils
};
std::string ShortText(Spoil spoil);

// None if this history has no place for it.
std::optional<History> Spoiled(const History& history, Spoil spoil, std::uint64_t seed);

}  // namespace paxos::sim
