#include "sim/exhaust_judge.h"

#include <algorithm>

#include "paxos/check.h"

namespace paxos::sim {

Command CommandOf(NodeId node, Slot slot) {
  return std::string(1, static_cast<char>('a' + node.value() - 1)) + std::to_string(slot.value());
}

// ---- one node -------------------------------------------------------------------------------

namespace {

struct Sending {
  NodeId self{};
  const Past& past;
  const DiskImage& disk;

  void UsesOwn(const Ballot& ballot) const {
    PAXOS_CHECK("INV-3", ballot.node == self, self, ballot);
    PAXOS_CHECK("INV-3", ballot.round > past.round_before, self, ballot, past.round_before);
    PAXOS_CHECK("INV-5", disk.ballot_used() >= ballot, self, ballot, disk.ballot_used());
  }

  void operator()(const Prepare& prepare) const { UsesOwn(prepare.ballot); }
  void operator()(const Heartbeat& heartbeat) const { UsesOwn(heartbeat.ballot); }
  void operator()(const Accept& accept) const { UsesOwn(accept.ballot); }

  void operator()(const Promise& promise) const {
    PAXOS_CHECK("INV-5", disk.promised() >= promise.ballot, self, promise, disk.promised());
    std::map<Slot, Ballot> reported;
    for (const AcceptedEntry& a : promise.accepted) {
      PAXOS_CHECK("INV-5", past.FindAccepted(a.slot, a.ballot) != nullptr, self, promise, a);
      reported[a.slot] = a.ballot;
    }
    for (const AcceptedEntry& a : past.accepted) {
      const bool must_show = a.slot > promise.chosen_prefix && a.ballot < promise.ballot;
      PAXOS_CHECK("P3", !must_show || reported[a.slot] >= a.ballot, self, promise, a);
    }
  }

  // Of a slot that it knows to be chosen, a node attests the mark.
  void operator()(const Accepted& accepted) const {
    const bool is_attested = accepted.slot <= disk.chosen_prefix() ||
                             past.FindAccepted(accepted.slot, accepted.ballot) != nullptr;
    PAXOS_CHECK("INV-5", is_attested, self, accepted, disk.chosen_prefix());
    PAXOS_CHECK("INV-5", disk.promised() >= accepted.ballot, self, accepted, disk.promised());
  }

  void operator()(const ChosenRange& range) const {
    for (const ChosenEntry& chosen : range.entries) {
      PAXOS_CHECK("INV-7", chosen.slot.value() <= past.learned.size(), self, range);
      PAXOS_CHECK("INV-7", past.learned[chosen.slot.value() - 1] == chosen, self, range);
    }
  }

