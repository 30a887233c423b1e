#include "sim/global_log.h"

#include <algorithm>
#include <utility>

#include "paxos/archive.h"
#include "paxos/check.h"
#include "sim/clock_swarm.h"
#include "sim/hash.h"

namespace paxos::sim {

GlobalLog::GlobalLog(std::size_t nodes, std::optional<Clock::PartsPerMillion> drift_max,
                     const Choices& choices, const NodeViews& views)
    : drift_max_(drift_max), choices_(choices), views_(views), applied_(nodes) {}

void GlobalLog::OnBallotTaken(const Ballot& ballot) {
  leaderships_.push_back(Leadership{ballot, views_.told_before(ballot.node).local});
}

Instant GlobalLog::WhenTaken(const Ballot& ballot) const {
  const auto found =
      std::find_if(leaderships_.rbegin(), leaderships_.rend(),
                   [&](const Leadership& leadership) { return leadership.ballot == ballot; });
  PAXOS_CHECK("INV-3", found != leaderships_.rend(), ballot);
  return found->taken;
}

void GlobalLog::Grow() {
  while (const Choices::Chosen* chosen = choices_.Find(prefix_.next())) {
    ++prefix_;
    Append(prefix_, *chosen);
  }
}

void GlobalLog::Append(Slot slot, const Choices::Chosen& chosen) {
  const Entry& entry = *chosen.entry;
  if (entry.first_ballot < last_first_ballot_) {
    voids_.push_back(last_index());
    return;
  }
  CheckStamp(chosen);
  CheckPace(chosen);
  last_first_ballot_ = entry.first_ballot;
  log_time_ = std::max(log_time_, entry.log_time);
  for (std::size_t position = 0; position < entry.commands.size(); ++position) {
    commands_.push_back(Numbered{slot, log_time_, chosen.entry, position});
    if (listener_) listener_(last_index(), commands_.back());
  }
}

// A leader stamps the time of the log it took over and what its own clock showed to pass since; it
// cannot have begun to count before it took its ballot.
void GlobalLog::CheckStamp(const Choices::Chosen& chosen) {
  const Entry& entry = *chosen.entry;
  if (entry.first_ballot > last_first_ballot_) {
    stamp_then_ = log_time_;
    then_ = WhenTaken(entry.first_ballot);
  }
  const Duration passed = chosen.stamped.latest - then_;
  const Duration gained = entry.log_time - stamp_then_;
  PAXOS_CHECK("INV-18", gained <= passed, chosen.entry, stamp_then_, gained, passed);
  if (entry.log_time < stamp_then_) return;  // never falls: the running maximum counts
  stamp_then_ = entry.log_time;
  then_ = chosen.stamped.earliest;
}

// However many leaders stamped, log time gains no more than truly passed meanwhile: it stands still
// without a leader, and no two of them count the same time.
void GlobalLog::CheckPace(const Choices::Chosen& chosen) {
  const Duration gained = chosen.entry->log_time - log_time_;
  if (gained <= Duration{0}) return;
  const Duration passed = chosen.stamped.until - raised_at_;
  raised_at_ = chosen.stamped.from;
  if (!drift_max_) return;
  const Duration shown = passed + passed * *drift_max_ / 1'000'000 + kGranuleMax;
  PAXOS_CHECK("INV-18", gained <= shown, chosen.entry, log_time_, gained, passed);
}

const GlobalLog::Numbered& GlobalLog::Find(CommandIndex index) const {
  PAXOS_CHECK("GLOBAL-LOG", CommandIndex{} < index && index <= last_index(), index);
  return commands_[index.value() - 1];
}

bool GlobalLog::FollowsVoid(CommandIndex index) const {
  return std::binary_search(voids_.begin(), voids_.end(), index.prev());
}

// ---- what nodes apply -----------------------------------------------------------------------

void GlobalLog::OnStart(NodeId node) { applied_[node.value() - 1] = CommandIndex{}; }

void GlobalLog::OnApply(NodeId node, const ApplyContext& context, const Applied& applied) {
  CommandIndex& last = applied_[node.value() - 1];
  PAXOS_CHECK("INV-10", context.index == last.next(), node, context.index, last);
  const char* tag = FollowsVoid(context.index) ? "INV-18" : "INV-8";
  PAXOS_CHECK(tag, context.index <= last_index(), node, context.index, last_index());
  const Numbered& expected = Find(context.index);
  PAXOS_CHECK(tag, context.log_time == expected.log_time, node, context.index, context.log_time,
              expected.log_time);
  last = context.index;
  const std::uint64_t digest = HashOf(Encode(applied));
  if (context.index > most_applied_) {
    most_applied_ = context.index;
    digests_.push_back(digest);
    return;
  }
  PAXOS_CHECK("INV-9", digests_[context.index.value() - 1] == digest, node, context.index, applied);
}

}  // namespace paxos::sim
