// The coverage marks of consensus: what there is to hit, in four groups by who hits them.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/marks.h"

namespace paxos::sim {

enum class PaxosMark : std::uint8_t {
  // ---- elections
  kDuellingProposers,
  kTwoLeaders,
  kReElected,
  kLeaderMeetsPrepare,
  kLeaderPreempted,
  kCandidatePreempted,
  kLeaderStepsDownUntold,
  kLeaderWithStuckDisk,
  kPreVoteRefused,
  kCandidateLearnsFirst,
  kPromiseReportsVotes,
  kPromisesDifferInBallot,
  kPromisesDifferInValue,
  kLatePromise,
  kStalePromise,
  kCampaignAgainstLeader,
  kResignsWithOpenSlots,
  kLeaderlessAtHealing,
  kLeaderRetires,
  // ---- votes
  kRecoveredEntry,
  kGapFilled,
  kThirdBallotOfASlot,
  kTwoValuesOfASlot,
  kThreeValuesOfASlot,
  kVoteReplaced,
  kAcceptRaisesPromise,
  kRepeatedAccept,
  kRepeatedAcceptAwaitsSync,
  kAcceptOutOfOrder,
  kAcceptForChosenSlot,
  kAcceptBelowPromise,
  kVoteForEarlierBallot,
  kVoteForEarlierLife,
  kChosenWithoutLeader,
  kChosenAfterLeadership,
  kChosenUnderHigherBallot,
  kChosenAboveHole,
  kChosenNoOp,
  kChosenBatch,
  kChosenByCrash,
  kChosenAgain,
  kVoidCommands,
  kStampBelowLogTime,
  kWindowFull,
  kWideWindow,
  // ---- deaths
  kLeaderCrashes,
  kCandidateCrashes,
  kPausedNodeCrashes,
  kQuorumDown,
  kAllDown,
  kCrashKeepsAll,
  kCrashKeepsSome,
  kCrashKeepsNone,
  kPromiseForgotten,
  kVoteForgotten,
  kBallotForgotten,
  kRestartsEmpty,
  kRestartsWithOpenVotes,
  kFlaps,
  kSyncFails,
  kLeadersSyncFails,
  kGroupCommit,
  kAwakesDeposed,
  kBurstAfterPause,
  // ---- traffic
  kMessageOfEarlierLife,
  kHeartbeatOvertaken,
  kHeartbeatBelowPromise,
  kLeaderLosesLink,
  kFarBehind,
  kRangeInPieces,
  kRangeTooLate,
  kRangeTooEarly,
  kRangeFromFollower,
  kLearnedOverVote,
  kMarkBeyondVotes,
  kFollowerReads,
  kFollowerReadRefused,
  kFollowerReadWaits,
  kAckOfEarlierRound,
  kAckOfEarlierBallot,
};

// In the order of the enum.
const std::vector<Mark>& PaxosMarkTable();

}  // namespace paxos::sim