  template <class Other>
  void operator()(const Other& /*message*/) const {}
};

}  // namespace

void JudgeSend(NodeId self, const Process& process, const Message& message) {
  std::visit(Sending{self, process.past, process.disk.image}, message);
}

void JudgeStore(NodeId self, const Process& process, const std::vector<Record>& batch) {
  Ballot promised = process.past.promised;
  for (const Record& record : batch) {
    if (const auto* promise = std::get_if<PromisedRecord>(&record)) {
      PAXOS_CHECK("INV-4", promise->ballot >= promised, self, promise->ballot, promised);
      promised = promise->ballot;
    } else if (const auto* accepted = std::get_if<AcceptedRecord>(&record)) {
      PAXOS_CHECK("INV-4", accepted->ballot >= promised, self, *accepted, promised);
      promised = accepted->ballot;
    } else if (const auto* taken = std::get_if<BallotUsedRecord>(&record)) {
      PAXOS_CHECK("INV-3", taken->ballot.node == self, self, taken->ballot);
      PAXOS_CHECK("INV-3", taken->ballot > process.disk.image.ballot_used(), self, taken->ballot);
    }
  }
}

void JudgeMark(NodeId self, const Process& process) {
  const DiskImage& image = process.disk.image;
  const std::vector<ChosenEntry>& learned = process.past.learned;
  PAXOS_CHECK("INV-7", image.chosen_prefix().value() <= learned.size(), self,
              image.chosen_prefix());
  for (Slot slot{1}; slot <= image.chosen_prefix(); ++slot) {
    const DiskImage::Stored* stored = image.Find(slot);
    PAXOS_CHECK("INV-7", stored != nullptr, self, slot);
    const SharedEntry& entry = learned[slot.value() - 1].entry;
    PAXOS_CHECK("INV-7", stored->entry == entry, self, slot, stored->entry, entry);
  }
}

void JudgeApply(NodeId self, const Process& process, const ApplyContext& context) {
  const CommandIndex next{process.past.applied.size() + 1};
  PAXOS_CHECK("INV-10", context.index == next, self, context.index, next);
}

void JudgeAnswer(NodeId self, const Process& process, const ProposalChosen& answer) {
  const std::vector<Command>& applied = process.past.applied;
  const std::size_t place = answer.index.value() - 1;
  const Command wanted = CommandOf(self, answer.slot);
  const bool is_applied = place < applied.size() && applied[place] == wanted;
  PAXOS_CHECK("INV-11", is_applied, self, answer, wanted, applied);
}

void JudgeWindow(const ReplicaOptions& options, const Process& process) {
  const Replica& replica = process.node->replica();
  const Leading* leading = replica.proposer().leading();
  if (leading == nullptr || leading->window.empty()) return;
  const Slot last = leading->window.rbegin()->first;
  const Slot prefix = replica.learner().prefix();
  PAXOS_CHECK("INV-23", last <= prefix + options.alpha, options.self, last, prefix, options.alpha);
}

// ---- all nodes ------------------------------------------------------------------------------

namespace {

// What became of one slot in one ballot.
struct Proposal {
  SharedEntry entry{};
  std::size_t votes = 0;
};
using Proposals = std::map<Ballot, Proposal>;

struct Chosen {
  SharedEntry entry{};
  Ballot ballot{};  // the lowest that chose it
};

void Join(std::map<Slot, Proposals>& slots, const AcceptedEntry& named, std::size_t votes) {
  const auto [found, is_new] = slots[named.slot].emplace(named.ballot, Proposal{named.entry});
  Proposal& proposal = found->second;
  PAXOS_CHECK("INV-2", is_new || proposal.entry == named.entry, named, proposal.entry);
  proposal.votes += votes;
}

std::optional<Chosen> ChosenOf(Slot slot, const Proposals& proposals, std::size_t nodes) {
  std::optional<Chosen> chosen;
  for (const auto& [ballot, proposal] : proposals) {
    const bool is_chosen = proposal.votes * 2 > nodes;
    if (chosen) {
      const char* tag = is_chosen ? "INV-1" : "INV-6";
      PAXOS_CHECK(tag, proposal.entry == chosen->entry, slot, chosen->ballot, chosen->entry, ballot,
                  proposal.entry);
    } else if (is_chosen) {
      chosen = Chosen{proposal.entry, ballot};
    }
  }
  return chosen;
}

// Only what somebody asked for, and no-ops.
void CheckAskedFor(Slot slot, const Entry& entry) {
  for (const Command& command : entry.commands) {
    const Command wanted = CommandOf(entry.first_ballot.node, slot);
    PAXOS_CHECK("INV-7", command == wanted, slot, entry, wanted);
  }
}

// What applying the chosen prefix must give.
struct Applies {
  std::vector<Command> commands{};
  std::vector<LogTime> at{};
  std::vector<bool> follows_void{};
};

Applies ApplyAll(const std::vector<Chosen>& log) {
  Applies applies;
  Ballot last_first;
  LogTime time{};
  bool follows_void = false;
  for (const Chosen& chosen : log) {
    const Entry& entry = *chosen.entry;
    const bool is_void = entry.first_ballot < last_first;
    follows_void |= is_void;
    if (is_void) continue;
    last_first = entry.first_ballot;
    time = std::max(time, entry.log_time);
    for (const Command& command : entry.commands) {
      applies.commands.push_back(command);
      applies.at.push_back(time);
      applies.follows_void.push_back(std::exchange(follows_void, false));
    }
  }
  return applies;
}

void CheckNode(NodeId node, const Past& past, const std::vector<Chosen>& log,
               const Applies& applies) {
  for (const ChosenEntry& learned : past.learned) {
    const std::size_t place = learned.slot.value() - 1;
    PAXOS_CHECK("INV-7", place < log.size(), node, learned);
    PAXOS_CHECK("INV-7", log[place].entry == learned.entry, node, learned, log[place].entry);
  }
  for (std::size_t i = 0; i < past.applied.size(); ++i) {
    const bool is_there = i < applies.commands.size();
    const char* tag = is_there && !applies.follows_void[i] ? "INV-8" : "INV-18";
    PAXOS_CHECK(tag, is_there && past.applied[i] == applies.commands[i], node, i, past.applied,
                applies.commands);
    PAXOS_CHECK("INV-18", past.applied_at[i] == applies.at[i], node, i, past.applied[i],
                past.applied_at[i], applies.at[i]);
  }
}

}  // namespace

bool JudgeTogether(const std::vector<const Past*>& pasts) {
  std::map<Slot, Proposals> slots;
  for (const Past* past : pasts) {
    for (const AcceptedEntry& proposed : past->proposed) Join(slots, proposed, 0);
    for (const AcceptedEntry& accepted : past->accepted) Join(slots, accepted, 1);
  }
  bool is_any_chosen = false;
  std::vector<Chosen> log;  // the chosen prefix
  for (const auto& [slot, proposals] : slots) {
    const std::optional<Chosen> chosen = ChosenOf(slot, proposals, pasts.size());
    if (!chosen) continue;
    is_any_chosen = true;
    CheckAskedFor(slot, *chosen->entry);
    if (slot.value() == log.size() + 1) log.push_back(*chosen);
  }
  const Applies applies = ApplyAll(log);
  for (std::size_t i = 0; i < pasts.size(); ++i) CheckNode(NodeId{i + 1}, *pasts[i], log, applies);
  return is_any_chosen;
}

}  // namespace paxos::sim
