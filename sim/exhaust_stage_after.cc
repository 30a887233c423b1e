#include "paxos/check.h"
#include "sim/exhaust_stage.h"

namespace paxos::sim {
namespace {

constexpr NodeId kStranger{9};

}  // namespace

void ExhaustStage::Learn(const ExhaustStep& step) {
  const Learner& learner = on_->node->replica().learner();
  std::vector<ChosenEntry>& learned = on_->past.learned;
  const std::size_t known = learned.size();
  for (Slot slot{1}; slot <= learner.prefix(); ++slot) {
    if (!learner.HasInTail(slot)) continue;  // replayed
    const ChosenEntry chosen = learner.Tail(slot, slot).front();
    if (slot.value() > learned.size()) learned.push_back(chosen);
    const ChosenEntry& before = learned[slot.value() - 1];
    PAXOS_CHECK("INV-7", before == chosen, options_.self, before, chosen);
  }
  if (learned.size() == known || step.act != Act::kDeliver) return;
  const Message& message = wire_.Find(step.message).message;
  if (std::holds_alternative<ChosenRange>(message)) marks_.Add(Sometimes::kFetched);
  if (std::holds_alternative<Accept>(message) || std::holds_alternative<Heartbeat>(message))
    marks_.Add(Sometimes::kMarked);
  for (std::size_t i = std::max<std::size_t>(known, 1); i < learned.size(); ++i)
    if (learned[i].entry->first_ballot < learned[i - 1].entry->first_ballot)
      marks_.Add(Sometimes::kVoid);
}

void ExhaustStage::LookAtRole(const std::optional<Ballot>& led_before, bool was_idle) {
  const Proposer& proposer = on_->node->replica().proposer();
  if (!was_idle && proposer.IsIdle()) marks_.Add(Sometimes::kPreempted);
  const Leading* leading = proposer.leading();
  if (leading == nullptr || led_before == leading->ballot) return;
  marks_.Add(Sometimes::kElected);
  if (on_->past.crashes > 0) marks_.Add(Sometimes::kElectedAfterItsOwn);
  for (const auto& [slot, flight] : leading->window) {
    const bool is_own = flight.entry->first_ballot == leading->ballot;
    marks_.Add(is_own ? Sometimes::kGapFilled : Sometimes::kRecovered);
  }
}

void ExhaustStage::JudgeStranger(const Process& process) {
  const Proposer& proposer = process.node->replica().proposer();
  std::vector<Message> said;
  if (const Preparing* preparing = proposer.preparing())
    said.emplace_back(Promise{preparing->ballot, {}, {}, {}});
  if (const Leading* leading = proposer.leading())
    for (const auto& [slot, flight] : leading->window)
      said.emplace_back(Accepted{leading->ballot, slot});
  const auto fingerprint = [&](const Process& p) {
    return p.Fingerprint(options_.self, Relabelling({}), options_.membership, Campaigns::kToCome);
  };
  for (const Message& message : said) {
    Process told(process);
    on_ = &told;
    told.node->Receive(told.now, Envelope{kStranger, options_.self, {}, message});
    told.node->Drain(told.now);
    const bool is_same = told.sent == process.sent && fingerprint(told) == fingerprint(process);
    PAXOS_CHECK("INV-21", is_same, options_.self, kStranger, message);
  }
}

}  // namespace paxos::sim
