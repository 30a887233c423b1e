#include "sim/exhaust.h"

#include <algorithm>
#include <utility>

#include "sim/exhaust_judge.h"
#include "sim/exhaust_nodes.h"
#include "sim/exhaust_trace.h"
#include "sim/fingerprint_table.h"

namespace paxos::sim {
namespace {

// A cluster: the state of n1, n2, ... What is on the wire is what they ever sent.
using ClusterState = std::array<NodeState, kExhaustNodesMax>;

// How a state was found: enough to tell its whole history.
struct Origin {
  std::uint32_t parent = 0;
  std::uint32_t step = 0;  // packed
};

// How many states are expanded between two looks at the limits.
constexpr std::uint64_t kLookEvery = 4096;

class Searcher {
 public:
  explicit Searcher(const ExhaustOptions& options)
      : options_(options), nodes_(options.bounds, options.doctored) {}

  ExhaustReport Run();

 private:
  struct Found {
    ClusterState cluster{};
    std::uint32_t number = 0;  // index into origins_
  };

  void Begin();
  void Expand(const Found& from);
  void TakeOwnSteps(const Found& from, NodeId node);
  void TakeDeliveries(const Found& from, NodeId node);
  void Take(const Found& from, const ExhaustStep& step);
  // Adds the state unless it is known.
  void Visit(const Found& from, const ClusterState& cluster, const ExhaustStep& step,
             const NodeStep& taken);
  void Judge(const ClusterState& cluster);
  void Count(const ClusterState& cluster, const StepMarks& marks);
  [[nodiscard]] bool IsWithinBounds(const ClusterState& cluster, Act act) const;
  [[nodiscard]] std::uint64_t FingerprintOf(const ClusterState& cluster) const;
  [[nodiscard]] std::uint64_t LastFingerprintOf(const ClusterState& cluster, std::size_t node,
                                                std::size_t relabelling) const;
  void Fail(const Violation& violation, std::uint32_t parent, const ExhaustStep& step);
  [[nodiscard]] std::vector<ExhaustStep> PathTo(std::uint32_t number) const;
  [[nodiscard]] bool IsOver();

  [[nodiscard]] std::size_t nodes() const { return options_.bounds.nodes; }
  [[nodiscard]] const NodeFacts& FactsOf(const ClusterState& cluster, std::size_t i) const {
    return nodes_.Facts(cluster[i]);
  }

  const ExhaustOptions& options_;
  ExhaustNodes nodes_;
  FingerprintTable<> visited_;
  std::vector<Origin> origins_;
  std::vector<Found> frontier_;
  std::vector<Found> next_;
  std::uint64_t expanded_ = 0;
  ExhaustReport report_;
};

ExhaustReport Searcher::Run() {
  const ThrowingChecks throwing;
  Begin();
  bool is_over = false;
  while (!frontier_.empty() && !is_over) {
    report_.reached.frontier = frontier_.size();
    for (const Found& found : frontier_) {
      Expand(found);
      is_over = IsOver();
      if (is_over) break;
    }
    if (is_over) break;
    frontier_ = std::exchange(next_, {});
    if (!frontier_.empty()) ++report_.reached.depth;
  }
  report_.is_complete = !is_over;
  report_.node_states = nodes_.size();
  report_.messages = nodes_.wire().size();
  report_.relabellings = static_cast<std::uint32_t>(nodes_.relabellings());
  return std::move(report_);
}

void Searcher::Begin() {
  Found first;
  for (std::size_t i = 0; i < nodes(); ++i) first.cluster[i] = nodes_.First(NodeId{i + 1});
  visited_.Insert(FingerprintOf(first.cluster));
  origins_.push_back({});
  frontier_.push_back(first);
  report_.reached.states = 1;
}

bool Searcher::IsOver() {
  if (report_.violation || origins_.size() >= options_.states_max) return true;
  if (++expanded_ % kLookEvery != 0 || !options_.on_progress) return false;
  return options_.on_progress(report_.reached) == Search::kStops;
}

// ---- steps ----------------------------------------------------------------------------------

void Searcher::Expand(const Found& from) {
  for (std::size_t i = 0; i < nodes(); ++i) {
    TakeOwnSteps(from, NodeId{i + 1});
    TakeDeliveries(from, NodeId{i + 1});
  }
}

void Searcher::TakeOwnSteps(const Found& from, NodeId node) {
  const NodeFacts& facts = FactsOf(from.cluster, node.value() - 1);
  for (const Act act : facts.allowed)
    if (IsWithinBounds(from.cluster, act)) Take(from, {node, act, {}});
}

bool Searcher::IsWithinBounds(const ClusterState& cluster, Act act) const {
  std::uint32_t campaigns = 0;
  std::uint32_t crashes = 0;
  std::uint32_t beaten = 0;
  for (std::size_t i = 0; i < nodes(); ++i) {
    const NodeFacts& facts = FactsOf(cluster, i);
    campaigns += facts.campaigns;
    crashes += facts.crashes;
    beaten += facts.beaten;
  }
  if (act == Act::kCampaign) return campaigns < options_.bounds.ballots;
  if (act == Act::kCrash) return crashes < options_.bounds.crashes;
  if (act == Act::kBeat) return beaten < options_.bounds.beats;
  return true;
}

void Searcher::TakeDeliveries(const Found& from, NodeId node) {
  const std::size_t receiver = node.value() - 1;
  for (std::size_t sender = 0; sender < nodes(); ++sender)
    for (const MessageId message : FactsOf(from.cluster, sender).to[receiver]) {
      if (nodes_.IsIgnored(from.cluster[receiver], message))
        ++report_.reached.steps;
      else
        Take(from, {node, Act::kDeliver, message});
    }
}

void Searcher::Take(const Found& from, const ExhaustStep& step) {
  if (report_.violation) return;
  ++report_.reached.steps;
  const std::size_t i = step.node.value() - 1;
  const NodeStep& taken = nodes_.Take(from.cluster[i], step);
  if (taken.violation != 0) return Fail(nodes_.Violated(taken), from.number, step);
  if (taken.after == from.cluster[i]) return;
  ClusterState cluster = from.cluster;
  cluster[i] = taken.after;
  if (!taken.marks.IsEmpty()) Count(cluster, taken.marks);
  Visit(from, cluster, step, taken);
}

void Searcher::Visit(const Found& from, const ClusterState& cluster, const ExhaustStep& step,
                     const NodeStep& taken) {
  if (!visited_.Insert(FingerprintOf(cluster))) return;
  const auto number = static_cast<std::uint32_t>(origins_.size());
  origins_.push_back({from.number, step.Pack()});
  next_.push_back({cluster, number});
  report_.reached.states = origins_.size();
  if (!taken.must_judge) return;
  try {
    Judge(cluster);
  } catch (const Violation& violation) {
    Fail(violation, from.number, step);
  }
}

// Nodes that may be renamed are: the smallest of the fingerprints stands for all.
std::uint64_t Searcher::FingerprintOf(const ClusterState& cluster) const {
  const bool is_last = !IsWithinBounds(cluster, Act::kCampaign);
  std::uint64_t least = UINT64_MAX;
  for (std::size_t r = 0; r < nodes_.relabellings(); ++r) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < nodes(); ++i)
      sum += is_last ? LastFingerprintOf(cluster, i, r) : FactsOf(cluster, i).WholeFingerprint(r);
    least = std::min(least, sum);
  }
  return random_internal::Scramble(least);
}

