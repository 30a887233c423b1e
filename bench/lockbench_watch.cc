#include "bench/lockbench_watch.h"

#include <algorithm>

#include "paxos/random.h"

namespace bench {

using lockservice::Client;
using lockservice::Completion;
using paxos::Duration;
using paxos::Instant;
using paxos::net::Now;

namespace {

constexpr Duration kBetweenQuestions = std::chrono::milliseconds{10};

// One operation without an end.
class StatusScript final : public Script {
 public:
  explicit StatusScript(Sighting& sighting) : sighting_(sighting) {}

  [[nodiscard]] bool needs_session() const override { return false; }
  void Begin(Instant now, Client& client) override { client.Status(now); }
  Next OnCompletion(Instant now, Client& /*client*/, const Completion& completion) override {
    if (const auto* status = std::get_if<lockservice::StatusResult>(&completion.result))
      sighting_ = Sighting{now, *status};
    return {Next::Kind::kRest, kBetweenQuestions};
  }
  void OnRested(Instant now, Client& client) override { client.Status(now); }

 private:
  Sighting& sighting_;
};

}  // namespace

ClusterWatch::ClusterWatch(paxos::net::Runtime& runtime, const std::vector<std::string>& endpoints,
                           std::uint64_t seed)
    : runtime_(runtime), sightings_(endpoints.size()) {
  for (std::size_t node = 0; node < endpoints.size(); ++node) {
    LoadOptions options;
    options.endpoints = {endpoints[node]};
    options.seed = paxos::Mix(seed, node);
    askers_.push_back(std::make_unique<Load>(runtime, options, [&](UserNumber /*number*/) {
      return std::make_unique<StatusScript>(sightings_[node]);
    }));
    askers_.back()->Run();
  }
}

std::optional<std::size_t> ClusterWatch::WaitForLeader(Duration at_most) {
  const Instant since = Now();
  runtime_.RunUntil([&] { return LeaderSeenSince(since).has_value(); }, at_most);
  return LeaderSeenSince(since);
}

std::optional<std::size_t> ClusterWatch::LeaderSeenSince(Instant since) const {
  std::optional<std::size_t> leader;
  for (std::size_t node = 0; node < sightings_.size(); ++node) {
    const Sighting& seen = sightings_[node];
    if (seen.at < since || seen.status.role != "leader") continue;
    const bool is_newer = !leader || seen.status.promised > sightings_[*leader].status.promised;
    if (is_newer) leader = node;  // one that was deposed may not know it yet
  }
  return leader;
}

bool ClusterWatch::WaitUntilCaughtUp(std::size_t node, Duration at_most) {
  const Instant since = Now();
  paxos::CommandIndex goal{};
  for (const Sighting& seen : sightings_) goal = std::max(goal, seen.status.applied);
  return runtime_.RunUntil(
      [&] {
        const Sighting& seen = sightings_[node];
        return seen.at >= since && seen.status.applied >= goal;
      },
      at_most);
}

bool ClusterWatch::WaitUntilEqual(Duration at_most) {
  const Instant since = Now();
  return runtime_.RunUntil(
      [&] {
        return std::all_of(sightings_.begin(), sightings_.end(), [&](const Sighting& seen) {
          return seen.at >= since && seen.status.applied == sightings_.front().status.applied;
        });
      },
      at_most);
}

}  // namespace bench
