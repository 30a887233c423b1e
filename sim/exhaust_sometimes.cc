#include <algorithm>

#include "sim/exhaust.h"

namespace paxos::sim {

std::string ShortText(Sometimes what) {
  switch (what) {
    case Sometimes::kElected:
      return "a candidate leads";
    case Sometimes::kChosen:
      return "a slot is chosen";
    case Sometimes::kAnswered:
      return "a proposer is told that its command is chosen";
    case Sometimes::kPreempted:
      return "a higher ballot ends a leader or candidate";
    case Sometimes::kTwoLeaders:
      return "two nodes lead at once";
    case Sometimes::kRecovered:
      return "a leader takes over an entry of an earlier ballot";
    case Sometimes::kFetched:
      return "chosen entries are fetched";
    case Sometimes::kSuperseded:
      return "a deposed leader's command is superseded";
    case Sometimes::kMarked:
      return "a follower learns from the leader's mark";
    case Sometimes::kGapFilled:
      return "a leader fills a gap with a no-op";
    case Sometimes::kVoid:
      return "a void entry is passed over";
    case Sometimes::kWriteLost:
      return "a crash takes an unsynced batch";
    case Sometimes::kReplayed:
      return "a restart replays chosen entries";
    case Sometimes::kElectedAfterCrash:
      return "a candidate leads after a crash";
    case Sometimes::kElectedAfterItsOwn:
      return "a node that crashed leads";
  }
  return "?";
}

bool IsPossible(Sometimes what, const ExhaustBounds& bounds) {
  const bool has_rivals = bounds.ballots > 1;
  const bool is_instant = bounds.disks == ExhaustDisks::kInstant;
  const bool has_gaps = has_rivals && bounds.slots > 1 && bounds.nodes > 1;
  switch (what) {
    case Sometimes::kElected:
      return bounds.ballots > 0;
    case Sometimes::kChosen:
    case Sometimes::kAnswered:
      return bounds.ballots > 0 && bounds.slots > 0;
    case Sometimes::kPreempted:
    case Sometimes::kTwoLeaders:
    case Sometimes::kRecovered:
    case Sometimes::kFetched:
      return has_rivals && bounds.slots > 0 && bounds.nodes > 2;
    case Sometimes::kSuperseded:  // by its own next ballot, if its own promise is late; or a mark
      return has_rivals && bounds.slots > 0 && bounds.nodes > 2 &&
             (!is_instant || bounds.slots > 1 || bounds.beats > 0);
    case Sometimes::kMarked:
      return bounds.nodes > 1 && (bounds.slots > 1 || bounds.beats > 0);
    case Sometimes::kGapFilled:
    case Sometimes::kVoid:
      return has_gaps;
    case Sometimes::kWriteLost:
      return bounds.crashes > 0 && !is_instant;
    case Sometimes::kReplayed:
      return bounds.crashes > 0 && has_rivals;
    case Sometimes::kElectedAfterCrash:
    case Sometimes::kElectedAfterItsOwn:
      return bounds.crashes > 0;
  }
  return false;
}

std::vector<Sometimes> ExhaustReport::Missing(const ExhaustBounds& bounds) const {
  std::vector<Sometimes> missing;
  for (std::size_t i = 0; i < kSometimes; ++i) {
    const auto what = static_cast<Sometimes>(i);
    if (sometimes[i] == 0 && IsPossible(what, bounds)) missing.push_back(what);
  }
  return missing;
}

}  // namespace paxos::sim