// When no campaign is left, who is in no ballot will never be: answers to it are forgotten.
std::uint64_t Searcher::LastFingerprintOf(const ClusterState& cluster, std::size_t node,
                                          std::size_t relabelling) const {
  const NodeFingerprint& parts = FactsOf(cluster, node).fingerprints[relabelling];
  std::uint64_t sum = parts.last_process + parts.questions;
  for (std::size_t i = 0; i < nodes(); ++i)
    if (!FactsOf(cluster, i).is_idle) sum += parts.answers[i];
  return sum;
}

// ---- judging --------------------------------------------------------------------------------

void Searcher::Judge(const ClusterState& cluster) {
  std::vector<const Past*> pasts;
  for (std::size_t i = 0; i < nodes(); ++i) pasts.push_back(&nodes_.ProcessOf(cluster[i]).past);
  if (JudgeTogether(pasts)) ++report_.sometimes[static_cast<std::size_t>(Sometimes::kChosen)];
}

void Searcher::Count(const ClusterState& cluster, const StepMarks& marks) {
  StepMarks all = marks;
  std::size_t leaders = 0;
  std::uint32_t crashes = 0;
  for (std::size_t i = 0; i < nodes(); ++i) {
    leaders += FactsOf(cluster, i).leads ? 1 : 0;
    crashes += FactsOf(cluster, i).crashes;
  }
  if (marks.Has(Sometimes::kElected) && leaders > 1) all.Add(Sometimes::kTwoLeaders);
  if (marks.Has(Sometimes::kElected) && crashes > 0) all.Add(Sometimes::kElectedAfterCrash);
  for (std::size_t i = 0; i < kSometimes; ++i)
    if (all.Has(static_cast<Sometimes>(i))) ++report_.sometimes[i];
}

void Searcher::Fail(const Violation& violation, std::uint32_t parent, const ExhaustStep& step) {
  if (report_.violation) return;
  std::vector<ExhaustStep> path = PathTo(parent);
  path.push_back(step);
  report_.violation = violation;
  report_.trace_steps = static_cast<std::uint32_t>(path.size());
  report_.trace = TraceText(options_.bounds, nodes_, path, violation);
}

std::vector<ExhaustStep> Searcher::PathTo(std::uint32_t number) const {
  std::vector<ExhaustStep> path;
  for (; number != 0; number = origins_[number].parent)
    path.push_back(ExhaustStep::Unpack(origins_[number].step));
  std::reverse(path.begin(), path.end());
  return path;
}

}  // namespace

ExhaustReport Exhaust(const ExhaustOptions& options) { return Searcher(options).Run(); }

}  // namespace paxos::sim
