#include "sim/exhaust_nodes.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "paxos/check.h"

namespace paxos::sim {
namespace {

// Every renaming of the nodes that never campaign. Those that do keep their names: ballots order by
// them. (The core's choice whom to ask for chosen entries, of two that have them, looks at names
// too; it decides nothing but the speed of catching up.)
std::vector<Relabelling> Relabellings(const ExhaustBounds& bounds) {
  std::vector<NodeId> names = Voters(bounds.nodes).voters();
  const auto first = names.begin() + std::min(bounds.ballots, bounds.nodes);
  std::vector<Relabelling> all;
  do {
    all.emplace_back(names);
  } while (std::next_permutation(first, names.end()));
  return all;
}

bool IsAnswerToProposer(const Message& message) {
  return std::holds_alternative<Promise>(message) || std::holds_alternative<Accepted>(message) ||
         std::holds_alternative<Preempted>(message);
}

bool IsJudgedAlike(const Past& a, const Past& b) {
  return a.accepted == b.accepted && a.proposed == b.proposed && a.learned == b.learned &&
         a.applied == b.applied && a.applied_at == b.applied_at;
}

constexpr std::array<Act, 5> kOwnActs = {Act::kCampaign, Act::kPropose, Act::kSync, Act::kCrash,
                                         Act::kBeat};

}  // namespace

ExhaustNodes::ExhaustNodes(const ExhaustBounds& bounds, Doctored doctored)
    : bounds_(bounds),
      voters_(Voters(bounds.nodes)),
      relabellings_(Relabellings(bounds)),
      wire_(relabellings_, voters_) {
  for (const NodeId node : voters_.voters())
    stages_.push_back(std::make_unique<ExhaustStage>(bounds, doctored, node, wire_));
}

std::uint64_t NodeFacts::WholeFingerprint(std::size_t relabelling) const {
  const NodeFingerprint& parts = fingerprints[relabelling];
  return std::accumulate(parts.answers.begin(), parts.answers.end(),
                         parts.process + parts.questions);
}

NodeState ExhaustNodes::First(NodeId node) { return Intern(node, StageOf(node).First()); }

const NodeStep& ExhaustNodes::Take(NodeState before, const ExhaustStep& step) {
  const std::uint64_t key = std::uint64_t{before} << 32 | step.Pack();
  const std::uint64_t place = random_internal::Scramble(key);  // one to one
  if (const std::uint32_t* found = by_state_and_step_.Find(place)) return steps_[*found];
  steps_.push_back(WorkOut(before, step));
  const bool is_idle = steps_.back().violation == 0 && steps_.back().after == before;
  if (is_idle && step.act == Act::kDeliver) Ignore(before, step.message);
  by_state_and_step_.Insert(place, static_cast<std::uint32_t>(steps_.size() - 1));
  return steps_.back();
}

NodeStep ExhaustNodes::WorkOut(NodeState before, const ExhaustStep& step) {
  NodeStep taken;
  try {
    Process process(ProcessOf(before));
    taken.marks = StageOf(step.node).Take(process, step);
    taken.must_judge = !IsJudgedAlike(process.past, ProcessOf(before).past);
    taken.after = Intern(step.node, std::move(process));
    if (step.act == Act::kDeliver) CheckIdle(before, taken.after, step);
  } catch (const Violation& violation) {
    violations_.push_back(violation);
    taken.violation = static_cast<std::uint32_t>(violations_.size());
  }
  return taken;
}

// That a proposer in no ballot has no use for answers is what lets the search forget them.
void ExhaustNodes::CheckIdle(NodeState before, NodeState after, const ExhaustStep& step) const {
  const Message& message = wire_.Find(step.message).message;
  if (!Facts(before).is_idle || !IsAnswerToProposer(message)) return;
  const NodeFingerprint& was = Facts(before).fingerprints[0];
  const NodeFingerprint& is = Facts(after).fingerprints[0];
  const bool is_same = was.last_process == is.last_process && was.questions == is.questions &&
                       was.answers == is.answers;
  PAXOS_CHECK("P1", is_same, step.node, message);
}

void ExhaustNodes::Ignore(NodeState state, MessageId message) {
  std::vector<bool>& ignored = known_[state].ignored;
  if (ignored.size() <= message.value()) ignored.resize(wire_.size());
  ignored[message.value()] = true;
}

NodeState ExhaustNodes::Intern(NodeId node, Process process) {
  NodeFacts facts = FactsOf(node, process);
  const std::uint64_t fingerprint = facts.WholeFingerprint(0);
  if (const NodeState* found = by_fingerprint_.Find(fingerprint)) return *found;
  StageOf(node).JudgeStranger(process);
  const auto state = static_cast<NodeState>(known_.size());
  by_fingerprint_.Insert(fingerprint, state);
  known_.push_back({std::make_unique<const Process>(std::move(process)), std::move(facts), {}});
  return state;
}

NodeFingerprint ExhaustNodes::FingerprintOf(NodeId node, const Process& process,
                                            std::size_t relabelling) const {
  const Relabelling& relabel = relabellings_[relabelling];
  NodeFingerprint fingerprint;
  fingerprint.process = process.Fingerprint(node, relabel, voters_, Campaigns::kToCome);
  fingerprint.last_process = process.Fingerprint(node, relabel, voters_, Campaigns::kOver);
  for (const MessageId message : process.sent) {
    const Envelope& envelope = wire_.Find(message);
    const bool is_answer = IsAnswerToProposer(envelope.message);
    (is_answer ? fingerprint.answers[envelope.to.value() - 1] : fingerprint.questions) +=
        wire_.Fingerprint(message, relabelling);
  }
  return fingerprint;
}

NodeFacts ExhaustNodes::FactsOf(NodeId node, const Process& process) const {
  NodeFacts facts;
  for (std::size_t i = 0; i < relabellings_.size(); ++i)
    facts.fingerprints.push_back(FingerprintOf(node, process, i));
  for (const MessageId message : process.sent)
    facts.to[wire_.Find(message).to.value() - 1].push_back(message);
  for (const Act act : kOwnActs)
    if (stages_[node.value() - 1]->Allows(process, act)) facts.allowed.push_back(act);
  facts.campaigns = process.past.campaigns;
  facts.crashes = process.past.crashes;
  facts.beaten = process.past.beaten;
  facts.leads = process.node->replica().IsLeading();
  facts.is_idle = process.node->replica().proposer().IsIdle();
  return facts;
}

std::string ExhaustNodes::Tell(Process& process, const ExhaustStep& step) {
  std::string story;
  try {
    StageOf(step.node).Take(process, step, &story);
  } catch (const Violation&) {  // the caller knows it
  }
  return story;
}

}  // namespace paxos::sim
