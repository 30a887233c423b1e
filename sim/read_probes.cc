#include "sim/read_probes.h"

#include "paxos/check.h"

namespace paxos::sim {
namespace {

// Above every id that a workload uses.
constexpr ReadId kFirstReadId{std::uint64_t{1} << 63};
constexpr Duration kReadEvery = std::chrono::seconds{1};

}  // namespace

ReadProbes::ReadProbes(EventQueue& queue, const Chance& chance, Duration span, const GlobalLog& log,
                       ReadTargets& targets)
    : queue_(queue),
      random_(chance.Of(Subject::kProbe)),
      span_(span),
      log_(log),
      targets_(targets),
      last_id_(kFirstReadId) {}

void ReadProbes::Begin() { AskSoon(); }

void ReadProbes::AskSoon() {
  queue_.After(Exponential(random_.Next(), kReadEvery), [this] {
    Ask(NodeId{random_.Between(1, targets_.size())});
    AskSoon();
  });
}

void ReadProbes::OnLead() {
  constexpr int kPerNode = 3;
  for (std::uint64_t node = 1; node <= targets_.size(); ++node) {
    for (int i = 0; i < kPerNode; ++i) {
      queue_.After(DurationBetween(random_, Duration{0}, span_),
                   [this, node] { Ask(NodeId{node}); });
    }
  }
}

void ReadProbes::Ask(NodeId node) {
  const ReadId id = ++last_id_;
  must_see_[id] = log_.most_applied();
  targets_.AskRead(node, id);
}

void ReadProbes::OnRead(NodeId node, const Done& outcome) {
  const auto* ready = std::get_if<ReadReady>(&outcome);
  const auto* refused = std::get_if<ReadRefused>(&outcome);
  const auto asked = must_see_.find(ready != nullptr ? ready->id : refused->id);
  if (asked == must_see_.end()) return;
  if (ready != nullptr)
    PAXOS_CHECK("INV-20", log_.applied(node) >= asked->second, node, outcome, log_.applied(node),
                asked->second);
  must_see_.erase(asked);
}

}  // namespace paxos::sim
