// The coverage marks of the lock service: what there is to hit.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/marks.h"

namespace paxos::sim {

enum class LockMark : std::uint8_t {
  // ---- grants
  kHandedOnByRelease,
  kHandedOnByClose,
  kHandedOnByExpiry,
  kManyGrantsAtOnce,
  kReEntry,
  kPartialRelease,
  kTryRefused,
  kTryRefusedByQueue,
  kLongQueue,
  kNotOwner,
  kStaleToken,
  kNotHeld,
  kTooManyLocks,
  kTooManyWaiters,
  // ---- sessions
  kOpenRepeated,
  kTtlRaised,
  kTableFull,
  kCallOfDeadSession,
  kRenewOfDeadSession,
  kRenewGathersMany,
  kTickEndsNobody,
  kTickEndsSeveral,
  kHolderExpires,
  kHolderOfSeveralExpires,
  kWaiterExpires,
  // ---- exactly once
  kRepeatedCallAnswered,
  kRepeatedCallWaits,
  kRepeatedUnderOtherLeader,
  kWaitNamedUnanswered,
  // ---- cancels
  kWaitWithdrawn,
  kCancelLosesToGrant,
  kCancelComesFirst,
  kCallAfterItsCancel,
  kRepeatedCancel,
  // ---- answers and beliefs
  kRedirected,
  kLeaderUnknown,
  kOverloaded,
  kOutcomeUnknown,
  kJeopardy,
  kSafeAgain,
  kLostInJeopardy,
  kFenced,
};

// In the order of the enum.
const std::vector<Mark>& LockMarkTable();

}  // namespace paxos::sim
