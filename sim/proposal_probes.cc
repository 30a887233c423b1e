#include "sim/proposal_probes.h"

#include <map>

#include "paxos/check.h"

namespace paxos::sim {
namespace {

// Above every id that a workload uses.
constexpr std::uint64_t kFirstProposalId = std::uint64_t{1} << 63;
constexpr Duration kProposeEvery = std::chrono::seconds{1};

ProposalId IdOf(const Done& outcome) {
  return std::visit(
      [](const auto& done) {
        if constexpr (std::is_same_v<decltype(done.id), ProposalId>) return done.id;
        return ProposalId{};
      },
      outcome);
}

}  // namespace

ProposalProbes::ProposalProbes(EventQueue& queue, const Chance& chance, Duration span,
                               const GlobalLog& log, const Workload& workload,
                               ProposalTargets& targets)
    : queue_(queue),
      random_(chance.Of(Subject::kProbe, 1)),
      span_(span),
      log_(log),
      workload_(workload),
      targets_(targets) {}

void ProposalProbes::Begin() {
  if (workload_.ProbeCommand(0)) AskSoon();
}

void ProposalProbes::AskSoon() {
  queue_.After(Exponential(random_.Next(), kProposeEvery), [this] {
    Ask(NodeId{random_.Between(1, targets_.size())});
    AskSoon();
  });
}

void ProposalProbes::AskAllWithin(Duration span) {
  for (std::uint64_t node = 1; node <= targets_.size(); ++node) {
    const Duration delay = LogUniform(random_, std::chrono::microseconds{10}, span);
    queue_.After(delay, [this, node] { Ask(NodeId{node}); });
  }
}

void ProposalProbes::OnCampaign() { AskAllWithin(std::chrono::milliseconds{20}); }

void ProposalProbes::OnLead() {
  AskAllWithin(std::chrono::milliseconds{20});
  AskAllWithin(span_);
}

void ProposalProbes::Ask(NodeId node) {
  const std::uint64_t number = proposals_.size() + 1;
  const std::optional<Command> command = workload_.ProbeCommand(number);
  if (is_over_ || !command) return;
  proposals_.push_back(Proposal{*command, node, Fate::kOpen});
  if (!targets_.AskProposal(node, ProposalId{kFirstProposalId + number}, *command))
    proposals_.back().fate = Fate::kWithoutEffect;
}

void ProposalProbes::OnStop(NodeId node) {
  for (Proposal& proposal : proposals_)
    if (proposal.asked == node && proposal.fate == Fate::kOpen) proposal.fate = Fate::kUnknown;
}

std::optional<NodeId> ProposalProbes::WhoOwes() const {
  for (const Proposal& proposal : proposals_)
    if (proposal.fate == Fate::kOpen) return proposal.asked;
  return std::nullopt;
}

void ProposalProbes::OnOutcome(const Done& outcome) {
  const ProposalId id = IdOf(outcome);
  if (id.value() <= kFirstProposalId) return;
  Proposal& proposal = proposals_.at(id.value() - kFirstProposalId - 1);
  PAXOS_CHECK("INV-11", proposal.fate == Fate::kOpen, outcome);
  if (const auto* chosen = std::get_if<ProposalChosen>(&outcome))
    return OnChosen(proposal, *chosen);
  const bool is_unknown = std::holds_alternative<OutcomeUnknown>(outcome);
  proposal.fate = is_unknown ? Fate::kUnknown : Fate::kWithoutEffect;
}

void ProposalProbes::OnChosen(Proposal& proposal, const ProposalChosen& chosen) {
  proposal.fate = Fate::kChosen;
  const GlobalLog::Numbered& stands = log_.Find(chosen.index);
  PAXOS_CHECK("INV-11", stands.command() == proposal.command, chosen, stands.slot);
  PAXOS_CHECK("INV-11", stands.slot == chosen.slot, chosen, stands.slot);
}

void ProposalProbes::Conclude() const {
  std::map<Command, CommandIndex> places;
  for (const Proposal& proposal : proposals_) places.emplace(proposal.command, CommandIndex{});
  for (CommandIndex index{1}; index <= log_.last_index(); ++index) {
    const auto place = places.find(log_.Find(index).command());
    if (place == places.end()) continue;
    PAXOS_CHECK("INV-11", place->second == CommandIndex{}, index, place->second);
    place->second = index;
  }
  for (const Proposal& proposal : proposals_) {
    const CommandIndex place = places.at(proposal.command);
    const bool took_effect = place != CommandIndex{};
    PAXOS_CHECK("INV-11", !took_effect || proposal.fate != Fate::kWithoutEffect, place);
    PAXOS_CHECK("INV-11", took_effect || proposal.fate != Fate::kChosen);
  }
}

}  // namespace paxos::sim
